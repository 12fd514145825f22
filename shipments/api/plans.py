"""The plan of each kind of subject as partners read it, with nothing in it that they may not see.

Actors and subjects that are named in passing have markings of their own; a hidden one is left out
as if there were none.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, NullIf

from actors.access import Reader
from actors.marking import Marking
from actors.models import Actor
from actors.services.arrays import IsAny
from actors.services.entered import external_id_of
from actors.services.passing import WrittenList, WrittenObject, digits, moment
from actors.services.prepared import prepared, slot
from shipments.api.filters import was_known
from shipments.api.pictures import Asked, as_believed, stored_pictures
from shipments.api.serializers import SERIALIZERS
from shipments.api.times import instant
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
# Fields that do not come from the plan beside it.
HEAD = (*COMMON, "picture")


def subject_rows(kind: str, reader: Reader) -> QuerySet:
    """Visible subjects of one kind, as dicts of what every kind has."""
    # Its own table says the kind already; an index over kind and order does not know that.
    return MODELS[kind].objects.visible_to(reader).filter(kind=kind, merged_into=None).values(*COMMON)


def _named(reader: Reader, kind: str, is_past: bool) -> QuerySet:
    """The visible subject of a reference, or what it was merged into, if it was known by then; as in subject_rows."""
    named = Subject.objects.visible_to(reader).filter(reference=slot("reference"))
    kept = named.values(kept=Coalesce("merged_into_id", "pk"))
    rows = subject_rows(kind, reader).filter(pk__in=kept).order_by()
    return rows.filter(was_known(reader, slot("known_at"))) if is_past else rows


named_subject = prepared(_named)
# Which fields of the plan are wanted, and how pictures are (see Asked.how_stored), if they are.
Wanted = tuple[frozenset[str], tuple[bool, bool] | None]


def _wanted(kind: str, asked: Mapping[str, Any]) -> Wanted:
    shows = asked["fields"].shows
    names = frozenset(name for name in _fields(kind) if name not in HEAD and shows(name))
    return names, Asked.of(asked).how_stored if shows("picture") else None


def _columns(reader: Reader, kind: str, wanted: Wanted) -> dict[str, Any]:
    """What is wanted of the plans of subjects, beside what every kind has, and their pictures."""
    names, stored = wanted
    every = _every(reader) | PLANS[kind](reader)
    columns = {name: how for name, how in every.items() if name in names}
    return columns | (stored_pictures(reader, *stored) if stored else {})


@prepared
def _beside(reader: Reader, kind: str, wanted: Wanted) -> QuerySet:
    rows = MODELS[kind].objects.visible_to(reader).order_by().filter(IsAny("pk", slot("ids"))).values("pk")
    return rows.annotate(**_columns(reader, kind, wanted))


@prepared
def _named_with_columns(reader: Reader, kind: str, is_past: bool, wanted: Wanted) -> QuerySet:
    return _named(reader, kind, is_past).annotate(**_columns(reader, kind, wanted))


def shown_subject(kind: str, reference: str, reader: Reader, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The subject of a reference (see named_subject) as partners read it, with its picture; at most three queries."""
    wanted, at = _wanted(kind, asked), Asked.of(asked).slots
    rows = _named_with_columns(reader, kind, bool(at), wanted).dicts(reader, reference=reference, **at)
    return next(iter(_shown(kind, rows, rows, reader, asked, wanted)), None)


def shown_subjects(
    kind: str, rows: Sequence[Mapping[str, Any]], reader: Reader, asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Visible subjects (rows as in subject_rows) as partners read them, with their pictures; at most three queries.

    What is not among the fields of ``asked`` is null and not looked up.
    """
    wanted = _wanted(kind, asked)
    beside: list[dict[str, Any]] = []
    if rows and any(wanted):
        at = Asked.of(asked).slots if wanted[1] else {}
        beside = _beside(reader, kind, wanted).dicts(reader, ids=[row["pk"] for row in rows], **at)
    return _shown(kind, rows, beside, reader, asked, wanted)


def _shown(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    beside: Sequence[Mapping[str, Any]],
    reader: Reader,
    asked: Mapping[str, Any],
    wanted: Wanted,
) -> list[dict[str, Any]]:
    names, stored = wanted
    pictures = as_believed(beside, reader, Asked.of(asked)).pictures if beside and stored else {}
    plans = {row["pk"]: {name: row[name] for name in names} for row in beside}
    nothing = dict.fromkeys(_fields(kind))
    return [
        {
            **nothing,
            "reference": row["reference"],
            "kind": row["kind"],
            "title": row["title"],
            "marking": Marking(row["marking"]).code,
            "provisional": row["provisional"],
            "created_at": instant(row["created_at"]),
            "picture": pictures.get(row["pk"]),
            **plans.get(row["pk"], {}),
        }
        for row in rows
    ]


@cache
def _fields(kind: str) -> tuple[str, ...]:
    return tuple(SERIALIZERS[kind]().fields)


def _every(reader: Reader) -> dict[str, Any]:
    identifiers = SubjectIdentifier.objects.filter(subject=OuterRef("pk"))
    merged = Subject.objects.visible_to(reader).filter(merged_into=OuterRef("pk")).order_by("pk")
    return {
        "crisis": reference_of(reader, "crisis_id"),
        "merged_from": ArraySubquery(merged.values("reference")),
        "identifiers": WrittenList(identifiers.values(json=WrittenObject(scheme="scheme", value="value"))),
    }


def reference_of(reader: Reader, link: str) -> Subquery:
    """The reference of the subject behind ``link``, where the reader may see it."""
    return Subquery(Subject.objects.visible_to(reader).order_by().filter(pk=OuterRef(link)).values("reference"))


def actor_of(reader: Reader, link: str) -> Subquery:
    """The actor behind ``link`` by name, where the reader may see it."""
    return Subquery(Actor.objects.visible_to(reader).order_by().filter(pk=OuterRef(link)).values(json=_ACTOR))


def place_of(link: str) -> Subquery:
    """The place behind ``link`` by name."""
    place = WrittenObject(code="code", name="name", country="country")
    return Subquery(Place.objects.order_by().filter(pk=OuterRef(link)).values(json=place))


def said(column: str) -> NullIf:
    """The words of ``column``; null, not empty, where nothing was said."""
    return NullIf(column, Value(""), output_field=TextField())


_ACTOR = WrittenObject(reference="reference", name="name", kind="kind", country=said("country"))
_QUANTITY = Case(
    When(
        ~Q(unit="", quantity_low=None, quantity_high=None),
        then=WrittenObject(
            low=digits("quantity_low"), high=digits("quantity_high"), unit="unit", qualifier="qualifier", basis="basis"
        ),
    )
)


def _shipment(reader: Reader) -> dict[str, Any]:
    seen = Actor.objects.visible_to(reader)
    seen = seen.filter(pk=OuterRef("actor_id"))
    parties = ShipmentParty.objects.filter(Exists(seen), shipment=OuterRef("pk")).order_by("role", "pk")
    leg = WrittenObject(
        key="key",
        sequence="sequence",
        role="role",
        origin=place_of("origin_id"),
        destination=place_of("destination_id"),
        carrier=actor_of(reader, "carrier_id"),
        flight_number=said("flight_number"),
        vehicle=said("vehicle"),
        registration=said("registration"),
        planned_departure=moment("planned_departure"),
        planned_arrival=moment("planned_arrival"),
    )
    line = WrittenObject(
        key="key",
        item="item",
        category=said("category"),
        donor=actor_of(reader, "donor_id"),
        lot=said("lot"),
        expires_on="expires_on",
        cold_chain=said("cold_chain"),
        quantity=_QUANTITY,
    )
    return {
        "external_id": external_id_of(Subject, reader),
        "mode": F("mode"),
        "recipient": actor_of(reader, "recipient_id"),
        "carrier": actor_of(reader, "carrier_id"),
        "offer": reference_of(reader, "offer_id"),
        "parent": reference_of(reader, "parent_id"),
        "destination": place_of("destination_id"),
        "parties": WrittenList(parties.values(json=WrittenObject(role="role", actor=actor_of(reader, "actor_id")))),
        "legs": WrittenList(Leg.objects.filter(shipment=OuterRef("pk")).order_by("sequence", "key").values(json=leg)),
        "lines": WrittenList(Line.objects.filter(shipment=OuterRef("pk")).order_by("key").values(json=line)),
    }


def _offer(reader: Reader) -> dict[str, Any]:
    line = WrittenObject(
        key="key",
        item="item",
        category=said("category"),
        quantity=_QUANTITY,
        amount=digits("amount"),
        currency=said("currency"),
    )
    return {
        "external_id": external_id_of(Subject, reader),
        "donor": actor_of(reader, "donor_id"),
        "recipient": actor_of(reader, "recipient_id"),
        "form": F("form"),
        "answers": reference_of(reader, "answers_id"),
        "conditions": said("conditions"),
        "lines": WrittenList(OfferLine.objects.filter(offer=OuterRef("pk")).order_by("key").values(json=line)),
    }


def _appeal(reader: Reader) -> dict[str, Any]:
    return {
        "external_id": external_id_of(Subject, reader),
        "requester": actor_of(reader, "requester_id"),
        "addressee": actor_of(reader, "addressee_id"),
        "asked_for": said("asked_for"),
    }


def _contact(reader: Reader) -> dict[str, Any]:
    met = Actor.objects.visible_to(reader).filter(contacts=OuterRef("pk")).order_by("name", "reference")
    return {
        "form": F("form"),
        "held_on": F("held_on"),
        "place": place_of("place_id"),
        "participants": WrittenList(met.values(json=_ACTOR)),
    }


def _inquiry(reader: Reader) -> dict[str, Any]:
    return {
        "asked_by": actor_of(reader, "asked_by_id"),
        "asked": actor_of(reader, "asked_id"),
        "asked_on": F("asked_on"),
        "question": F("question"),
    }


def _crisis(reader: Reader) -> dict[str, Any]:
    return {"glide": said("glide"), "countries": F("countries"), "began_on": F("began_on")}


PLANS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "shipment": _shipment,
    "offer": _offer,
    "appeal": _appeal,
    "contact": _contact,
    "inquiry": _inquiry,
    "crisis": _crisis,
}
