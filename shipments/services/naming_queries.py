"""The rows that names may lead to. Each query is built once, and can be read together with others (see looking_up)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, QuerySet

from actors.access import Reader
from actors.services.arrays import IsAny
from actors.services.entered import may_be_told
from actors.services.prepared import prepared, slot
from shipments.models import LedgerEntry, Place, Subject, SubjectIdentifier

# Of what entries tell that a report may be about.
TOLD_OF = (LedgerEntry.Kind.APPEAL, LedgerEntry.Kind.OFFER, LedgerEntry.Kind.SHIPMENT)


class SubjectRow(NamedTuple):
    """A subject that a name leads to."""

    pk: UUID
    kind: str
    reference: str
    marking: int
    merged_into_id: UUID | None


class PlaceRow(NamedTuple):
    """A place that a name leads to."""

    pk: UUID
    code: str
    merged_into_id: UUID | None


class EntryRow(NamedTuple):
    """What somebody entered, by the name that they gave it."""

    source: str
    name: str
    subject_id: UUID | None
    actor_id: UUID | None
    place_id: UUID | None


class IdentifiedRow(NamedTuple):
    """A subject that an identifier leads to."""

    scheme: str
    value: str
    pk: UUID
    kind: str
    reference: str
    marking: int
    merged_into_id: UUID | None


class SubjectsRead(NamedTuple):
    """What names of subjects may lead to: all that the queries below find by the slots of `slots_of`."""

    by_reference: Sequence[SubjectRow]
    entries: Sequence[EntryRow]
    entered: Sequence[SubjectRow]
    identified: Sequence[IdentifiedRow]


def slots_of(wanted: Collection[str]) -> dict[str, list[str]]:
    """What the queries of subjects are filled in with for such names."""
    own, pairs = own_pairs(wanted), pairs_of(wanted)
    return {
        "subjects": list(wanted),
        "entered_by": [code for code, _ in own],
        "entered_as": [name for _, name in own],
        "schemes": list(pairs),
        "values": list(set().union(*pairs.values())),
    }


@prepared
def places_by(reader: Reader, column: str) -> QuerySet:
    """Places of which ``column`` is any of the slot ``places``, as PlaceRow has them."""
    return Place.objects.order_by().filter(IsAny(column, slot("places"))).values(*PlaceRow._fields)


@prepared
def subjects_by(reader: Reader, column: str, kind: str = "") -> QuerySet:
    """Visible subjects of which ``column`` is any of the slot ``subjects``, as SubjectRow has them."""
    return _visible(reader, kind).filter(IsAny(column, slot("subjects"))).values(*SubjectRow._fields)


@prepared
def subjects_entered(reader: Reader) -> QuerySet:
    """Visible subjects that were entered by any of the slots ``entered_by`` and ``entered_as``."""
    return _visible(reader, "").filter(IsAny("pk", _ids_entered(reader))).values(*SubjectRow._fields)


@prepared
def subjects_identified(reader: Reader, kind: str = "") -> QuerySet:
    """Visible subjects of any of the identifiers ``schemes`` and ``values``, as IdentifiedRow has them."""
    columns = (f"subject__{name}" for name in SubjectRow._fields)
    rows = _identifiers().filter(subject__in=_visible(reader, kind))
    return rows.values("scheme", "value", *columns)


@prepared
def entries(reader: Reader, kinds: tuple[str, ...] = TOLD_OF) -> QuerySet:
    """What was entered of ``kinds`` and is named by the slots ``entered_by`` and ``entered_as``, as EntryRow has it."""
    return _told_by(reader, kinds).values("source__code", "external_id", "subject_id", "actor_id", "place_id")


def ids_named(reader: Reader) -> Any:
    """The keys of all subjects that the slots name, seen or not, as one array."""
    by_reference = Subject.objects.order_by().filter(IsAny("reference", slot("subjects"))).values("pk")
    others = _both(_ids_entered(reader), ArraySubquery(_identifiers().values("subject_id")))
    return _both(ArraySubquery(by_reference), others)


def _both(one: Any, other: Any) -> Func:
    return Func(one, other, function="array_cat")


def _ids_entered(reader: Reader) -> Any:
    return ArraySubquery(_told_by(reader, TOLD_OF).values("subject_id"))


def _told_by(reader: Reader, kinds: tuple[str, ...]) -> QuerySet:
    """What partners entered: the reader's own, and for analysts everybody's."""
    own = LedgerEntry.objects.order_by().filter(may_be_told(reader), kind__in=kinds)
    return own.filter(IsAny("source__code", slot("entered_by")), IsAny("external_id", slot("entered_as")))


def _identifiers() -> QuerySet:
    rows = SubjectIdentifier.objects.order_by()
    return rows.filter(IsAny("scheme", slot("schemes")), IsAny("value", slot("values")))


def _visible(reader: Reader, kind: str) -> QuerySet:
    visible = Subject.objects.order_by().visible_to(reader)
    return visible.filter(kind=kind) if kind else visible


def own_pairs(names: Iterable[str]) -> list[list[str]]:
    """Source and name of those that may be names of somebody's own."""
    return [name.split(":", 1) for name in names if ":" in name]


def pairs_of(wanted: Iterable[str]) -> dict[str, set[str]]:
    """The values of those that may be identifiers, by scheme."""
    pairs: dict[str, set[str]] = {}
    for name in wanted:
        scheme, colon, value = name.rpartition(":")
        if colon:
            pairs.setdefault(scheme, set()).add(value)
    return pairs
