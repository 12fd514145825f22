"""What lists of subjects can be narrowed by. A hidden value finds what a missing one finds: nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers

from actors.access import Reader
from actors.api.pages import Order
from actors.api.parameters import Moment, PageParameters, Parameters, TrueOrFalse
from actors.api.refusals import Fault, Refusal
from actors.api.serializers import MARKINGS
from actors.marking import Marking
from actors.models import Actor
from shipments.models import Contact, Leg, Line, Offer, Picture, Shipment, ShipmentParty, Subject
from shipments.models.picture import State
from shipments.reconciliation.lifecycles import LIFECYCLES

MAX_TERMS = 10
KNOWN_AT = "What was believed at that moment; a bare date is the end of that day in UTC."
ORDERS = {
    # Keys are made in order of time; the cursor speaks of references, for a key is never shown.
    "-created_at": Order(columns=("pk",), descending=True, stand_ins={"pk": "reference"}),
    "created_at": Order(columns=("pk",), stand_ins={"pk": "reference"}),
    "reference": Order(columns=("reference",)),
}


class KnownAtParameters(Parameters):
    """The moment of knowledge."""

    known_at = Moment(required=False, help_text=KNOWN_AT)


class SubjectParameters(PageParameters, KnownAtParameters):
    """Filters of every kind of subject."""

    ordering = serializers.ChoiceField(choices=list(ORDERS), default="-created_at")
    search = serializers.CharField(required=False, help_text="Words of the title; at most ten, all of them found.")
    crisis = serializers.CharField(required=False, help_text="Reference of the crisis.")
    marking = serializers.ChoiceField(choices=MARKINGS, required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    contested = TrueOrFalse(required=False, help_text="Whether anything about the subject is contested.")


def _status(kind: str) -> serializers.ChoiceField:
    names = [milestone.name for milestone in LIFECYCLES[kind].milestones]
    return serializers.ChoiceField(choices=names, required=False, help_text="The accepted status.")


class ShipmentParameters(SubjectParameters):
    """Filters of shipments."""

    status = _status("shipment")
    mode = serializers.ChoiceField(choices=Shipment.Mode.choices, required=False)
    donor = serializers.CharField(required=False, help_text="Reference of the actor.")
    recipient = serializers.CharField(required=False, help_text="Reference of the actor.")
    carrier = serializers.CharField(required=False, help_text="Reference of the actor.")
    offer = serializers.CharField(required=False, help_text="Reference of the offer.")
    place = serializers.CharField(required=False, help_text="Code of a place that a leg touches.")
    item = serializers.CharField(required=False, help_text="Part of the name of an item.")


class OfferParameters(SubjectParameters):
    """Filters of offers."""

    status = _status("offer")
    form = serializers.ChoiceField(choices=Offer.Form.choices, required=False)
    donor = serializers.CharField(required=False, help_text="Reference of the actor.")
    recipient = serializers.CharField(required=False, help_text="Reference of the actor.")
    answers = serializers.CharField(required=False, help_text="Reference of the appeal.")


class AppealParameters(SubjectParameters):
    """Filters of appeals."""

    status = _status("appeal")
    requester = serializers.CharField(required=False, help_text="Reference of the actor.")
    addressee = serializers.CharField(required=False, help_text="Reference of the actor.")


class ContactParameters(SubjectParameters):
    """Filters of contacts."""

    form = serializers.ChoiceField(choices=Contact.Form.choices, required=False)
    participant = serializers.CharField(required=False, help_text="Reference of the actor.")


class InquiryParameters(SubjectParameters):
    """Filters of inquiries."""

    asked = serializers.CharField(required=False, help_text="Reference of the actor.")
    asked_by = serializers.CharField(required=False, help_text="Reference of the actor.")


class CrisisParameters(SubjectParameters):
    """Filters of crises."""

    country = serializers.CharField(required=False, help_text="ISO 3166-1 alpha-2.")


PARAMETERS: dict[str, type[SubjectParameters]] = {
    "shipment": ShipmentParameters,
    "offer": OfferParameters,
    "appeal": AppealParameters,
    "contact": ContactParameters,
    "inquiry": InquiryParameters,
    "crisis": CrisisParameters,
}


def narrowed(rows: QuerySet, kind: str, asked: dict[str, Any], reader: Reader) -> QuerySet:
    """``rows`` with the filters of ``asked``, and without what was not known at ``known_at``."""
    known_at = asked.get("known_at")
    if known_at:
        rows = rows.filter(was_known(reader, known_at))
    believed = {name: asked[name] for name in ("status", "state", "contested") if name in asked}
    if believed:
        pictures = Picture.objects.for_reader(reader, known_at=known_at).filter(**believed)
        rows = rows.filter(Exists(pictures.filter(subject_id=OuterRef("pk"))))
    if "search" in asked:
        rows = rows.filter(_searched(asked["search"]))
    if "marking" in asked:
        rows = rows.filter(marking=Marking.from_code(asked["marking"]))
    for name, condition in CONDITIONS[kind].items():
        if name in asked:
            rows = rows.filter(condition(asked[name], reader))
    return rows


def was_known(reader: Reader, known_at: datetime) -> Q:
    """Subjects that there was a picture of at ``known_at``, or that were on the books by then."""
    pictures = Picture.objects.for_reader(reader, known_at=known_at)
    return Q(created_at__lte=known_at) | Q(Exists(pictures.filter(subject_id=OuterRef("pk"))))


def _searched(said: str) -> Q:
    terms = said.split()
    if len(terms) > MAX_TERMS:
        fault = Fault(code="too_many", parameter="search", detail=f"At most {MAX_TERMS} words.")
        raise Refusal("too_many", "The query string is not right.", faults=[fault])
    condition = Q()
    for term in terms:
        condition &= Q(title__icontains=term)
    return condition


Condition = Callable[[Any, Reader], Q]


def _actor(link: str) -> Condition:
    return lambda said, reader: Q(
        **{f"{link}_id__in": Actor.objects.visible_to(reader).filter(reference=said).values("pk")}
    )


def _subject(link: str) -> Condition:
    return lambda said, reader: Q(
        **{f"{link}_id__in": Subject.objects.visible_to(reader).filter(reference=said).values("pk")}
    )


def _plain(column: str) -> Condition:
    return lambda said, reader: Q(**{column: said})


def _donor(said: str, reader: Reader) -> Q:
    actors = Actor.objects.visible_to(reader).filter(reference=said).values("pk")
    rows = ShipmentParty.objects.filter(shipment=OuterRef("pk"), role=ShipmentParty.Role.DONOR, actor__in=actors)
    return Q(Exists(rows))


def _participant(said: str, reader: Reader) -> Q:
    actors = Actor.objects.visible_to(reader).filter(reference=said).values("pk")
    return Q(Exists(Contact.participants.through.objects.filter(contact_id=OuterRef("pk"), actor_id__in=actors)))


def _place(said: str, reader: Reader) -> Q:
    touching = Q(origin__code=said) | Q(destination__code=said)
    return Q(destination__code=said) | Q(Exists(Leg.objects.filter(touching, shipment=OuterRef("pk"))))


def _item(said: str, reader: Reader) -> Q:
    return Q(Exists(Line.objects.filter(shipment=OuterRef("pk"), item__icontains=said)))


_CRISIS = {"crisis": _subject("crisis")}
CONDITIONS: dict[str, dict[str, Condition]] = {
    "shipment": {
        **_CRISIS,
        "mode": _plain("mode"),
        "donor": _donor,
        "recipient": _actor("recipient"),
        "carrier": _actor("carrier"),
        "offer": _subject("offer"),
        "place": _place,
        "item": _item,
    },
    "offer": {
        **_CRISIS,
        "form": _plain("form"),
        "donor": _actor("donor"),
        "recipient": _actor("recipient"),
        "answers": _subject("answers"),
    },
    "appeal": {**_CRISIS, "requester": _actor("requester"), "addressee": _actor("addressee")},
    "contact": {**_CRISIS, "form": _plain("form"), "participant": _participant},
    "inquiry": {**_CRISIS, "asked": _actor("asked"), "asked_by": _actor("asked_by")},
    "crisis": {"crisis": _subject("crisis"), "country": lambda said, reader: Q(countries__contains=[said])},
}
