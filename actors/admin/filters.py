"""Filters of lists that offer, and answer for, only what the reader may see."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Model, QuerySet
from django.http import HttpRequest
from django.utils.timezone import make_aware
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm
from unfold.utils import parse_date_str

from actors.access import Reader
from actors.admin.badges import told_apart, words
from actors.admin.looking import FEW, few_keys, is_indexed


class RelatedFilter(SimpleListFilter):
    """By a row of another model, chosen by typing. ``RelatedFilter.by("source")`` makes the filter of a key."""

    template = "unfold/filters/filters_field.html"
    form_class = AutocompleteDropdownForm
    field_name: str

    @classmethod
    def by(cls, name: str) -> type["RelatedFilter"]:
        shown = name.replace("_", " ")
        return type(f"By{name.title()}", (cls,), {"field_name": name, "parameter_name": name, "title": shown})

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        self.model_admin = model_admin
        self.field = model._meta.get_field(self.field_name)
        self.rows = model_admin.readable_rows(self.field.related_model, Reader.of_user(request.user))

    def has_output(self) -> bool:
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[()]:
        return ()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """A hidden row, a missing one and no key at all select nothing."""
        if not self.value():
            return queryset
        try:
            chosen = self.rows.filter(pk=self.value())
        except (ValidationError, ValueError):
            return queryset.none()
        return queryset.filter(**{f"{self.field_name}__in": chosen})

    def few(self, request: HttpRequest) -> list[Any] | None:
        """Keys of all rows that name the chosen one, where an index finds them and they are few."""
        if not _is_key(self.rows, self.value()) or not is_indexed(self.field):
            return None
        return few_keys(self.model_admin.model._default_manager.filter(**{self.field.attname: self.value()}))

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        chosen = self.value() if _is_key(self.rows, self.value()) else None
        form = self.form_class(
            request=self.request,
            label=self.title,
            name=self.parameter_name,
            choices=(),
            field=self.field,
            model_admin=self.model_admin,
            data={self.parameter_name: chosen},
        )
        field = form.fields[self.parameter_name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = self.rows
        field.label_from_instance = told_apart  # type: ignore[method-assign]  # Django's way is a class for it
        yield {"form": form}


class ChosenFilter(DropdownFilter):
    """By one of a few words; subclasses give ``words`` and ``select``. A word that is not offered selects nothing."""

    words: tuple[tuple[str, str], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, str], ...]:
        return self.words

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        word = self.value()
        if not word:
            return queryset
        if word not in {each for each, _ in self.words}:
            return queryset.none()
        return self.select(queryset, word, Reader.of_user(request.user))

    def select(self, queryset: QuerySet, word: str, reader: Reader) -> QuerySet:
        raise NotImplementedError


class WordFilter(ChosenFilter):
    """By a word in a column; offered are those of the newest rows. ``WordFilter.by("language")`` makes one."""

    field_name: str

    @classmethod
    def by(cls, name: str) -> type["WordFilter"]:
        return type(f"By{name.title()}", (cls,), {"field_name": name, "parameter_name": name, "title": words(name)})

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, str], ...]:
        rows = model_admin.readable(model_admin.model._default_manager.all(), Reader.of_user(request.user))
        newest = rows.order_by(*model_admin.get_ordering(request)).values_list(self.field_name, flat=True)[:FEW]
        seen = {str(each) for each in newest} | {request.GET.get(self.parameter_name, "")}
        return tuple((each, words(each)) for each in sorted(seen - {""}))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        try:
            word = queryset.model._meta.get_field(self.field_name).to_python(self.value())
        except ValidationError:
            return queryset.none()
        return queryset.filter(**{self.field_name: word})


class DayFilter(RangeDateFilter):
    """From one day to another. ``("received_at", DayFilter)`` in a list of filters."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        begin, end = (self.used_parameters.get(f"{self.field_path}_{end}") for end in ("from", "to"))
        try:
            if begin:
                queryset = queryset.filter(**{f"{self.field_path}__gte": self._moment(begin)})
            if end:
                queryset = queryset.filter(**{f"{self.field_path}__lt": self._moment(end, timedelta(days=1))})
        except (OverflowError, TypeError):  # no day
            return queryset.none()
        return queryset

    def _moment(self, said: str, later: timedelta = timedelta()) -> date:
        day = parse_date_str(said) + later
        return make_aware(datetime.combine(day, time())) if isinstance(self.field, DateTimeField) else day


def _is_key(rows: QuerySet, value: Any) -> bool:
    try:
        rows.model._meta.pk.to_python(value)
    except ValidationError:
        return False
    return bool(value)
