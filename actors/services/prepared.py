"""Queries that are asked all day: built once by the querysets, planned once by each connection.

To build a query with many parts costs Django, and to plan it costs PostgreSQL, several times what running it costs.
So it is built once, for a reader with slots in place of what differs from one caller to the next:

    build(anybody) ─ compiled ─> SQL with named slots ─ prepared, once a connection ─> rows, or models of them

The policy stays where it is: the querysets are given such a reader as they are given any other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, OperationalError, connection, connections
from django.db.models import Expression, Field, JSONField, Model, QuerySet
from django.db.models.query import get_related_populators
from psycopg import sql
from psycopg.types.string import TextLoader

from actors.access import Reader
from actors.services.passing import PassedOn

# What callers may ask for is a choice among many fields; the rarest are built again.
KEPT = 256
Decoder = Callable[[Any], Any]
Built = TypeVar("Built")


def slot(name: str) -> Any:
    """A value that each call fills in, to be used where the value would be."""
    return _Slot(name)


class _Slot(Expression):
    def __init__(self, name: str) -> None:
        super().__init__(output_field=Field())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True, kw_only=True)
class Anybody(Reader):
    """Any reader of one shape: what the querysets ask of it is known, its values are slots."""

    reads_held: bool = False


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A query that is ready to run."""

    text: str
    columns: tuple[str, ...]
    decoders: tuple[tuple[int, Decoder], ...]
    model_of: Callable[[list[Any]], Any]

    def tuples(self, reader: Reader, **slots: Any) -> Sequence[list[Any]]:
        """The rows that ``reader`` may see, each as the values of ``columns``."""
        rows = [list(row) for row in run(self.text, {**own_slots(reader), **slots})]
        for number, decoder in self.decoders:
            for row in rows:
                row[number] = decoder(row[number])
        return rows

    def dicts(self, reader: Reader, **slots: Any) -> list[dict[str, Any]]:
        """The same by the names of the columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.tuples(reader, **slots)]

    def models(self, reader: Reader, **slots: Any) -> list[Any]:
        """The same as models, with those that ``select_related`` names; of a query that names no columns."""
        return [self.model_of(row) for row in self.tuples(reader, **slots)]


def read_together(reader: Reader, *asked: tuple[Prepared, type], **slots: Any) -> list[list[Any]]:
    """The rows of several queries by one statement, for what is asked all day and gives few rows.

    Each query's rows are a list of the named tuple beside it, which says how JSON is read. A slot's name means the same
    in all queries.
    """
    (row,) = run(_together(*(query for query, _ in asked)), {**own_slots(reader), **slots})
    return [_rows_of(kind).decode(text) if text else [] for (_, kind), text in zip(asked, row, strict=True)]


@cache
def _together(*queries: Prepared) -> str:
    parts = []
    for query in queries:
        if not query.columns:
            raise TypeError("What is read together is values: no models.")
        columns = ", ".join(f"c{n}" for n, _ in enumerate(query.columns))
        parts.append(f"(SELECT json_agg(json_build_array({columns})) FROM ({query.text}) AS found ({columns}))")  # noqa: S608
    return f"SELECT {', '.join(parts)}"


@cache
def _rows_of(kind: type) -> msgspec.json.Decoder[list[Any]]:
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]


def own_slots(reader: Reader) -> dict[str, Any]:
    """What a reader fills in of a query that was built for any."""
    return {"clearance": int(reader.clearance), "actor_id": reader.actor_id, "user_id": reader.user_id}


def prepared(build: Callable[..., QuerySet]) -> Callable[..., Prepared]:
    """``build(reader, *said)`` as a function of the same arguments that builds once for all readers of one shape.

    ``said`` is hashable and becomes part of the query; what differs from call to call is a slot in it. The query
    names its columns by ``values``, or is read as models.
    """
    return once_a_shape(lambda reader, *said: compiled(build(reader, *said)))


def once_a_shape(build: Callable[..., Built]) -> Callable[..., Built]:
    """The same of a function that builds several queries, or something else for them."""

    @lru_cache(KEPT)
    def built(shape: tuple[bool, bool, bool], said: tuple[Any, ...]) -> Built:
        return build(_anybody(*shape), *said)

    def of(reader: Reader, *said: Any) -> Built:
        return built((reader.actor_id is not None, reader.user_id is not None, reader.reads_held), said)

    return of


def compiled(rows: QuerySet) -> Prepared:
    """The query of ``rows``, built for a reader with slots."""
    query = rows.query
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    text, params = compiler.as_sql()
    decoders = enumerate(_decoder(column.output_field) for column, *_ in compiler.select)
    return Prepared(
        text=_with_names(text, params),
        columns=tuple(query.selected or ()),
        decoders=tuple((number, decoder) for number, decoder in decoders if decoder),
        model_of=_model_of(compiler) if query.default_cols else list,
    )


def _anybody(has_actor: bool, has_user: bool, reads_held: bool) -> Reader:
    slots = {"clearance": slot("clearance")}
    slots |= {"actor_id": slot("actor_id")} if has_actor else {}
    slots |= {"user_id": slot("user_id")} if has_user else {}
    return Anybody(reads_held=reads_held, **slots)


def _model_of(compiler: Any) -> Callable[[list[Any]], Any]:
    """What makes a model of a row, as Django's own ModelIterable does."""
    model, fields = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = fields[0], fields[-1] + 1
    names = [column.target.attname for column, *_ in compiler.select[start:end]]
    # The stubs are of a later Django.
    related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def made(row: list[Any]) -> Model:
        found: Model = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for each in related:
            each.populate(row, found)
        return found

    return made


def _decoder(field: Field) -> Decoder | None:
    if isinstance(field, PassedOn):
        return _passed_on
    if isinstance(field, JSONField):
        return _decoded
    if isinstance(field, ArrayField) and isinstance(field.base_field, JSONField):
        return lambda texts: [_decoded(text) for text in texts]
    return None


def _passed_on(text: str | None) -> msgspec.Raw | None:
    return None if text is None else msgspec.Raw(text)


def _decoded(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _with_names(text: str, params: Sequence[Any]) -> str:
    """``text`` with slots by name, each sent once however often it is used, and all else in plain sight."""
    connection.ensure_connection()
    waiting = iter(params)

    def filled(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        said = next(waiting)
        if isinstance(said, _Slot):
            return f"%({said.name})s"
        return sql.Literal(said).as_string(connection.connection).replace("%", "%%")

    return re.sub("%[s%]", filled, text)


@lru_cache(KEPT)
def _numbered(statement: str) -> tuple[str, list[Any]]:
    """``statement`` with numbered values, as PostgreSQL takes them, and the values' names in order.

    psycopg would number them at each use, which takes long for long statements. A value without a name has its place
    as one.
    """
    names: list[Any] = []

    def filled(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        name = found[1] or len(names)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return re.sub(r"%(?:%|(?:\((\w+)\))?s)", filled, statement), names


class _Cursor(psycopg.RawCursor[Any]):
    """A cursor whose statements are planned at their first use, and that leaves JSON to the decoders."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.adapters.register_loader("json", TextLoader)

    def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
        if params is not None:
            query, names = _numbered(query)
            params = [params[name] for name in names]
        return super().execute(query, params, **{**how, "prepare": True})

    def let_go(self) -> None:
        """Keep no answer until the next one: the largest would stay with each connection."""
        self._reset()


def run(statement: str, params: Any = None) -> list[Any]:
    """The rows of a statement that is planned once a connection; none of one that gives none.

    Values go beside its text, so their types must be plain from it.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    raw = _cursor_of(here.connection)
    # Django's errors and its log of queries around it.
    wrapped = here.make_debug_cursor(raw) if here.queries_logged else here.make_cursor(raw)  # type: ignore[arg-type]
    try:
        wrapped.execute(statement, params)
    except NotSupportedError as error:
        # Planned before a migration gave a column another type. A transaction is lost by then, and all plans with it.
        if here.in_atomic_block:
            raise OperationalError("Planned before a migration.") from error
        here.connection.execute("DEALLOCATE ALL")
        wrapped.execute(statement, params)
    # The rows are here already; a description of each column would cost as much as fetching them.
    rows = raw.fetchall() if raw.pgresult and raw.pgresult.nfields else []
    raw.let_go()
    return rows


def _cursor_of(connection: Any) -> _Cursor:
    """The cursor for such statements, kept with its connection: a new one would look up each type and column again."""
    kept: dict[str, Any] = vars(connection)
    if "prepared_cursor" not in kept:
        kept["prepared_cursor"] = _Cursor(connection)
    return kept["prepared_cursor"]
