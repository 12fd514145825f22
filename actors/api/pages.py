"""Pages by key: each next page begins after the last row of this one, however many rows there are.

A cursor holds what the last row was ordered by, in values that the reader has seen (never a row's
key). It is signed for one organisation's (or person's) reading rights, one path and one set of filters,
and is good for nothing else. A new key with the same rights goes on where the old one stopped.

Words that no index knows are looked for in a number of rows, and the next page looks on from there: a page costs the
same however rare a word is, and may have few rows, or none, where more follow (docs/decisions, words that are looked
for).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    Func,
    Lookup,
    Model,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.lookups import GreaterThan, LessThan
from rest_framework.request import Request

from actors.api.authentication import reader_of
from actors.api.refusals import Fault, Refusal

NOT_FILTERS = ("cursor", "after", "limit", "fields")
# In so many rows a page looks for words, and in so many at once.
LOOKED_THROUGH, AT_ONCE = 5_000, 1_000


class _Row(Func):
    """Columns, or values, that are compared as one, by an index over the columns from the very row on."""

    template = "(%(expressions)s)"
    output_field = TextField()


@dataclass(frozen=True, kw_only=True)
class Order:
    """Columns to order by, all in one direction, the last one unique.

    ``stand_ins`` names for a column that is not shown (a primary key) the unique one that is.
    """

    columns: tuple[str, ...]
    descending: bool = False
    stand_ins: Mapping[str, str] | None = None

    @property
    def order_by(self) -> list[str]:
        return [f"-{column}" if self.descending else column for column in self.columns]

    @property
    def shown(self) -> list[str]:
        """The columns that a cursor tells."""
        return [(self.stand_ins or {}).get(column, column) for column in self.columns]

    def position_of(self, row: Any) -> list[Any]:
        """What a cursor says of the last row."""
        return [_plain(_value(row, column)) for column in self.shown]

    def after(self, position: list[Any], model: type[Model]) -> Lookup:
        """The rows beyond ``position``."""
        values: list[Any] = []
        for column, said in zip(self.columns, position, strict=True):
            stand_in = (self.stand_ins or {}).get(column)
            row = model._default_manager.order_by().filter(**{stand_in: said}) if stand_in else None
            values.append(Value(said) if row is None else Subquery(row.values(column)[:1]))
        beyond = LessThan if self.descending else GreaterThan
        return beyond(_Row(*self.columns), _Row(*values))


def both_ways(*names: str, last: str = "", stand_ins: Mapping[str, str] | None = None) -> dict[str, Order]:
    """What ``ordering`` may say: each name, and with a minus the other way round. ``last`` decides between equals."""
    orders = {}
    for name in names:
        columns = (name,) if last in ("", name) else (name, last)
        orders[name] = Order(columns=columns, stand_ins=stand_ins)
        orders[f"-{name}"] = Order(columns=columns, stand_ins=stand_ins, descending=True)
    return orders


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
    request: Request, rows: QuerySet, order: Order, parameters: Mapping[str, Any], *, found: Q | None = None
) -> tuple[list[Any], str | None]:
    """One page of ``rows`` and the path of the next one, if there is any.

    With ``found``, the page has those rows of which it is true among as many as are looked through for it.
    """
    if cursor := parameters.get("cursor"):
        rows = rows.filter(order.after(unsealed(request, cursor, "cursor"), rows.model))
    limit, last = parameters["limit"], None
    if found:
        keys, last = _look_through(rows, order, found, limit)
        rows = rows.filter(pk__in=keys)
    page = list(rows.order_by(*order.order_by)[: limit + 1])
    if len(page) > limit:
        page, last = page[:limit], order.position_of(page[limit - 1])
    return page, following(request, "cursor", last) if last else None


def _look_through(rows: QuerySet, order: Order, found: Q, limit: int) -> tuple[list[Any], list[Any] | None]:
    """Keys of rows in which something is found, and the position to look on from, if these are not all.

    PostgreSQL is not asked for the rows found alone: it would look for them in an order of its own, in all there are.
    """
    looked = rows.annotate(is_found=ExpressionWrapper(found, BooleanField())).values("pk", "is_found", *order.shown)

    def read(last: Any, most: int) -> list[dict[str, Any]]:
        beyond = looked.filter(order.after(order.position_of(last), rows.model)) if last else looked
        return list(beyond.order_by(*order.order_by)[:most])

    seen, last, more = look_through(read, lambda row: bool(row["is_found"]), limit)
    return [row["pk"] for row in seen], order.position_of(last) if more else None


def look_through(
    read: Callable[[Any, int], list[Any]], is_found: Callable[[Any], bool], limit: int
) -> tuple[list[Any], Any, bool]:
    """What is found until there is more than ``limit``, the last row that was looked at, and whether more may follow.

    ``read`` gives so many rows after one that it gave before; after None it begins. A page of rows is looked at first,
    which is enough where most are found.
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
        most = min(4 * most, AT_ONCE, LOOKED_THROUGH - looked)
    return found, last, True


def following(request: Request, parameter: str, position: Any) -> str:
    """The path of this request again, with ``position`` sealed in ``parameter``."""
    query = request.query_params.copy()
    query[parameter] = _signer(request).sign_object(position)
    return f"{request.path}?{query.urlencode()}"


def unsealed(request: Request, cursor: str, parameter: str) -> Any:
    """The position that ``following`` sealed. Raises Refusal where it was for others, or is nobody's."""
    try:
        return _signer(request).unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        fault = Fault(code="invalid_cursor", parameter=parameter, detail=f"Begin again without {parameter}.")
        detail = "This cursor is not for this reader and these filters."
        raise Refusal("invalid_cursor", detail, faults=[fault]) from None


def _signer(request: Request) -> signing.Signer:
    filters = sorted(item for item in request.query_params.items() if item[0] not in NOT_FILTERS)
    bound = hashlib.sha256(repr((reader_of(request), request.path, filters)).encode()).hexdigest()
    return signing.Signer(salt=f"page:{bound}")


def _value(row: Any, column: str) -> Any:
    return row[column] if isinstance(row, dict) else getattr(row, column)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
