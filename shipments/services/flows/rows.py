"""The rows that flows are made of, of some subjects as they are now: queries that are built and planned once.

The sweep asks them for each batch and clearance, of which building and planning took half. What is narrowed, or asked
of a past moment, is built each time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Expression, QuerySet

from actors.access import Reader
from actors.models import Actor
from actors.services.prepared import prepared, slot
from shipments.services.flows import reading
from shipments.services.flows.reading import SHOWN, Among, Narrowing, Row

NOTHING = Narrowing()


def rows_of(reader: Reader, known_at: datetime | None, narrowing: Narrowing, among: Among) -> list[Row]:
    """The offers and shipments that are counted among these; one row each, lines and all."""
    subjects = among.subjects
    if known_at is None and narrowing == NOTHING and among.recipients is None and not isinstance(subjects, Expression):
        subjects = list(subjects)
        return [each for query in (_offers, _shipments) for each in query(reader).dicts(reader, subjects=subjects)]
    queries = (reading.offers, reading.shipments)
    return [row for query in queries for row in query(reader, known_at, narrowing, among)]


def findings_of(reader: Reader, known_at: datetime | None, subjects: Collection[UUID]) -> Mapping[UUID, list[Row]]:
    """What is believed of amounts, of shortfalls and of answers that did not come, by subject."""
    if known_at is None:
        return _by_subject(_findings(reader).dicts(reader, subjects=list(subjects)))
    return _by_subject(reading.findings(reader, known_at, subjects))


def counts_of(reader: Reader, known_at: datetime | None, shipments: Collection[UUID]) -> Mapping[UUID, list[Row]]:
    """What receivers counted, by shipment."""
    if known_at is None:
        return _by_subject(_counts(reader).dicts(reader, subjects=list(shipments)))
    return _by_subject(reading.counts(reader, known_at, shipments))


def said_at(reader: Reader, references: Collection[str]) -> dict[str, datetime]:
    """When each of these reports was said."""
    return dict(map(tuple, _said_at(reader).tuples(reader, references=list(references)))) if references else {}


def _by_subject(rows: Iterable[Row]) -> Mapping[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["subject_id"]].append(row)
    return found


@prepared
def _offers(reader: Reader) -> QuerySet:
    return reading.offers(reader, None, NOTHING, Among(subjects=slot("subjects")))


@prepared
def _shipments(reader: Reader) -> QuerySet:
    return reading.shipments(reader, None, NOTHING, Among(subjects=slot("subjects")))


@prepared
def _findings(reader: Reader) -> QuerySet:
    return reading.findings(reader, None, slot("subjects"))


@prepared
def _counts(reader: Reader) -> QuerySet:
    return reading.counts(reader, None, slot("subjects"))


@prepared
def _said_at(reader: Reader) -> QuerySet:
    return reading.said_at(reader, slot("references"))


@prepared
def _actors(reader: Reader) -> QuerySet:
    return reading.actors(reader, slot("keys"))


class Actors:
    """The actors behind some keys, as the reader knows them: hidden ones are not there, merged ones are one."""

    def __init__(self, reader: Reader, keys: Collection[UUID]) -> None:
        self._rows = {row["pk"]: row for row in _actors(reader).dicts(reader, keys=list(keys))}

    def reference(self, key: UUID | None) -> str:
        """The reference of an actor; "" where there is none to be seen."""
        row = self._rows.get(key) if key else None
        if row is None:
            return ""
        return self._rows.get(row["merged_into_id"], row)["reference"]

    def same_as(self, reference: str) -> str:
        """The reference that the actor of ``reference`` goes by here."""
        return next(
            (self.reference(key) for key, row in self._rows.items() if row["reference"] == reference), reference
        )

    def named(self) -> dict[str, Row]:
        """What is told of each, by reference."""
        return {row["reference"]: {name: row[name] for name in SHOWN} for row in self._rows.values()}


def actors_named(reader: Reader, references: Collection[str]) -> dict[str, Row]:
    """What is told of each of these actors, by reference."""
    rows = Actor.objects.visible_to(reader).filter(reference__in=references).values(*SHOWN)
    return {row["reference"]: row for row in rows}
