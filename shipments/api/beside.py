"""Rows of other tables beside subjects: of one, looked up by its key; of a page, read at once.

A page in the order of keys stands in one part of each table, and so of its index. That part is read from end to end:
looking up each subject would begin a hundred times at the root. Where only few of the rows between the first and the
last are on the page, each is looked up all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db.models import BooleanField, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce

from actors.access import Reader
from actors.services.arrays import IsAny
from actors.services.passing import PassedOn, WrittenList
from actors.services.prepared import prepared, slot
from shipments.models import Subject

# Of so many of its kind between the first and the last of a page one is on it, or each is looked up.
DENSE = 10
# A page of fewer is not worth asking of.
FEW = 20


class Seen(Func):
    """A condition that is asked of rows that were found, and by which no index is searched."""

    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


def among(column: str, is_dense: bool) -> Q:
    """Rows whose ``column`` is the key of a subject of a page; to be filled with the slots of its Page."""
    listed = IsAny(column, slot("ids"))
    if not is_dense:
        return Q(listed)
    return Q(Seen(listed), **{f"{column}__gte": slot("first"), f"{column}__lte": slot("last")})


@prepared
def _between(reader: Reader, model: type[Subject], most: int) -> QuerySet:
    return model._default_manager.order_by("pk").filter(pk__gte=slot("first"), pk__lte=slot("last")).values("pk")[:most]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The subjects of a page, and whether they stand close together."""

    ids: Sequence[UUID]
    is_dense: bool

    @classmethod
    def of_few(cls, ids: Sequence[UUID]) -> "Page":
        """Of subjects of whatever kind, each to be looked up."""
        return cls(ids=ids, is_dense=False)

    @classmethod
    def of(cls, ids: Sequence[UUID], model: type[Subject], reader: Reader) -> "Page":
        """Of subjects of one ``model``; one query, or none for a few."""
        most = DENSE * len(ids)
        if len(ids) < FEW:
            return cls.of_few(ids)
        between = _between(reader, model, most).tuples(reader, first=min(ids), last=max(ids))
        return cls(ids=ids, is_dense=len(between) < most)

    @property
    def slots(self) -> dict[str, Any]:
        return {"ids": list(self.ids)} | ({"first": min(self.ids), "last": max(self.ids)} if self.is_dense else {})


class AsRead(NamedTuple):
    """A row that is read here, such as one with keys of what is named (see name_all)."""

    subject: str
    json: Any


class AsWritten(NamedTuple):
    """A row that is passed on."""

    subject: str
    json: msgspec.Raw


@dataclass(frozen=True, kw_only=True)
class Beside:
    """``rows`` in their order, of the subject that ``link`` leads to, each as ``json``."""

    rows: QuerySet
    link: str
    json: Any
    kind: type[AsRead] | type[AsWritten] = AsWritten

    @property
    def parts(self) -> "tuple[Beside]":
        """What is read of a page."""
        return (self,)

    def of_one(self) -> WrittenList:
        """A column of a query of subjects."""
        found = self.rows.filter(**{self.link: OuterRef("pk")}).values(json=self.json)
        return WrittenList(found, output_field=JSONField() if self.kind is AsRead else PassedOn())

    def of_page(self, is_dense: bool) -> QuerySet:
        """A query of the rows of a Page, each with the key of its subject."""
        found = self.rows.filter(among(self.link, is_dense))
        return found.annotate(subject_key=Cast(F(self.link), TextField()), written=self.json).values(
            "subject_key", "written"
        )


@dataclass(frozen=True, kw_only=True)
class FirstOf:
    """The first of the rows of ``parts``, one after the other; null where there is none."""

    parts: tuple[Beside, ...]

    def of_one(self) -> Coalesce:
        """As of a Beside."""
        each = (part.rows.filter(**{part.link: OuterRef("pk")}).values(json=part.json) for part in self.parts)
        return Coalesce(*(Subquery(rows[:1]) for rows in each))
