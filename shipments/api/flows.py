"""GET /flows/: who promised what to whom, and what became of it."""

from collections.abc import Mapping
from dataclasses import asdict, astuple
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.pages import following, unsealed
from actors.api.parameters import PageParameters, Reference, TrueOrFalse
from actors.api.reading import ReadView, page_of
from actors.api.refusals import Refusal
from actors.api.serializers import NamedActorSerializer
from shipments.api.filters import KnownAtParameters
from shipments.api.pictures import digits
from shipments.services.errors import TooMuchToRead
from shipments.services.flows.amounts import MEASURES, Total
from shipments.services.flows.late import MOST_COUNTED
from shipments.services.flows.paging import read_flows
from shipments.services.flows.reading import Narrowing
from shipments.services.flows.summing import MOST_WAITING, Flow, Key, Rung, Silence
from shipments.services.flows.told import Days, Waiting

GROUPS = [
    "crisis", "item", "month", "year", "crisis,item", "crisis,month", "crisis,year", "item,month", "item,year",
    "crisis,item,month", "crisis,item,year",
]  # fmt: skip
PERIOD = r"^[12][0-9]{3}(-(0[1-9]|1[0-2]))?$"
# Seconds in which a good deal of what came in is added up.
RETRY_AFTER = "30"

NARROWING = ("donor", "recipient", "crisis", "period", "item", "contested")


class FlowParameters(PageParameters, KnownAtParameters):
    """How finely to tell flows apart, and which offers and shipments to count."""

    group_by = serializers.ChoiceField(
        choices=GROUPS, required=False, help_text="A flow for each of these too; always for each donor and recipient."
    )
    donor = Reference("ACT", help_text="Reference of the actor; joint gifts included.")
    recipient = Reference("ACT", help_text="Reference of the actor.")
    crisis = Reference("CRS", help_text="Reference of the crisis.")
    item = serializers.CharField(required=False, help_text="Part of the category or the name of an item.")
    period = serializers.RegexField(
        PERIOD, required=False, help_text="A year or a month: when it was promised, or left. 2022, 2022-05."
    )
    contested = TrueOrFalse(required=False, help_text="Whether anything about the offer or shipment is contested.")


_NOTHING = {"count": 0, "unconfirmed": 0, "contested": 0, "unknown": 0, "amounts": []}
_TOLD_NOTHING = {"count": 2, "unconfirmed": 0, "contested": 1, "unknown": 2, "amounts": []}
_CARRIED = {"measure": "tonnes", "unit": "TNE", "low": None, "high": "150", "value": None, "contested": 0.0}
_FLOWN = {"count": 1, "unconfirmed": 0, "contested": 0, "unknown": 1, "amounts": [_CARRIED]}
EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "donors": [{"reference": "ACT-2B7QK9XM", "name": "China", "kind": "state", "country": "CN"}],
            "recipient": {"reference": "ACT-6H3VD1PZ", "name": "North Korea", "kind": "state", "country": "KP"},
            "crisis": None,
            "item": None,
            "period": None,
            "contested": 1,
            "offers": {"made": 2},
            "shipments": {"arrived": 1},
            "floated": _TOLD_NOTHING,
            "offered": _TOLD_NOTHING,
            "accepted": _NOTHING,
            "committed": _NOTHING,
            "dispatched": _FLOWN,
            "arrived": _FLOWN,
            "received": _NOTHING,
            "silence": {
                "unanswered": 1,
                "waiting": [
                    {"offer": "OFR-9QX2M7KD", "days_least": 4, "days_most": 5, "said": True, "contested": True}
                ],
                "answered": 1,
                "median_days_least": 2.0,
                "median_days_most": 3.0,
            },
        }
    ],
    "next": None,
    "not_added_up": None,
}


class TotalSerializer(serializers.Serializer):
    """What was told in one unit, added up; nothing is converted but kilograms to tonnes."""

    measure = serializers.ChoiceField(choices=MEASURES)
    unit = serializers.CharField(help_text="UNECE Rec 20 code, doses, people, packages, or an ISO 4217 currency.")
    low = serializers.CharField(allow_null=True, help_text="Decimal. Null where no lower end is known: not 0.")
    high = serializers.CharField(allow_null=True, help_text="Decimal. Null where any upper end is not known.")
    value = serializers.CharField(allow_null=True, help_text="Decimal, where both ends meet.")
    contested = serializers.FloatField(
        allow_null=True, min_value=0, max_value=1, help_text="Share that rests on contested beliefs; null: cannot tell."
    )


class RungSerializer(serializers.Serializer):
    """How many offers or shipments got at least so far, and of how much."""

    count = serializers.IntegerField(help_text="Accepted to have got so far.")
    unconfirmed = serializers.IntegerField(help_text="Said to have, not accepted: in the high ends alone.")
    contested = serializers.IntegerField(help_text="Of both: in doubt whether, or how much.")
    unknown = serializers.IntegerField(help_text="Of both: something of it has no known least amount.")
    amounts = TotalSerializer(many=True)


class WaitingSerializer(serializers.Serializer):
    """An offer that was made and not answered."""

    offer = serializers.CharField(help_text="Reference of the offer.")
    days_least = serializers.IntegerField()
    days_most = serializers.IntegerField(allow_null=True, help_text="Null where nobody says when it was made.")
    said = serializers.BooleanField(help_text="Somebody says so; else only nobody tells of an answer.")
    contested = serializers.BooleanField(help_text="Something about the offer is contested.")


class SilenceSerializer(serializers.Serializer):
    """Offers without an answer up to known_at (now, if not given), and how long answers took."""

    unanswered = serializers.IntegerField()
    waiting = WaitingSerializer(many=True, help_text=f"The {MOST_WAITING} that wait longest.")
    answered = serializers.IntegerField()
    median_days_least = serializers.FloatField(
        allow_null=True, help_text="Of the answers of which both times are told."
    )
    median_days_most = serializers.FloatField(allow_null=True)


class FlowSerializer(serializers.Serializer):
    """Everything that was promised or sent by the donors to the recipient. No rung is lessened by the next one."""

    donors = NamedActorSerializer(many=True, help_text="Several: jointly, and in no other flow. None: not known.")
    recipient = NamedActorSerializer(allow_null=True)
    crisis = serializers.CharField(allow_null=True, help_text="Reference; null where none, or not in group_by.")
    item = serializers.CharField(allow_null=True, help_text="Category, or name; null where none, or not in group_by.")
    period = serializers.CharField(
        allow_null=True, help_text="2022-05 or 2022; null where not known so finely, or not in group_by."
    )
    contested = serializers.IntegerField(help_text="Offers and shipments of which anything is contested.")
    offers = serializers.DictField(child=serializers.IntegerField(), help_text="How many stand where.")
    shipments = serializers.DictField(child=serializers.IntegerField(), help_text="How many stand where.")
    floated = RungSerializer(help_text="Offers that were floated, or made since.")
    offered = RungSerializer(help_text="Offers that were made, whatever became of them.")
    accepted = RungSerializer(help_text="Offers that were accepted, wholly or in part.")
    committed = RungSerializer(help_text="Offers that the donor is bound to.")
    dispatched = RungSerializer(help_text="Shipments that left.")
    arrived = RungSerializer(help_text="Shipments that reached the place they were to go to.")
    received = RungSerializer(help_text="Shipments that the receiver has: as counted, where anybody counted.")
    silence = SilenceSerializer()


class NotAddedUpSerializer(serializers.Serializer):
    """What is left out of every flow here, since it came in or changed and is not added up yet."""

    subjects = serializers.IntegerField(
        help_text=f"Offers and shipments, of all that you may see, whatever is asked for. {MOST_COUNTED:,} or more: "
        f"{MOST_COUNTED}."
    )
    since = serializers.DateTimeField(help_text="What came in before is in the flows.")


class FlowPageSerializer(page_of(FlowSerializer)):  # type: ignore[misc]
    """A page of flows; follow next until it is null."""

    not_added_up = NotAddedUpSerializer(
        allow_null=True,
        help_text="Null: the flows tell all that you may see. Else they are of all but what is left out: ask again "
        "a while later.",
    )


class FlowList(ReadView):
    """Flows, recipient by recipient."""

    parameters = FlowParameters
    shape = FlowSerializer

    @extend_schema(
        operation_id="listFlows",
        summary="Who promised what to whom, and what became of it.",
        description=(
            "A flow for each donor and recipient, by the recipient's reference. Worked out from what you may see, as "
            "believed now or at `known_at`. A page may hold fewer flows than asked for: follow `next` until it is null."
            " While much came in that is not added up yet, it is left out of every flow, and `not_added_up` says how "
            "much that is and since when."
            " With `known_at` or `item`, or grouped by item, offers and shipments are read one by one: what would read "
            "too many of them is refused (`too_much_to_read`)."
        ),
        parameters=[FlowParameters],
        responses=FlowPageSerializer,
        examples=[OpenApiExample("A flight and two offers", value=EXAMPLE, response_only=True)],
        tags=["flows"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        try:
            page = read_flows(
                self.reader,
                now=timezone.now(),
                known_at=asked.get("known_at"),
                narrowing=Narrowing(**{name: asked[name] for name in NARROWING if name in asked}),
                group_by=asked.get("group_by", "").split(","),
                start=_key(unsealed(request, asked["cursor"], "cursor")) if "cursor" in asked else None,
                limit=asked["limit"],
            )
        except TooMuchToRead as error:
            if error.is_passing:
                raise Refusal(error.code, error.detail, status=503, headers={"Retry-After": RETRY_AFTER}) from error
            raise Refusal(error.code, error.detail) from error
        shown = [shown_flow(flow, page.actors, page.moment) for flow in page.flows]
        link = page.following and following(request, "cursor", astuple(page.following))
        headers = {"Link": f'<{link}>; rel="next"'} if link else {}
        told = {
            "results": FlowSerializer(shown, many=True).data,
            "next": link,
            "not_added_up": page.late and NotAddedUpSerializer(page.late).data,
        }
        return Response(told, headers=headers)


def _key(position: list[Any]) -> Key:
    recipient, donors, crisis, item, period = position
    return Key(recipient=recipient, donors=tuple(donors), crisis=crisis, item=item, period=period)


def shown_flow(flow: Flow, actors: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """A flow as partners read it; offers have waited up to ``moment``."""
    return {
        "donors": [actors[reference] for reference in flow.key.donors],
        "recipient": actors[flow.key.recipient] if flow.key.recipient else None,
        "crisis": flow.key.crisis or None,
        "item": flow.key.item or None,
        "period": flow.key.period or None,
        "contested": flow.contested,
        "offers": flow.offers,
        "shipments": flow.shipments,
        **{name: _rung(rung) for name, rung in flow.rungs.items()},
        "silence": _silence(flow.silence, moment),
    }


def _rung(rung: Rung) -> dict[str, Any]:
    return {**asdict(rung), "amounts": [_total(total) for total in rung.amounts]}


def _total(total: Total) -> dict[str, Any]:
    return {
        "measure": total.measure,
        "unit": total.unit,
        "low": digits(total.low),
        "high": digits(total.high),
        "value": digits(total.value),
        "contested": total.contested,
    }


def _silence(silence: Silence, moment: datetime) -> dict[str, Any]:
    return {
        "unanswered": silence.unanswered,
        "waiting": [_waiting(each, each.days(moment)) for each in silence.waiting],
        "answered": silence.answered,
        "median_days_least": silence.median_least,
        "median_days_most": silence.median_most,
    }


def _waiting(waiting: Waiting, days: Days) -> dict[str, Any]:
    return {
        "offer": waiting.offer,
        "days_least": days.least,
        "days_most": days.most,
        "said": waiting.is_said,
        "contested": waiting.is_contested,
    }
