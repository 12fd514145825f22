"""What lists of subjects can be narrowed by. A hidden value finds what a missing one finds: nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers

from actors.access import Reader
from actors.api.pages import LookedFor, Order, both_ways, narrow
from actors.api.parameters import (
    EXTERNAL_ID,
    LOOKED_FOR,
    Moment,
    PageParameters,
    ReadParameters,
    Reference,
    Search,
    Since,
    TrueOrFalse,
)
from actors.api.serializers import MARKINGS
from actors.marking import Marking
from actors.models import Actor
from actors.querysets import is_there
from actors.services.entered import entered_as, may_be_told
from shipments.api.moments import happened, status_at
from shipments.api.searching import few_or_each, found_by
from shipments.models import Contact, Leg, Line, Offer, Picture, Place, Shipment, ShipmentParty, Subject
from shipments.models.picture import State
from shipments.reconciliation.lifecycles import LIFECYCLES

ACTOR = "The actor: ACT-…, or source:external_id as you entered it."
KNOWN_AT = "What was believed at that moment; a bare date is the end of that day in UTC."
VALID_AT = (
    "The status, and the steps, at that moment of the world, as we know it now or knew it at known_at; a bare date is "
    "the end of that day in UTC. A step whose time is not known so finely counts once it has surely happened."
)
SEARCHED = (
    "the title, the reference, others' identifiers, the description, the items and the names of those who take part"
)
STATUS = "The accepted status; at valid_at, if given."
SINCE = "Something of it happened then or later: a step of the best story, or the day of a contact, inquiry or crisis."
UNTIL = "Something of it happened then or earlier."
# Keys are made in order of time.
ORDERS = {
    "created_at": Order(columns=("pk",)),
    "-created_at": Order(columns=("pk",), descending=True),
    **both_ways("reference"),
}


class KnownAtParameters(ReadParameters):
    """The moment of knowledge."""

    known_at = Moment(required=False, help_text=KNOWN_AT)


class SubjectParameters(PageParameters, KnownAtParameters):
    """Filters of every kind of subject."""

    ordering = serializers.ChoiceField(choices=list(ORDERS), default="-created_at")
    q = Search(
        required=False,
        help_text=(
            f"At most ten words, all to be found in {SEARCHED}: in any part of a word, those of one or two letters "
            f"where one begins. {LOOKED_FOR}"
        ),
    )
    crisis = Reference("CRS", help_text="Reference of the crisis.")
    marking = serializers.ChoiceField(choices=MARKINGS, required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    contested = TrueOrFalse(required=False, help_text="Whether anything about the subject is contested.")
    since = Since(required=False, help_text=SINCE)
    until = Moment(required=False, help_text=UNTIL)


class ValidAtParameters(KnownAtParameters):
    """The moment of knowledge, and the moment of the world."""

    valid_at = Moment(required=False, help_text=VALID_AT)


def _status(kind: str) -> serializers.ChoiceField:
    names = [milestone.name for milestone in LIFECYCLES[kind].milestones]
    return serializers.ChoiceField(choices=names, required=False, help_text=STATUS)


class EnteredParameters(SubjectParameters, ValidAtParameters):
    """Filters of the kinds that partners enter."""

    external_id = serializers.CharField(required=False, help_text=EXTERNAL_ID)


class ShipmentParameters(EnteredParameters):
    """Filters of shipments."""

    status = _status("shipment")
    mode = serializers.ChoiceField(choices=Shipment.Mode.choices, required=False)
    donor = Reference("ACT", entered=True, help_text=ACTOR)
    recipient = Reference("ACT", entered=True, help_text=ACTOR)
    carrier = Reference("ACT", entered=True, help_text=ACTOR)
    offer = Reference("OFR", entered=True, help_text="The offer: OFR-…, or source:external_id as you entered it.")
    place = serializers.CharField(required=False, help_text=f"Code of a place that a leg touches. {LOOKED_FOR}")
    item = serializers.CharField(required=False, help_text=f"Part of the name of an item. {LOOKED_FOR}")


class OfferParameters(EnteredParameters):
    """Filters of offers."""

    status = _status("offer")
    form = serializers.ChoiceField(choices=Offer.Form.choices, required=False)
    donor = Reference("ACT", entered=True, help_text=ACTOR)
    recipient = Reference("ACT", entered=True, help_text=ACTOR)
    answers = Reference("APL", entered=True, help_text="The appeal: APL-…, or source:external_id as you entered it.")


class AppealParameters(EnteredParameters):
    """Filters of appeals."""

    status = _status("appeal")
    requester = Reference("ACT", entered=True, help_text=ACTOR)
    addressee = Reference("ACT", entered=True, help_text=ACTOR)


class ContactParameters(SubjectParameters):
    """Filters of contacts."""

    form = serializers.ChoiceField(choices=Contact.Form.choices, required=False)
    participant = Reference("ACT", entered=True, help_text=ACTOR)


class InquiryParameters(SubjectParameters):
    """Filters of inquiries."""

    asked = Reference("ACT", entered=True, help_text=ACTOR)
    asked_by = Reference("ACT", entered=True, help_text=ACTOR)


class CrisisParameters(SubjectParameters):
    """Filters of crises."""

    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text="ISO 3166-1 alpha-2.")


PARAMETERS: dict[str, type[SubjectParameters]] = {
    "shipment": ShipmentParameters,
    "offer": OfferParameters,
    "appeal": AppealParameters,
    "contact": ContactParameters,
    "inquiry": InquiryParameters,
    "crisis": CrisisParameters,
}


def narrowed(rows: QuerySet, kind: str, asked: dict[str, Any], reader: Reader) -> tuple[QuerySet, LookedFor]:
    """``rows``, visible to ``reader``, with the filters of ``asked``, without what was not known at ``known_at``.

    What has to be asked of each row that is left is told apart: a page looks through a number of them.
    """
    known_at = asked.get("known_at")
    conditions: list[Q | LookedFor] = []
    if known_at:
        conditions += [few_or_each(_begun(known_at), Q()), was_known(reader, known_at)]
    believed: dict[str, Any] = {name: asked[name] for name in ("status", "state", "contested") if name in asked}
    if believed:
        pictures = Picture.objects.of_visible(reader, known_at=known_at)
        if "status" in believed and "valid_at" in asked:
            pictures = pictures.annotate(status_then=status_at(asked["valid_at"]))
            believed["status_then"] = believed.pop("status")
        rows = rows.filter(Exists(pictures.filter(subject_id=OuterRef("pk"), **believed)))
    if "since" in asked or "until" in asked:
        rows = rows.filter(happened(kind, reader, asked))
    if "marking" in asked:
        rows = rows.filter(marking=Marking.from_code(asked["marking"]))
    conditions += [found_by(term, kind, reader) for term in asked.get("q", ())]
    conditions += [condition(asked[name], reader) for name, condition in CONDITIONS[kind].items() if name in asked]
    return narrow(rows, conditions)


def was_known(reader: Reader, known_at: datetime) -> Q:
    """Of subjects visible to ``reader``, those that there was a picture of at ``known_at``, or on the books by then."""
    pictures = Picture.objects.of_visible(reader, known_at=known_at)
    return Q(created_at__lte=known_at) | Q(Exists(pictures.filter(subject_id=OuterRef("pk"))))


def _begun(known_at: datetime) -> QuerySet:
    """Keys of subjects that may have been known by then, to whomever: of a moment before everything there is none."""
    begun = Subject.objects.order_by().filter(created_at__lte=known_at).values_list("pk", flat=True)
    pictured = Picture.objects.order_by().filter(known_from__lte=known_at).values_list("subject_id", flat=True)
    return begun.union(pictured, all=True)


Condition = Callable[[Any, Reader], Q | LookedFor]


def _named(said: str, visible: QuerySet, reader: Reader, **which: Any) -> QuerySet:
    """The key of the one row with that reference, or that the reader entered as source:external_id."""
    source, is_own, own_name = said.partition(":")
    if is_own:
        entry = {"entry__source__code": source, "entry__external_id": own_name}
        told = visible.filter(may_be_told(reader, "entry__"), **entry, **which)
        return told.values_list(Coalesce("merged_into_id", "pk"), flat=True)
    return visible.filter(reference=said).values_list("pk", flat=True)


# The key is found first, so that an index over the link finds the rest.
def _actor(link: str) -> Condition:
    return lambda said, reader: Q(**{f"{link}_id": Subquery(_actors(said, reader))})


def _actors(said: str, reader: Reader) -> QuerySet:
    return _named(said, Actor.objects.order_by().visible_to(reader), reader)


def _subject(link: str, kind: str) -> Condition:
    def condition(said: str, reader: Reader) -> Q:
        visible = Subject.objects.order_by().visible_to(reader)
        return Q(**{f"{link}_id": Subquery(_named(said, visible, reader, entry__kind=kind))})

    return condition


def _plain(column: str) -> Condition:
    return lambda said, reader: Q(**{column: said})


def _donor(said: str, reader: Reader) -> Q:
    given = ShipmentParty.objects.order_by().filter(role=ShipmentParty.Role.DONOR)
    return _one_of(given, "shipment_id", said, reader)


def _participant(said: str, reader: Reader) -> Q:
    return _one_of(Contact.participants.through.objects.all(), "contact_id", said, reader)


def _one_of(rows: QuerySet, link: str, said: str, reader: Reader) -> Q:
    """Subjects that ``link`` leads to from those of ``rows`` that name an actor.

    The actor is looked up before, so that PostgreSQL knows how many they are and walks them beside the list: an index
    has them in its order.
    """
    actor = _actors(said, reader).first()
    return Q(pk__in=rows.filter(actor_id=actor).values(link)) if actor else Q(pk=None)


def _place(said: str, reader: Reader) -> Q | LookedFor:
    place = Place.objects.filter(code=said).values_list("pk", flat=True).first()
    legs = [Leg.objects.order_by().filter(**{end: place}) for end in ("origin", "destination")]
    keys = Shipment.objects.order_by().filter(destination=place).values_list("pk", flat=True)
    each = Q(destination=place)
    for some in legs:
        each |= Q(is_there(some.filter(shipment=OuterRef("pk"))))
    touching = keys.union(*(some.values_list("shipment_id", flat=True) for some in legs), all=True)
    return few_or_each(touching, each) if place else Q(pk=None)


def _item(said: str, reader: Reader) -> Q | LookedFor:
    lines = Line.objects.order_by().filter(item__icontains=said)
    each = Q(is_there(lines.filter(shipment=OuterRef("pk"))))
    return few_or_each(lines.values_list("shipment_id", flat=True), each)


def _external_id(kind: str) -> dict[str, Condition]:
    return {"external_id": lambda said, reader: entered_as(said, Subject, reader, entry__kind=kind)}


_CRISIS = {"crisis": _subject("crisis", "crisis")}
CONDITIONS: dict[str, dict[str, Condition]] = {
    "shipment": {
        **_CRISIS,
        **_external_id("shipment"),
        "mode": _plain("mode"),
        "donor": _donor,
        "recipient": _actor("recipient"),
        "carrier": _actor("carrier"),
        "offer": _subject("offer", "offer"),
        "place": _place,
        "item": _item,
    },
    "offer": {
        **_CRISIS,
        **_external_id("offer"),
        "form": _plain("form"),
        "donor": _actor("donor"),
        "recipient": _actor("recipient"),
        "answers": _subject("answers", "appeal"),
    },
    "appeal": {
        **_CRISIS,
        **_external_id("appeal"),
        "requester": _actor("requester"),
        "addressee": _actor("addressee"),
    },
    "contact": {**_CRISIS, "form": _plain("form"), "participant": _participant},
    "inquiry": {**_CRISIS, "asked": _actor("asked"), "asked_by": _actor("asked_by")},
    "crisis": {"crisis": _subject("crisis", "crisis"), "country": lambda said, reader: Q(countries__contains=[said])},
}
