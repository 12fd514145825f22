"""Make the picture tables hold what they should: compare with what is there, write only the difference.

So a fold that finds nothing new writes nothing, a late report rewrites just the spans it changes,
and a rebuild from the evidence gives the same rows. Every write is a part of the caller's transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Q

from shipments.models import Conflict, Finding, Picture
from shipments.services.picturing import Row
from shipments.services.rules import micros, moment_of

TABLES: dict[str, Any] = {"picture": Picture, "finding": Finding, "conflict": Conflict}
KEYS = {
    "picture": (),
    "finding": ("kind", "attribute", "leg", "line", "as_of", "scope", "time_class"),
    "conflict": ("stable_id", "about", "leg"),
}
Identity = tuple[str, int, tuple[str, ...], int]


@dataclass(kw_only=True)
class Difference:
    """What to write so that the tables hold what they should."""

    create: list[models.Model] = field(default_factory=list)
    close: list[models.Model] = field(default_factory=list)
    delete: list[models.Model] = field(default_factory=list)
    # Rows that were the last word until now.
    ended: list[models.Model] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.close or self.delete)


def stored_rows(since: Mapping[UUID, int | None]) -> dict[UUID, list[models.Model]]:
    """The rows of each subject that held at its core time or later (all, if None); three queries."""
    found: dict[UUID, list[models.Model]] = {subject_id: [] for subject_id in since}
    moments = {subject_id: moment_of(at) for subject_id, at in since.items() if at is not None}
    held = Q()
    if len(moments) == len(since) and moments:
        held = Q(known_to=None) | Q(known_to__gte=min(moments.values()))
    for model in TABLES.values():
        for row in model.objects.filter(held, subject_id__in=since).order_by("known_from"):
            moment = moments.get(row.subject_id)
            if moment is None or row.known_to is None or row.known_to >= moment:
                found[row.subject_id].append(row)
    return found


def difference(
    subject_id: UUID, wanted: Sequence[Row], stored: Iterable[models.Model], *, since: int | None = None
) -> Difference:
    """What turns the ``stored`` rows of a subject into the ``wanted`` ones.

    With ``since``, ``wanted`` tells only what changed from that core time on: rows that began before
    it run on, and those that are not the same at the first change end there.
    """
    there = {_identity(row): row for row in stored}
    before = {(table, tier, key): row for (table, tier, key, start), row in there.items() if _is_before(start, since)}
    result = Difference()
    turn = min((row.start for row in wanted), default=None)
    for row in wanted:
        known_to = moment_of(row.end) if row.end is not None else None
        existing = there.get((row.table, row.tier, row.key, row.start))
        running = before.get((row.table, row.tier, row.key)) if row.start == turn else None
        if running is not None and _same(running, row.columns):
            existing = before.pop((row.table, row.tier, row.key))
        if existing is not None and _same(existing, row.columns):
            there.pop(_identity(existing))
            _end(existing, known_to, result)
        else:
            result.create.append(_new(subject_id, row, known_to))
    for ended in before.values():
        there.pop(_identity(ended))
        _end(ended, moment_of(turn) if turn is not None else None, result)
    result.delete.extend(there.values())
    result.ended.extend(row for row in there.values() if row.known_to is None)  # type: ignore[attr-defined]
    return result


def _is_before(start: int, since: int | None) -> bool:
    return since is not None and start < since


def _end(row: Any, known_to: datetime | None, result: Difference) -> None:
    if row.known_to != known_to:
        if row.known_to is None:
            result.ended.append(row)
        row.known_to = known_to
        result.close.append(row)


def _new(subject_id: UUID, row: Row, known_to: datetime | None) -> Any:
    keys = dict(zip(KEYS[row.table], row.key, strict=True))
    columns = {**keys, **row.columns}
    return TABLES[row.table](
        subject_id=subject_id, tier=row.tier, known_from=moment_of(row.start), known_to=known_to, **columns
    )


def write(differences: Iterable[Difference]) -> None:
    """Write the differences of a batch: what goes first, then what is closed, then what is new."""
    differences = list(differences)
    for model in TABLES.values():
        gone = [row.pk for each in differences for row in each.delete if isinstance(row, model)]
        closed = [row for each in differences for row in each.close if isinstance(row, model)]
        new = [row for each in differences for row in each.create if isinstance(row, model)]
        if gone:
            model.objects.filter(pk__in=gone)._raw_delete(using="default")
        if closed:
            model.objects.bulk_update(closed, ["known_to"], batch_size=1000)
        if new:
            model.objects.bulk_create(new, batch_size=1000)


def raise_versions(seen: Mapping[UUID, int]) -> set[UUID]:
    """Raise the version of each subject that still has the version ``seen``; returns those it did."""
    if not seen:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE shipments_subject SET version = shipments_subject.version + 1
              FROM unnest(%s::uuid[], %s::bigint[]) AS seen (id, version)
             WHERE shipments_subject.id = seen.id AND shipments_subject.version = seen.version
            RETURNING shipments_subject.id
            """,
            [list(seen), list(seen.values())],
        )
        return {subject_id for (subject_id,) in cursor.fetchall()}


def _identity(row: Any) -> Identity:
    table = row._meta.model_name
    return (table, row.tier, tuple(getattr(row, name) for name in KEYS[table]), micros(row.known_from))


def _same(row: models.Model, columns: dict[str, Any]) -> bool:
    return all(_plain(getattr(row, name)) == _plain(value) for name, value in columns.items())


def _plain(value: Any) -> Any:
    """Bytes and decimals as they compare: the database gives memoryviews and pads decimals."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, str):
        return value
    return Decimal(value) if isinstance(value, Decimal) else value
