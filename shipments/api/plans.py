"""The plan of each kind of subject as partners read it: one query for a page, with nothing in it that they may not see.

Actors and subjects that are named in passing have markings of their own; a hidden one is left out
as if there were none.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from actors.access import Reader
from actors.api.selection import Selection
from actors.models import Actor
from shipments.api.pictures import digits
from shipments.api.serializers import SERIALIZERS
from shipments.models import (
    Appeal,
    Contact,
    Crisis,
    Inquiry,
    Leg,
    Line,
    Offer,
    OfferLine,
    Place,
    Shipment,
    ShipmentParty,
    Subject,
    SubjectIdentifier,
)

MODELS: dict[str, type[Subject]] = {
    "shipment": Shipment,
    "offer": Offer,
    "appeal": Appeal,
    "contact": Contact,
    "inquiry": Inquiry,
    "crisis": Crisis,
}
COMMON = ("pk", "reference", "kind", "title", "marking", "provisional", "created_at")


def plan_rows(kind: str, reader: Reader, selection: Selection) -> QuerySet:
    """Visible subjects of one kind, as dicts of what is selected."""
    identifiers = SubjectIdentifier.objects.filter(subject=OuterRef("pk"))
    merged = Subject.objects.visible_to(reader).filter(merged_into=OuterRef("pk")).order_by("pk")
    beside = {
        "crisis": reference_of(reader, "crisis_id"),
        "merged_from": ArraySubquery(merged.values("reference")),
        "identifiers": ArraySubquery(identifiers.values(json=JSONObject(scheme="scheme", value="value"))),
        **PLANS[kind](reader),
    }
    return (
        MODELS[kind]
        .objects.visible_to(reader)
        .filter(merged_into=None)
        .values(*COMMON)
        .annotate(
            is_beyond_tiers=Exists(Subject.objects.filter(pk=OuterRef("pk")).beyond_tiers(reader)),
            **{name: how for name, how in beside.items() if selection.shows(name)},
        )
    )


def shown_plan(row: dict[str, Any], kind: str) -> dict[str, Any]:
    """A row of ``plan_rows`` with its amounts as decimals; what was not selected is null."""
    lines = [
        {
            **line,
            "quantity": {
                **line["quantity"],
                "low": digits(line["quantity"]["low"]),
                "high": digits(line["quantity"]["high"]),
            },
            **({"amount": digits(line["amount"])} if "amount" in line else {}),
        }
        for line in row.get("lines", ())
    ]
    everything = dict.fromkeys(("crisis", "identifiers", *SERIALIZERS[kind]().fields))
    return {**everything, **row, **({"lines": lines} if "lines" in row else {})}


def reference_of(reader: Reader, link: str) -> Subquery:
    """The reference of the subject behind ``link``, where the reader may see it."""
    return Subquery(Subject.objects.visible_to(reader).filter(pk=OuterRef(link)).values("reference")[:1])


def actor_of(reader: Reader, link: str) -> Subquery:
    """The actor behind ``link`` by name, where the reader may see it."""
    return Subquery(Actor.objects.visible_to(reader).filter(pk=OuterRef(link)).values(json=_ACTOR)[:1])


def place_of(link: str) -> Subquery:
    """The place behind ``link`` by name."""
    place = JSONObject(code="code", name="name", country="country")
    return Subquery(Place.objects.filter(pk=OuterRef(link)).values(json=place)[:1])


_ACTOR = JSONObject(reference="reference", name="name", kind="kind", country="country")
_QUANTITY = JSONObject(
    low=Cast("quantity_low", TextField()),
    high=Cast("quantity_high", TextField()),
    unit="unit",
    qualifier="qualifier",
    basis="basis",
)


def _shipment(reader: Reader) -> dict[str, Any]:
    seen = Actor.objects.visible_to(reader)
    parties = ShipmentParty.objects.filter(shipment=OuterRef("pk"), actor__in=seen).order_by("role", "pk")
    leg = JSONObject(
        key="key",
        sequence="sequence",
        role="role",
        origin=place_of("origin_id"),
        destination=place_of("destination_id"),
        carrier=actor_of(reader, "carrier_id"),
        flight_number="flight_number",
        vehicle="vehicle",
        registration="registration",
        planned_departure="planned_departure",
        planned_arrival="planned_arrival",
    )
    line = JSONObject(
        key="key",
        item="item",
        category="category",
        donor=actor_of(reader, "donor_id"),
        lot="lot",
        expires_on="expires_on",
        cold_chain="cold_chain",
        quantity=_QUANTITY,
    )
    return {
        "mode": F("mode"),
        "recipient": actor_of(reader, "recipient_id"),
        "carrier": actor_of(reader, "carrier_id"),
        "offer": reference_of(reader, "offer_id"),
        "parent": reference_of(reader, "parent_id"),
        "destination": place_of("destination_id"),
        "parties": ArraySubquery(parties.values(json=JSONObject(role="role", actor=actor_of(reader, "actor_id")))),
        "legs": ArraySubquery(Leg.objects.filter(shipment=OuterRef("pk")).order_by("sequence", "key").values(json=leg)),
        "lines": ArraySubquery(Line.objects.filter(shipment=OuterRef("pk")).order_by("key").values(json=line)),
    }


def _offer(reader: Reader) -> dict[str, Any]:
    amount = Cast("amount", TextField())
    line = JSONObject(
        key="key", item="item", category="category", quantity=_QUANTITY, amount=amount, currency="currency"
    )
    return {
        "donor": actor_of(reader, "donor_id"),
        "recipient": actor_of(reader, "recipient_id"),
        "form": F("form"),
        "answers": reference_of(reader, "answers_id"),
        "conditions": F("conditions"),
        "lines": ArraySubquery(OfferLine.objects.filter(offer=OuterRef("pk")).order_by("key").values(json=line)),
    }


def _appeal(reader: Reader) -> dict[str, Any]:
    return {
        "requester": actor_of(reader, "requester_id"),
        "addressee": actor_of(reader, "addressee_id"),
        "asked_for": F("asked_for"),
    }


def _contact(reader: Reader) -> dict[str, Any]:
    met = Actor.objects.visible_to(reader).filter(contacts=OuterRef("pk")).order_by("name", "reference")
    return {
        "form": F("form"),
        "held_on": F("held_on"),
        "place": place_of("place_id"),
        "participants": ArraySubquery(met.values(json=_ACTOR)),
    }


def _inquiry(reader: Reader) -> dict[str, Any]:
    return {
        "asked_by": actor_of(reader, "asked_by_id"),
        "asked": actor_of(reader, "asked_id"),
        "asked_on": F("asked_on"),
        "question": F("question"),
    }


def _crisis(reader: Reader) -> dict[str, Any]:
    return {"glide": F("glide"), "countries": F("countries"), "began_on": F("began_on")}


PLANS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "shipment": _shipment,
    "offer": _offer,
    "appeal": _appeal,
    "contact": _contact,
    "inquiry": _inquiry,
    "crisis": _crisis,
}
