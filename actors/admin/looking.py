"""How far a list looks: a page costs the same however much is stored.

    rows that an index finds by a filter, where they are few  ─> these, however old
    rows that an index finds by a word, where they are few    ─┐
    the newest MOST rows, of the days asked for               ─┴> what else is asked is asked of these alone

Where there are more rows the page says so. Registers, which grow only with those who take part, are searched whole.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.postgres.indexes import GinIndex
from django.core.paginator import InvalidPage
from django.db.models import F, Field, Model, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal
from unfold.views import ChangeList

from actors.admin.paging import MOST
from actors.services.arrays import IsAny

LONGEST_SEARCH = 200
MOST_WORDS = 10
# Shorter ones have no three letters to be found by.
SHORTEST = 3
# What more rows have is common: the newest of them are met anyway.
FEW = 1_000


class BoundedList(ChangeList):
    """A list that filters, sorts and searches a bounded number of rows."""

    is_cut = False
    _filters: Any = None

    def get_filters(self, request: HttpRequest) -> Any:
        """Once a page: what a filter offers, and what it finds, is asked for as it is made."""
        self._filters = self._filters or super().get_filters(request)
        return self._filters

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        """What is asked for; of rows that are readable by their keys, so that it is not asked of each once more."""
        if not (self.query or self.params):
            return super().get_queryset(request, exclude_parameters)
        readable, query = self.root_queryset, self.query
        rows = self.model_admin.with_columns(self.model._default_manager.all())
        self.root_queryset, self.query = rows.filter(among(self._looked_through(request))), ""
        try:
            found = super().get_queryset(request, exclude_parameters)
        finally:
            self.root_queryset, self.query = readable, query
        return self.model_admin.with_words(found, words_of(query), request)

    def get_ordering_field(self, field_name: Any) -> Any:
        """None where the list offers no order: one that is asked for by address alone would tell of hidden names."""
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request: HttpRequest) -> None:
        """A page. What is asked for is found once: the keys are counted, and the page has the rows of some of them."""
        if not (self.query or self.params):
            super().get_results(request)
            # Then the theme offers no way to all of them: they are here.
            self.full_result_count = self.result_count
            return
        keys = list(self.queryset.values_list("pk", flat=True)[: MOST + 1])
        self.paginator = self.model_admin.get_paginator(request, keys, self.list_per_page)
        self.paginator.is_cut = self.paginator.is_cut or self.is_cut
        self.result_count = self.paginator.count
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        if self.multi_page and not (self.show_all and self.can_show_all):
            try:
                keys = self.paginator.page(self.page_num).object_list
            except InvalidPage:
                raise IncorrectLookupParameters from None
        self.result_list = self.root_queryset.filter(among(keys)).order_by(*self.queryset.query.order_by)
        self.show_full_result_count, self.show_admin_actions = False, True
        self.full_result_count = None if self.query or self.has_active_filters else self.result_count

    def _looked_through(self, request: HttpRequest) -> set[Any]:
        """Keys of readable rows."""
        specs = self.get_filters(request)[0]
        few = [set(keys) for spec in specs if hasattr(spec, "few") and (keys := spec.few(request)) is not None]
        if few:
            return self._readable(set.intersection(*few))
        order = self.model_admin.get_ordering(request)
        rows = self.root_queryset.order_by(*order)
        for spec in specs:
            if getattr(spec, "field_path", None) == order[0].removeprefix("-"):
                rows = spec.queryset(request, rows)
        keys = newest(rows)
        self.is_cut = len(keys) == MOST
        if self.is_cut:
            keys |= self._readable(self.model_admin.keys_by_words(words_of(self.query), request) - keys)
        return keys

    def _readable(self, keys: set[Any]) -> set[Any]:
        return set(self.root_queryset.filter(among(keys)).order_by().values_list("pk", flat=True)) if keys else keys


def among(keys: Collection[Any]) -> IsAny:
    """Rows with one of ``keys``: one parameter, where IN would be written out key by key."""
    return IsAny("pk", Value(list(keys)))


def newest(rows: QuerySet) -> set[Any]:
    """Keys of the first MOST rows."""
    return set(rows.values_list("pk", flat=True)[:MOST])


def few_keys(rows: QuerySet, column: str = "pk", most: int | None = None) -> list[Any] | None:
    """What ``column`` of ``rows`` holds, if they are no more than ``most``."""
    most = most or MOST
    keys = list(rows.order_by().values_list(column, flat=True)[: most + 1])
    return keys if len(keys) <= most else None


def words_of(said: str) -> list[str]:
    """The words of a search; what stands between quotation marks is one."""
    found = []
    for word in list(smart_split(said[:LONGEST_SEARCH]))[:MOST_WORDS]:
        if word.startswith(('"', "'")) and word[0] == word[-1] and len(word) > 1:
            word = unescape_string_literal(word)
        found.append(word)
    return found


def is_indexed(field: Field) -> bool:
    """Whether rows are found by what ``field`` holds."""
    meta, filled = field.model._meta, Q(**{f"{field.name}__isnull": False})
    whole = [each for each in (*meta.indexes, *meta.constraints) if getattr(each, "condition", None) in (None, filled)]
    leading = {each.fields[0] for each in whole if getattr(each, "fields", ())}
    return bool(field.db_index or field.unique or field.name in leading)


def is_indexed_by_words(field: Field) -> bool:
    """Whether rows are found by any three letters of what ``field`` holds."""
    indexes = [each for each in field.model._meta.indexes if isinstance(each, GinIndex)]
    return any(field.name in _columns(each.expressions) for each in indexes)


def _columns(expressions: Sequence[Any]) -> Iterator[str]:
    for each in expressions:
        if isinstance(each, F):
            yield each.name
        else:
            yield from _columns(each.get_source_expressions())


def by_index(model: type[Model], columns: Sequence[str], word: str) -> Iterator[tuple[type[Model], Q]]:
    """Conditions on ``columns`` that an index answers each, and the model that has the index.

    Of a kind of subject it is the one of all kinds: joined to their own rows, those of a word that others have would be
    read to the last.
    """
    for name in columns:
        field = model._meta.get_field(name)
        if is_indexed_by_words(field) and len(word) >= SHORTEST:
            yield field.model, Q(**{f"{name}__icontains": word})
        elif is_indexed(field):
            yield field.model, Q(**{f"{name}__in": {word, word.upper()}})
