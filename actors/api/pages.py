"""Pages by key: each next page begins after the last row of this one, however many rows there are.

A cursor holds what the last row was ordered by, in values that the reader has seen (never a row's
key). It is signed for one organisation's (or person's) reading rights, one path and one set of filters,
and is good for nothing else. A new key with the same rights goes on where the old one stopped.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from actors.api.authentication import reader_of
from actors.api.refusals import Fault, Refusal

NOT_FILTERS = ("cursor", "after", "limit", "fields")


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

    def position_of(self, row: Any) -> list[Any]:
        """What a cursor says of the last row."""
        return [_plain(_value(row, (self.stand_ins or {}).get(column, column))) for column in self.columns]

    def after(self, position: list[Any], model: type[Model]) -> Q:
        """The rows beyond ``position``."""
        beyond = "lt" if self.descending else "gt"
        condition, same, begin = Q(), Q(), Q()
        for column, said in zip(self.columns, position, strict=True):
            value = said
            if stand_in := (self.stand_ins or {}).get(column):
                value = model._default_manager.filter(**{stand_in: said}).values(column)[:1]
            condition |= same & Q(**{f"{column}__{beyond}": value})
            same &= Q(**{column: value})
            begin = begin or Q(**{f"{column}__{beyond}e": value})
        # An index is entered by the first column alone; what is equal in it is told apart from there.
        return begin & condition


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
    request: Request, rows: QuerySet, order: Order, parameters: Mapping[str, Any]
) -> tuple[list[Any], str | None]:
    """One page of ``rows`` and the path of the next one, if there is any."""
    if cursor := parameters.get("cursor"):
        rows = rows.filter(order.after(unsealed(request, cursor, "cursor"), rows.model))
    limit = parameters["limit"]
    page = list(rows.order_by(*order.order_by)[: limit + 1])
    if len(page) <= limit:
        return page, None
    return page[:limit], following(request, "cursor", order.position_of(page[limit - 1]))


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
