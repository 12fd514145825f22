"""Rows in bulk by COPY, which costs a tenth of what an INSERT of model instances does; a few by one INSERT.

    rows that are new         ─ COPY ─> their table
    rows that may be there    ─ COPY, in one order for all ─> their table
                                 └ one is there after all ─> a staging table of the session ─ one INSERT ─> their table
    a few of either           ─ one INSERT, planned once a connection ─> their table

Values are of the columns' own types, JSON as text. They go in binary form, each as its column has it, which costs
a third of what text does. No enumeration's members: psycopg would write their names.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection, transaction
from psycopg import sql
from psycopg.errors import UniqueViolation
from psycopg.types.json import JsonbBinaryDumper

from actors.services.prepared import run

# COPY plans each time, and asks three times before it begins: for so many reports it takes a third more than INSERT.
FEW = 16
# Keys are of a type of their own.
_ROWS = msgspec.json.Encoder(enc_hook=str)


class JsonAsText(JsonbBinaryDumper):
    """JSON that is written already, behind the number of its binary form."""

    def dump(self, obj: Any) -> Any:
        return b"\x01" + obj.encode() if isinstance(obj, str) else super().dump(obj)


def copy_in(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add new ``rows`` to ``table``, each with the values of ``columns`` in order."""
    rows = list(rows)
    if len(rows) <= FEW:
        _insert(table, tuple(columns), rows)
    else:
        _copy(table, columns, rows, types=_types(table))


def insert_missing(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, by: str, order: Sequence[str]
) -> set[Any]:
    """Insert those ``rows`` that are not there yet; what these have in column ``by``, which tells ``rows`` apart.

    In ``order`` of columns of text, which are the same for the same row: two sessions with overlapping rows then wait
    for each other in one order and never deadlock. Whoever comes second finds the first one's rows there.
    None of many should be there, as far as can be known before: one that is sends all of them the long way.
    """
    place = columns.index(by)
    rows = sorted(rows, key=itemgetter(*map(columns.index, order)))
    if len(rows) <= FEW:
        return {key for (key,) in _insert(table, tuple(columns), rows, missing_by=by)}
    try:
        with transaction.atomic():
            copy_in(table, columns, rows)
    except UniqueViolation:
        return _insert_staged(table, columns, rows, by=by, order=order)
    return {row[place] for row in rows}


def _insert_staged(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, by: str, order: Sequence[str]
) -> set[Any]:
    staging = f"arriving_{table}"
    names = {"table": sql.Identifier(table), "staging": sql.Identifier(staging), "columns": _names(columns)}
    with connection.cursor() as cursor:
        # Made once for each connection; empty between transactions, and after each use within one.
        cursor.execute(
            sql.SQL("CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {table}) ON COMMIT DELETE ROWS").format(**names)
        )
        _copy(staging, columns, rows, types=_types(table))
        cursor.execute(
            sql.SQL(
                """
                WITH taken AS (DELETE FROM {staging} RETURNING {columns})
                INSERT INTO {table} ({columns}) SELECT {columns} FROM taken ORDER BY {order}
                ON CONFLICT DO NOTHING RETURNING {by}
                """
            ).format(**names, by=sql.Identifier(by), order=sql.SQL(in_order(order)))
        )
        return {key for (key,) in cursor.fetchall()}


def in_order(columns: Sequence[str]) -> str:
    """The order of columns of text that Python has too, whatever the database's own is."""
    return ", ".join(f'{column} COLLATE "C"' for column in columns)


def _copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, types: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.adapters.register_dumper(None, JsonAsText)
        with cursor.copy(_copying(table, tuple(columns))) as copy:
            copy.set_types([types[column] for column in columns])
            for row in rows:
                copy.write_row(row)


@cache
def _copying(table: str, columns: tuple[str, ...]) -> str:
    copied = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), _names(columns))
    return copied.as_string(None)


def _insert(
    table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, missing_by: str = ""
) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    if len(rows) == 1:
        return run(_insertion(table, columns, missing_by, at_once=False), [_as_text(value) for value in rows[0]])
    return run(_insertion(table, columns, missing_by, at_once=True), [rows_as_json(table, columns, rows)])


def rows_as_json(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as json_populate_recordset() takes them."""
    as_json = _as_json(table, tuple(columns))
    said = []
    for row in rows:
        values = list(row)
        for place, said_as in as_json:
            if values[place] is not None:
                values[place] = said_as(values[place])
        said.append(dict(zip(columns, values, strict=True)))
    return _ROWS.encode(said).decode()


@cache
def _insertion(table: str, columns: tuple[str, ...], missing_by: str, *, at_once: bool) -> str:
    """INSERT of a row, each value by itself, or of several ``at_once``, as one JSON: one plan for any number."""
    names = {"table": sql.Identifier(table), "columns": _names(columns)}
    values = sql.SQL("VALUES ({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(columns)))
    if at_once:
        values = sql.SQL("SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json)").format(**names)
    text = sql.SQL("INSERT INTO {table} ({columns}) {values}").format(**names, values=values)
    if missing_by:
        text += sql.SQL(" ON CONFLICT DO NOTHING RETURNING {}").format(sql.Identifier(missing_by))
    return text.as_string(None)


def _as_text(value: Any) -> Any:
    """A value whose type PostgreSQL takes from the column: with types of ours each set of empty ones had its plan."""
    if value is None or isinstance(value, str | list):
        return value
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


@cache
def _as_json(table: str, columns: tuple[str, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The places of those columns whose values JSON has no form of, or have it already, each with how it is made."""
    types = _types(table)
    made: dict[str, Callable[[Any], Any]] = {"bytea": _as_text, "jsonb": _as_it_is}
    return tuple((place, made[types[column]]) for place, column in enumerate(columns) if types[column] in made)


def _as_it_is(value: Any) -> Any:
    return msgspec.Raw(value.encode()) if isinstance(value, str) else value


@cache
def _types(table: str) -> dict[str, str]:
    """The type of each column of a model's table, without its length."""
    (model,) = (model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table)
    fields = model._meta.local_concrete_fields
    return {str(field.column): re.sub(r"\(.*\)", "", str(field.db_type(connection))) for field in fields}


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
