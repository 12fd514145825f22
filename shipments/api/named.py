"""What answers name in passing: actors, places, sources and other subjects, each read once however often it is named.

They have markings of their own; a hidden one is left out as if there were none.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from msgspec import Raw
from msgspec.json import encode

from actors.access import Reader
from actors.models import Actor, Source
from actors.services.arrays import IsAny
from actors.services.prepared import Prepared, prepared, read_together, slot
from shipments.models import Place, Subject

# Fields of plans, and of their legs, lines and parties, that hold a key until name_all puts in its place what it is of.
FIELDS = {
    **dict.fromkeys(
        ("actor", "recipient", "carrier", "donor", "requester", "addressee", "asked_by", "asked"), "actors"
    ),
    **dict.fromkeys(("origin", "destination", "place"), "places"),
    **dict.fromkeys(("crisis", "offer", "parent", "answers"), "subjects"),
}


class _Actor(NamedTuple):
    key: str
    reference: str
    name: str
    kind: str
    country: str

    @property
    def shown(self) -> dict[str, str | None]:
        return {"reference": self.reference, "name": self.name, "kind": self.kind, "country": self.country or None}


class _Place(NamedTuple):
    key: str
    code: str
    name: str
    country: str

    @property
    def shown(self) -> dict[str, str]:
        return {"code": self.code, "name": self.name, "country": self.country}


class _Subject(NamedTuple):
    key: str
    shown: str


class _Source(NamedTuple):
    key: str


@prepared
def _actors(reader: Reader) -> QuerySet:
    rows = Actor.objects.visible_to(reader).order_by().filter(IsAny("pk", slot("actors")))
    return rows.values("pk", "reference", "name", "kind", "country")


@prepared
def _places(reader: Reader) -> QuerySet:
    return Place.objects.order_by().filter(IsAny("pk", slot("places"))).values("pk", "code", "name", "country")


@prepared
def _subjects(reader: Reader) -> QuerySet:
    rows = Subject.objects.visible_to(reader).order_by().filter(IsAny("pk", slot("subjects")))
    return rows.values("pk", "reference")


@prepared
def _sources(reader: Reader) -> QuerySet:
    return Source.objects.named_to(reader).order_by().filter(IsAny("code", slot("sources"))).values("code")


TABLES: dict[str, tuple[Callable[[Reader], Prepared], type]] = {
    "actors": (_actors, _Actor),
    "places": (_places, _Place),
    "subjects": (_subjects, _Subject),
    "sources": (_sources, _Source),
}


def key(column: str) -> Cast:
    """The key in a column, as it stands in JSON too."""
    return Cast(column, TextField())


def name_all(plans: Sequence[dict[str, Any]], reader: Reader, *, sources: Collection[str] = ()) -> set[str]:
    """Put in place of each key in ``plans`` what it names; a party that is hidden is none. At most one query.

    Returns those of ``sources`` (codes) that the reader may know by name.
    """
    spots = [(holder, name) for plan in plans for holder in _holders(plan) for name in holder if name in FIELDS]
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for holder, name in spots:
        if holder[name]:
            wanted[FIELDS[name]].add(holder[name])
    slots: dict[str, list[Any]] = {table: [UUID(each) for each in keys] for table, keys in wanted.items()}
    if sources:
        slots["sources"] = list(sources)
    tables = [table for table in TABLES if table in slots]
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    if tables:
        asked = ((query(reader), kind) for query, kind in (TABLES[table] for table in tables))
        for table, rows in zip(tables, read_together(reader, *asked, **slots), strict=True):
            found[table] = {row.key: row for row in rows}
    # Written once, however often it is named.
    shown = {table: {key: Raw(encode(row.shown)) for key, row in found[table].items()} for table in wanted}
    for holder, name in spots:
        holder[name] = shown[FIELDS[name]].get(holder[name]) if holder[name] else None
    for plan in plans:
        if parties := plan.get("parties"):
            plan["parties"] = [party for party in parties if party["actor"]]
    return set(found["sources"])


def _holders(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan, and the rows in its lists, in which fields may hold keys."""
    return [plan, *(row for rows in plan.values() if type(rows) is list for row in rows if type(row) is dict)]
