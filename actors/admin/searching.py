"""What the search of a list finds: every word somewhere in a row, or in a row beside it that the reader may see."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from django.http import HttpRequest

from actors.access import Reader
from actors.admin.looking import FEW, among, by_index, few_keys, is_indexed, newest, words_of
from actors.querysets import is_there


class SearchedRows:
    """For ReadableAdmin.

    ``search_fields`` are columns of the model itself; ``search_related`` maps a relation to columns of
    the rows on its other side, of which only the readable ones are searched.
    """

    search_related: dict[str, tuple[str, ...]] = {}
    # Rows that grow only with those who take part.
    is_register = False

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """For choosing by typing: rows in which each word occurs, of the newest and of those that an index finds."""
        words = words_of(search_term)
        if words and not self.is_register:
            queryset = queryset.filter(among(newest(queryset) | self.keys_by_words(words, request)))
        return self.with_words(queryset, words, request), False

    def with_words(self, queryset: QuerySet, words: Sequence[str], request: HttpRequest) -> QuerySet:
        """Rows in which each of ``words`` occurs somewhere."""
        for word in words:
            found = _contains(self.search_fields, word)
            for relation, columns in self.search_related.items():
                found |= self._found_beside(relation, columns, word, Reader.of_user(request.user))
            queryset = queryset.filter(found)
        return queryset

    def keys_by_words(self, words: Sequence[str], request: HttpRequest) -> set[Any]:
        """Keys of rows in which one of ``words`` is found by an index, in each way that finds few."""
        rows, reader, found = self.model._default_manager.all(), Reader.of_user(request.user), set()
        for word in words:
            ways = [of._default_manager.filter(each) for of, each in by_index(self.model, self.search_fields, word)]
            if self.is_register:
                ways = [rows.filter(_contains(self.search_fields, word))]
            for relation, columns in self.search_related.items():
                ways += self._ways_beside(relation, columns, word, reader)
            for way in ways:
                found.update(few_keys(way, most=FEW) or ())
        return found

    def _ways_beside(self, relation: str, columns: tuple[str, ...], word: str, reader: Reader) -> Iterator[QuerySet]:
        field = self.model._meta.get_field(relation)
        other, rows = field.related_model, self.model._default_manager.all()
        if not field.concrete:
            for _, each in by_index(other, columns, word):
                owners = few_keys(other._default_manager.filter(each), field.field.attname, FEW)
                yield rows.filter(pk__in=owners or ())
        elif is_indexed(field):
            is_register = self.admin_site.get_model_admin(other).is_register
            ways = [(other, _contains(columns, word))] if is_register else by_index(other, columns, word)
            for of, each in ways:
                named = few_keys(self.readable_rows(of, reader).filter(each), most=FEW)
                yield rows.filter(**{f"{relation}__in": named or ()})

    def _found_beside(self, relation: str, columns: tuple[str, ...], word: str, reader: Reader) -> Q:
        """Looked up row by row: of a common word PostgreSQL would first note every row that has it."""
        field = self.model._meta.get_field(relation)
        if field.concrete:
            rows = self.readable_rows(field.related_model, reader).filter(pk=OuterRef(field.attname))
        else:
            rows = field.related_model._default_manager.filter(**{field.field.attname: OuterRef("pk")})
        return Q(is_there(rows.filter(_contains(columns, word))))


def _contains(columns: Any, word: str) -> Q:
    found = Q(pk__in=[])
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found
