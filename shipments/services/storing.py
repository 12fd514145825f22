"""Make the picture tables hold what they should: compare with what is there, write only the difference.

So a fold that finds nothing new writes nothing, a late report rewrites just the spans it changes,
and a rebuild from the evidence gives the same rows. Every write is a part of the caller's transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from msgspec.json import decode, encode

from actors.services.prepared import run
from shipments.models import Conflict, Finding, Picture
from shipments.services.inserting import copy_in
from shipments.services.picturing import Row
from shipments.services.queue import BEGINNING
from shipments.services.rules import micros, moment_of


def _json(value: Any) -> str | None:
    return None if value is None else encode(value).decode()


def _read(value: str | None) -> Any:
    return None if value is None else decode(value)


TABLES: dict[str, Any] = {"picture": Picture, "finding": Finding, "conflict": Conflict}
KEYS = {
    "picture": (),
    "finding": ("kind", "attribute", "leg", "line", "as_of", "scope", "time_class"),
    "conflict": ("stable_id", "about", "leg"),
}
SPAN = ("subject_id", "tier", "known_from", "known_to")
# What a row repeats of its subject, for lists: the same as long as there is the subject, so that nobody compares it.
REPEATED = {"picture": (), "finding": (), "conflict": ("subject_kind",)}
# What a row holds beside its span, its key and what it repeats, and which of it is JSON.
CONTENTS: dict[str, dict[str, bool]] = {
    table: {
        column.attname: isinstance(column, models.JSONField)
        for column in model._meta.local_concrete_fields
        if column.attname not in ("id", *SPAN, *KEYS[table], *REPEATED[table])
    }
    for table, model in TABLES.items()
}
Identity = tuple[str, int, tuple[str, ...], int]


@dataclass(kw_only=True, slots=True)
class Stored:
    """A row as its table holds it."""

    table: str
    id: int
    tier: int
    key: tuple[str, ...]
    start: int
    known_to: datetime | None
    columns: dict[str, Any]

    @property
    def identity(self) -> Identity:
        return (self.table, self.tier, self.key, self.start)


@dataclass(kw_only=True)
class Difference:
    """What to write so that the tables hold what they should of a subject."""

    subject_id: UUID
    create: list[Row] = field(default_factory=list)
    close: list[Stored] = field(default_factory=list)
    delete: list[Stored] = field(default_factory=list)
    # Rows that were the last word until now.
    ended: list[Stored] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.close or self.delete)


def _statement(table: str, model: Any) -> str:
    """What reads the rows of subjects, each from a moment of its own on."""
    quoted = connection.ops.quote_name
    names = ", ".join(f"known.{quoted(name)}" for name in ("id", *SPAN, *KEYS[table], *CONTENTS[table]))
    return f"""
        SELECT {names} FROM unnest(%s::uuid[], %s::timestamptz[]) AS asked (subject_id, moment)
          JOIN {quoted(model._meta.db_table)} AS known
            ON known.subject_id = asked.subject_id AND (known_to IS NULL OR known_to >= moment)
         ORDER BY known_from
    """  # noqa: S608  the names are a model's


def stored_rows(since: Mapping[UUID, int | None]) -> dict[UUID, list[Stored]]:
    """The rows of each subject that held at its core time or later (all, if None); three queries."""
    found: dict[UUID, list[Stored]] = {subject_id: [] for subject_id in since}
    asked = [list(since), [BEGINNING if at is None else moment_of(at) for at in since.values()]]
    for table, model in TABLES.items():
        contents = CONTENTS[table]
        end = 5 + len(KEYS[table])
        for row in run(_statement(table, model), asked) if since else ():
            said = zip(contents, row[end:], strict=True)
            stored = Stored(
                table=table,
                id=row[0],
                tier=row[2],
                key=row[5:end],
                start=micros(row[3]),
                known_to=row[4],
                columns={name: _read(value) if contents[name] else value for name, value in said},
            )
            found[row[1]].append(stored)
    return found


def difference(
    subject_id: UUID, wanted: Sequence[Row], stored: Iterable[Stored], *, since: int | None = None
) -> Difference:
    """What turns the ``stored`` rows of a subject into the ``wanted`` ones.

    With ``since``, ``wanted`` tells what held from that core time on: a row that began before it and says the same
    as a wanted one that begins there runs on; any other that still ran ends there.
    """
    result = Difference(subject_id=subject_id)
    there = {row.identity: row for row in stored}
    if not there:
        result.create.extend(wanted)
        return result
    running = {(row.table, row.tier, row.key): row for row in there.values() if since is not None and row.start < since}
    for row in wanted:
        known_to = moment_of(row.end) if row.end is not None else None
        existing = running.get((row.table, row.tier, row.key)) if row.start == since else None
        if existing is None or not is_same(existing.columns, row.columns):
            existing = there.get((row.table, row.tier, row.key, row.start))
        if existing is not None and is_same(existing.columns, row.columns):
            there.pop(existing.identity)
            _end(existing, known_to, result)
        else:
            result.create.append(row)
    for left in there.values():
        if since is not None and left.start < since:
            _end(left, moment_of(since), result)
        else:
            result.delete.append(left)
            if left.known_to is None:
                result.ended.append(left)
    return result


def _end(row: Stored, known_to: datetime | None, result: Difference) -> None:
    if row.known_to != known_to:
        if row.known_to is None:
            result.ended.append(row)
        row.known_to = known_to
        result.close.append(row)


def write(differences: Iterable[Difference], *, kinds: Mapping[UUID, str]) -> None:
    """Write the differences of a batch: what goes first, then what is closed, then what is new.

    ``kinds`` has the kind of each subject.
    """
    gone: defaultdict[str, list[Stored]] = defaultdict(list)
    closed: defaultdict[str, list[Stored]] = defaultdict(list)
    new: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for each in differences:
        for stored in each.delete:
            gone[stored.table].append(stored)
        for stored in each.close:
            closed[stored.table].append(stored)
        for row in each.create:
            new[row.table].append(_values(each.subject_id, kinds[each.subject_id], row))
    for table, model in TABLES.items():
        if gone[table]:
            model.objects.filter(pk__in=[row.id for row in gone[table]])._raw_delete(using="default")
        if closed[table]:
            _close(model, closed[table])
        if new[table]:
            copy_in(model._meta.db_table, (*SPAN, *REPEATED[table], *KEYS[table], *CONTENTS[table]), new[table])


def _close(model: type[models.Model], rows: Sequence[Stored]) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} AS row SET known_to = closed.known_to
              FROM unnest(%s::bigint[], %s::timestamptz[]) AS closed (id, known_to) WHERE row.id = closed.id
            """,  # noqa: S608  the name is a model's
            [[row.id for row in rows], [row.known_to for row in rows]],
        )


def _values(subject_id: UUID, kind: str, row: Row) -> tuple[Any, ...]:
    """The columns of a new row in the order in which they are copied."""
    known_to = moment_of(row.end) if row.end is not None else None
    columns = row.columns
    contents = [_json(columns[name]) if is_json else columns[name] for name, is_json in CONTENTS[row.table].items()]
    repeated = (kind,) if REPEATED[row.table] else ()
    return (subject_id, row.tier, moment_of(row.start), known_to, *repeated, *row.key, *contents)


def is_same(stored: Mapping[str, Any], wanted: Mapping[str, Any], *, names: Iterable[str] = ()) -> bool:
    """Whether the columns of a stored row (those of ``names``, else all) are those of a wanted one."""
    return all(stored[name] == wanted[name] for name in names or wanted)
