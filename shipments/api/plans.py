"""The plan of each kind of subject as partners read it, with nothing in it that they may not see."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from actors.access import Reader
from actors.marking import Marking
from actors.services.prepared import prepared, read_together, slot
from shipments.api.beside import Beside, Page, among
from shipments.api.filters import was_known
from shipments.api.named import name_all
from shipments.api.pictures import Asked, as_believed, stored_pictures
from shipments.api.planned import PLANS, every_plan
from shipments.api.serializers import SERIALIZERS
from shipments.api.times import instant
from shipments.models import (
    Appeal,
    Contact,
    Crisis,
    Inquiry,
    Offer,
    Shipment,
    Subject,
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
    columns = {name: how for name, how in _plan(reader, kind).items() if name in names}
    return columns | (stored_pictures(reader, *stored) if stored else {})


def _plan(reader: Reader, kind: str) -> dict[str, Any]:
    return every_plan(reader) | PLANS[kind](reader)


@cache
def _lists(kind: str) -> dict[str, type]:
    """What of a plan is in other tables, and how it is read."""
    plan = _plan(Reader(clearance=Marking.CLEAR), kind)
    return {name: how.kind for name, how in plan.items() if isinstance(how, Beside)}


@prepared
def _rows(reader: Reader, kind: str, name: str, is_dense: bool) -> QuerySet:
    found: Beside = _plan(reader, kind)[name]
    return found.of_page(is_dense)


@prepared
def _of_page(reader: Reader, kind: str, wanted: Wanted, is_dense: bool) -> QuerySet:
    rows = MODELS[kind].objects.visible_to(reader).order_by().filter(among("pk", is_dense)).values("pk")
    if is_dense:
        # Of its own table and of that of all subjects: PostgreSQL does not see that the one says the other.
        rows = rows.filter(among("id", is_dense))
    columns = _columns(reader, kind, wanted)
    return rows.annotate(**{name: how for name, how in columns.items() if not isinstance(how, Beside)})


@prepared
def _named_with_columns(reader: Reader, kind: str, is_past: bool, wanted: Wanted) -> QuerySet:
    columns = _columns(reader, kind, wanted).items()
    shown = {name: how.of_one() if isinstance(how, Beside) else how for name, how in columns}
    return _named(reader, kind, is_past).annotate(**shown)


def shown_subject(kind: str, reference: str, reader: Reader, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The subject of a reference (see named_subject) as partners read it, with its picture; at most three queries."""
    wanted, at = _wanted(kind, asked), Asked.of(asked).slots
    rows = _named_with_columns(reader, kind, bool(at), wanted).dicts(reader, reference=reference, **at)
    return next(iter(_shown(kind, rows, rows, reader, asked, wanted)), None)


def shown_subjects(
    kind: str, rows: Sequence[Mapping[str, Any]], reader: Reader, asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Visible subjects (rows as in subject_rows) as partners read them, with their pictures; at most five queries.

    What is not among the fields of ``asked`` is null and not looked up.
    """
    wanted = _wanted(kind, asked)
    beside: list[dict[str, Any]] = []
    if rows and any(wanted):
        beside = _read_beside(kind, Page.of([row["pk"] for row in rows], MODELS[kind], reader), reader, asked, wanted)
    return _shown(kind, rows, beside, reader, asked, wanted)


def _read_beside(
    kind: str, page: Page, reader: Reader, asked: Mapping[str, Any], wanted: Wanted
) -> list[dict[str, Any]]:
    """What is wanted of the subjects of a page: of their own rows by one query, of all other tables by another."""
    names, stored = wanted
    lists = {name: how for name, how in _lists(kind).items() if name in names}
    own: list[dict[str, Any]] = [{"pk": key} for key in page.ids]
    if stored or names - lists.keys():
        at = Asked.of(asked).slots if stored else {}
        own = _of_page(reader, kind, wanted, page.is_dense).dicts(reader, **page.slots, **at)
    if lists:
        beside = {str(row["pk"]): row for row in own}
        for row in own:
            row.update((name, []) for name in lists)
        parts = [(_rows(reader, kind, name, page.is_dense), how) for name, how in lists.items()]
        for name, found in zip(lists, read_together(reader, *parts, **page.slots), strict=True):
            for each in found:
                if each.subject in beside:
                    beside[each.subject][name].append(each.json)
    return own


def _shown(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    beside: Sequence[Mapping[str, Any]],
    reader: Reader,
    asked: Mapping[str, Any],
    wanted: Wanted,
) -> list[dict[str, Any]]:
    names, stored = wanted
    plans = {row["pk"]: {name: row[name] for name in names} for row in beside}
    pictures: dict[UUID, Any] = {}
    if stored:
        pictures = as_believed(beside, reader, Asked.of(asked), plans=list(plans.values())).pictures
    else:
        name_all(list(plans.values()), reader)
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
