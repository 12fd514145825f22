"""Pages by key: each next page begins after the last row of this one, however many rows there are.

A cursor holds what the last row was ordered by, sealed: it may be a row that the reader does not see, and its key.
It is good for one organisation's (or person's) reading rights, one path and one set of filters, and for nothing
else. A new key with the same rights goes on where the old one stopped. Of one page it is always the same, so that an
ETag holds.

Words that no index knows are looked for in a number of rows, and the next page looks on from there: a page costs the
same however rare a word is, and may have few rows, or none, where more follow (docs/decisions/0024).
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.encoding import force_bytes
from rest_framework.request import Request

from actors.api.authentication import reader_of
from actors.api.refusals import Fault, Refusal

NOT_FILTERS = ("cursor", "after", "limit", "fields")
# In so many rows a page looks for something, and in so many at once, at most and at least.
LOOKED_THROUGH, AT_ONCE, LEAST = 5_000, 1_000, 10


class _Row(Func):
    """Columns, or values, that are compared as one, by an index over the columns from the very row on."""

    template = "(%(expressions)s)"
    output_field = TextField()


@dataclass(frozen=True, kw_only=True)
class Order:
    """Columns to order by, all in one direction, the last one unique."""

    columns: tuple[str, ...]
    descending: bool = False
    # The same columns of a table that rows are joined to by these. PostgreSQL bounds neither side by the other one.
    joined: tuple[Any, ...] = ()

    @property
    def order_by(self) -> list[str]:
        return [f"-{column}" if self.descending else column for column in self.columns]

    def position_of(self, row: Any) -> list[Any]:
        """What a cursor says of the last row."""
        return [_plain(_value(row, column)) for column in self.columns]

    def after(self, position: list[Any] | None, *, is_joined: bool = False) -> Q:
        """The rows beyond ``position``, all if there is none; with ``is_joined``, of either table that is joined."""
        if position is None:
            return Q()
        beyond = LessThan if self.descending else GreaterThan
        sides = (self.columns, self.joined) if is_joined and self.joined else (self.columns,)
        return Q(*(beyond(_Row(*columns), _Row(*map(Value, position))) for columns in sides))


def both_ways(*names: str, last: str = "") -> dict[str, Order]:
    """What ``ordering`` may say: each name, and with a minus the other way round. ``last`` decides between equals."""
    orders = {}
    for name in names:
        columns = (name,) if last in ("", name) else (name, last)
        orders[name] = Order(columns=columns)
        orders[f"-{name}"] = Order(columns=columns, descending=True)
    return orders


@dataclass(frozen=True, kw_only=True)
class LookedFor:
    """What is asked of one row of a list after the other, in so many as a page looks through.

    ``condition`` is asked of the list's row, ``own`` before it of the columns of its table alone, with nothing looked
    up beside it. ``among`` are conditions of these columns, of which one at least is true of every row that is found,
    each with an index in the order ``along``: then nothing else is looked at.
    """

    condition: Q = field(default_factory=Q)
    own: Q = field(default_factory=Q)
    among: Sequence[Q] = ()
    along: tuple[str, ...] = ()

    def __and__(self, other: "LookedFor") -> "LookedFor":
        ways = self if self.among else other
        condition, own = self.condition & other.condition, self.own & other.own
        return LookedFor(condition=condition, own=own, among=ways.among, along=ways.along)


NOTHING = LookedFor()


def narrow(rows: QuerySet, conditions: Iterable[Q | LookedFor]) -> tuple[QuerySet, LookedFor]:
    """``rows`` of which each of ``conditions`` is true, as far as indexes know; and what is looked for among these."""
    looked_for = NOTHING
    for condition in conditions:
        if isinstance(condition, LookedFor):
            looked_for &= condition
        else:
            rows = rows.filter(condition)
    return rows, looked_for


def matching(terms: Iterable[str], *columns: str) -> Q:
    """Rows in which each of ``terms`` is found in one of ``columns``."""
    condition = Q()
    for term in terms:
        found = Q()
        for column in columns:
            found |= Q(**{f"{column}__icontains": term})
        condition &= found
    return condition


def read_page(
    request: Request, rows: QuerySet, order: Order, parameters: Mapping[str, Any], *, found: LookedFor = NOTHING
) -> tuple[list[Any], str | None]:
    """One page of ``rows`` and the path of the next one, if there is any.

    The page has those rows of which ``found`` is true among as many as are looked through for it.
    """
    cursor = parameters.get("cursor")
    begin = unsealed(request, cursor, "cursor") if cursor else None
    limit, last = parameters["limit"], None
    if found == NOTHING:
        rows = rows.filter(order.after(begin, is_joined=True))
    else:
        keys, last = _found_first(rows, order, found, begin, limit)
        rows = rows.filter(pk__in=keys)
    page = list(rows.order_by(*order.order_by)[: limit + 1])
    if len(page) > limit:
        page, last = page[:limit], order.position_of(page[limit - 1])
    return page, following(request, "cursor", last) if last else None


def _found_first(
    rows: QuerySet, order: Order, found: LookedFor, begin: list[Any] | None, limit: int
) -> tuple[list[Any], list[Any] | None]:
    """Keys of rows in which something is found, and the position to look on from, if these are not all."""
    is_along = order.columns == found.along
    part_of = _part_of_table if found.own or (found.among and is_along) else _part_of_list

    def read(last: Any, most: int) -> list[dict[str, Any]]:
        position = order.position_of(last) if last else begin
        return part_of(rows, order, found if is_along else replace(found, among=()), position, most)

    seen, last, more = look_through(read, lambda row: bool(row["is_found"]), limit)
    return [row["pk"] for row in seen], order.position_of(last) if more else None


def _part_of_list(
    rows: QuerySet, order: Order, found: LookedFor, position: list[Any] | None, most: int
) -> list[dict[str, Any]]:
    """The first ``most`` rows, each with whether it is found.

    PostgreSQL is not asked for the rows found alone: it would look for them in an order of its own, in all there are.
    """
    looked = rows.filter(order.after(position, is_joined=True)).annotate(is_found=_whether(found.condition))
    return list(looked.values("pk", "is_found", *_besides(order)).order_by(*order.order_by)[:most])


def _part_of_table(
    rows: QuerySet, order: Order, found: LookedFor, position: list[Any] | None, most: int
) -> list[dict[str, Any]]:
    """The same of rows of the table, whether the list has them or not: only what is found there is looked up in it."""
    table = rows.model._default_manager.filter(order.after(position)).annotate(is_found=_whether(found.own))
    first, *others = (
        table.filter(way).values("pk", "is_found", *_besides(order)).order_by(*order.order_by)[:most]
        for way in found.among or [Q()]
    )
    part = list(first.union(*others).order_by(*order.order_by)[:most] if others else first)
    keys = [row["pk"] for row in part if row["is_found"]]
    there = set(rows.filter(found.condition, pk__in=keys).order_by().values_list("pk", flat=True)) if keys else set()
    return [{**row, "is_found": row["pk"] in there} for row in part]


def _whether(condition: Q) -> Any:
    return ExpressionWrapper(condition, BooleanField()) if condition else Value(True)


def look_through(
    read: Callable[[Any, int], list[Any]], is_found: Callable[[Any], bool], limit: int
) -> tuple[list[Any], Any, bool]:
    """What is found until there is more than ``limit``, the last row that was looked at, and whether more may follow.

    ``read`` gives so many rows after one that it gave before; after None it begins. A page of rows is looked at first,
    which is enough where most are found, and then twice as many as the rest of the page should take.
    """
    found: list[Any] = []
    last, looked, most = None, 0, min(limit + 1, AT_ONCE)
    while looked < LOOKED_THROUGH and len(found) <= limit:
        part = read(last, most)
        found += filter(is_found, part)
        last = part[-1] if part else last
        if len(part) < most:
            return found, last, False
        looked += most
        enough = 2 * looked * (limit + 1 - len(found)) // len(found) if found else 4 * looked
        most = min(max(enough, LEAST), 4 * looked, AT_ONCE, LOOKED_THROUGH - looked)
    return found, last, True


def following(request: Request, parameter: str, position: Any) -> str:
    """The path of this request again, with ``position`` sealed in ``parameter``."""
    query = request.query_params.copy()
    sealed = _ciphers()[0].encrypt(json.dumps(position).encode(), _bound(request))
    query[parameter] = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return f"{request.path}?{query.urlencode()}"


def unsealed(request: Request, cursor: str, parameter: str) -> Any:
    """The position that ``following`` sealed. Raises Refusal where it was for others, or is nobody's."""
    bound = _bound(request)
    for cipher in _ciphers():
        with suppress(InvalidTag, ValueError):
            return json.loads(cipher.decrypt(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), bound))
    fault = Fault(code="invalid_cursor", parameter=parameter, detail=f"Begin again without {parameter}.")
    raise Refusal("invalid_cursor", "This cursor is not for this reader and these filters.", faults=[fault])


def _ciphers() -> list[AESSIV]:
    """What seals a cursor, then what sealed those of before. The same sealed twice is the same (RFC 5297)."""
    secrets = map(force_bytes, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    return [AESSIV(hashlib.sha512(b"page:" + secret).digest()) for secret in secrets]


def _bound(request: Request) -> list[bytes]:
    filters = sorted(item for item in request.query_params.items() if item[0] not in NOT_FILTERS)
    return [repr((reader_of(request), request.path, filters)).encode()]


def _besides(order: Order) -> list[str]:
    return [column for column in order.columns if column != "pk"]


def _value(row: Any, column: str) -> Any:
    return row[column] if isinstance(row, dict) else getattr(row, column)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
