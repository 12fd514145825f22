"""The plan of each kind of subject as partners read it, with nothing in it that they may not see."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from actors.access import Reader
from actors.marking import Marking
from actors.services.prepared import Prepared, compiled, once_a_shape, prepared, read_together, slot
from shipments.api.beside import Beside, FirstOf, Page, among
from shipments.api.filters import was_known
from shipments.api.named import name_all
from shipments.api.pictures import Asked, as_believed
from shipments.api.planned import PLANS, every_plan
from shipments.api.serializers import SERIALIZERS
from shipments.api.stored import is_above_clearance, parts_of_pictures, put_together, stored_pictures
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
COMMON = ("pk", "reference", "kind", "title", "marking", "provisional", "created_at", "crisis_id")
# What needs no table of a kind: parameters that narrow a list, and what is told of a subject.
OF_ALL = frozenset({
    "ordering", "limit", "cursor", "fields", "crisis", "external_id", "marking", "known_at", "valid_at",
    "merged_from", "identifiers", "is_beyond", "stored",
})  # fmt: skip
# Nor do these for the kind that most subjects are of. How few others are PostgreSQL knows by their tables alone.
OF_MOST = OF_ALL | {"status", "state", "contested"}
# Fields that do not come from the plan beside it.
HEAD = (*COMMON, "picture")
# Which fields of the plan are wanted, and how pictures are (see Asked.how_stored), if they are.
Wanted = tuple[frozenset[str], tuple[bool, bool] | None]
NOTHING: Wanted = (frozenset(), None)


def subject_rows(kind: str, reader: Reader, *, has_plan: bool = True) -> QuerySet:
    """Visible subjects of one kind, as dicts of what every kind has; without ``has_plan``, of the table of all alone.

    Joined to the table of their kind, a page would be looked up there row by row, or not, as PostgreSQL guesses.
    """
    model = MODELS[kind] if has_plan else Subject
    # The table of a kind says it already; an index over kind and order does not know that.
    rows = model._default_manager.visible_to(reader).filter(kind=kind, merged_into=None)
    return rows.values(*COMMON).annotate(is_above=is_above_clearance(reader))


def listed_rows(kind: str, reader: Reader, asked: Mapping[str, Any]) -> QuerySet:
    """The same for a list that is narrowed as ``asked``."""
    return subject_rows(kind, reader, has_plan=not asked.keys() <= (OF_MOST if kind == "shipment" else OF_ALL))


@prepared
def _named(reader: Reader, kind: str, is_past: bool, wanted: Wanted, is_merged: bool) -> QuerySet:
    """The visible subject of a reference, or with ``is_merged`` what such a one was merged into, if known by then.

    As in subject_rows, with what is wanted of its plan and picture.
    """
    columns = _columns(reader, kind, wanted)
    rows = subject_rows(kind, reader, has_plan=not columns.keys() <= OF_ALL).order_by()
    if is_merged:
        named = Subject.objects.visible_to(reader).filter(reference=slot("reference"), merged_into__isnull=False)
        rows = rows.filter(pk__in=named.values("merged_into_id"))
    else:
        rows = rows.filter(reference=slot("reference"))
    if is_past:
        rows = rows.filter(was_known(reader, slot("known_at")))
    return rows.annotate(**{name: how.of_one() if _is_beside(how) else how for name, how in columns.items()})


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


@prepared
def _of_page(reader: Reader, kind: str, names: frozenset[str], is_dense: bool) -> QuerySet:
    """Columns of the table of a kind alone: what all subjects have came with them (see subject_rows)."""
    rows = MODELS[kind]._default_manager.order_by().filter(among("pk", is_dense)).values("pk")
    return rows.annotate(**{name: how for name, how in PLANS[kind](reader).items() if name in names})


def _is_beside(how: Any) -> bool:
    return isinstance(how, Beside | FirstOf)


@once_a_shape
def _parts(reader: Reader, kind: str, wanted: Wanted, is_dense: bool) -> list[tuple[str, Prepared, type]]:
    """What of a page is in other tables: what each part is for, its rows, and how they are read."""
    names, stored = wanted
    parts = {name: how.parts for name, how in _plan(reader, kind).items() if name in names and _is_beside(how)}
    parts |= parts_of_pictures(reader, *stored) if stored else {}
    return [(name, compiled(each.of_page(is_dense)), each.kind) for name, some in parts.items() for each in some]


def named_subject(
    kind: str, reference: str, reader: Reader, asked: Asked, wanted: Wanted = NOTHING
) -> dict[str, Any] | None:
    """The row of one subject (see _named); one query, two for one that was merged and where there is none."""
    at = asked.slots
    for is_merged in (False, True):
        statement = _named(reader, kind, bool(at), wanted, is_merged)
        if rows := statement.dicts(reader, reference=reference, **at):
            return rows[0]
    return None


def shown_subject(kind: str, reference: str, reader: Reader, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """The subject of a reference as partners read it, with its picture; at most three queries, or four (see above)."""
    wanted = _wanted(kind, asked)
    row = named_subject(kind, reference, reader, Asked.of(asked), wanted)
    if row is None:
        return None
    return _shown(kind, [row], [row], reader, asked, wanted, Page.of_few([row["pk"]]))[0]


def shown_subjects(
    kind: str, rows: Sequence[Mapping[str, Any]], reader: Reader, asked: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Visible subjects (rows as in subject_rows) as partners read them, with their pictures; at most five queries.

    What is not among the fields of ``asked`` is null and not looked up.
    """
    wanted = _wanted(kind, asked)
    if not rows or not any(wanted):
        return _shown(kind, rows, [], reader, asked, wanted, Page.of_few([]))
    page = Page.of([row["pk"] for row in rows], MODELS[kind], reader)
    return _shown(kind, rows, _read_beside(kind, rows, page, reader, asked, wanted), reader, asked, wanted, page)


def _read_beside(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    page: Page,
    reader: Reader,
    asked: Mapping[str, Any],
    wanted: Wanted,
) -> list[dict[str, Any]]:
    """What is wanted of the subjects of a page: of the table of their kind by one query, of all others by another."""
    names, stored = wanted
    parts = _parts(reader, kind, wanted, page.is_dense)
    lists = {name for name, *_ in parts}
    own = [{**row, "crisis": row["crisis_id"] and str(row["crisis_id"])} | {name: [] for name in lists} for row in rows]
    by_key = {str(row["pk"]): row for row in own}
    if columns := names - lists - {"crisis"}:
        for row in _of_page(reader, kind, columns, page.is_dense).dicts(reader, **page.slots):
            by_key[str(row["pk"])].update(row)
    if parts:
        at = Asked.of(asked).slots if stored else {}
        read = read_together(reader, *((query, how) for _, query, how in parts), **page.slots, **at)
        for (name, *_), found in zip(parts, read, strict=True):
            for each in found:
                if each.subject in by_key:
                    by_key[each.subject][name].append(each.json)
    for row in own:
        row.update((name, next(iter(row[name]), None)) for name in _firsts(kind) & names)
        if stored:
            put_together(row)
    return own


@cache
def _firsts(kind: str) -> frozenset[str]:
    """Of which the first row is told alone."""
    plan = _plan(Reader(clearance=Marking.CLEAR), kind)
    return frozenset(name for name, how in plan.items() if isinstance(how, FirstOf))


def _shown(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    beside: Sequence[Mapping[str, Any]],
    reader: Reader,
    asked: Mapping[str, Any],
    wanted: Wanted,
    page: Page,
) -> list[dict[str, Any]]:
    names, stored = wanted
    plans = {row["pk"]: {name: row[name] for name in names} for row in beside}
    pictures: dict[UUID, Any] = {}
    if stored:
        pictures = as_believed(beside, reader, Asked.of(asked), page=page, plans=list(plans.values())).pictures
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
