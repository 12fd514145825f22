"""Sources, how far they are trusted, and whom they are interested in."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.access import Reader
from actors.admin.badges import marking_badge
from actors.admin.filters import RelatedFilter
from actors.admin.readable import EditableRows, ReadableAdmin, ReadableInline
from actors.models import Source, SourceInterest, SourceRating


class RatingsInline(ReadableInline):
    model = SourceRating
    visible_through = ("source",)
    fields = ["grade", "topic", "valid_from", "recorded_at", "rated_by", "reason"]
    readonly_fields = fields


class InterestsInline(ReadableInline):
    model = SourceInterest
    visible_through = ("source", "actor")
    fields = ["actor", "recorded_at"]
    readonly_fields = fields


@admin.register(Source)
class SourceAdmin(EditableRows, ReadableAdmin):
    """Who speaks. The code is part of the key of every report, so it is given once."""

    is_register = True
    ordering = ["code"]
    list_display = ["name", "code", "kind", "shown_grade", "actor", "shown_marking", "protected"]
    list_filter = ["kind", "protected", "marking", RelatedFilter.by("actor")]
    search_fields = ["code", "name"]
    search_related = {"actor": ("name",)}
    readonly_fields = ["created_at"]
    fieldsets = [(None, {"fields": [("name", "code"), ("kind", "actor"), ("marking", "protected"), "created_at"]})]
    inlines = [RatingsInline, InterestsInline]
    change_form_outer_before_template = "admin/shipments/acts.html"

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        """A protected source is known to analysts alone: here as everywhere, no name, no row."""
        return queryset.named_to(reader)

    def with_columns(self, queryset: QuerySet) -> QuerySet:
        latest = SourceRating.objects.filter(source=OuterRef("pk"), topic="").order_by("-valid_from", "-recorded_at")
        return queryset.annotate(grade=Subquery(latest.values("grade")[:1]))

    @display(description="grade", ordering="grade", empty_value="not rated")
    def shown_grade(self, source: Source) -> str | None:
        return source.grade and SourceRating.Grade(source.grade).label

    @display(description="marking", ordering="marking")
    def shown_marking(self, source: Source) -> SafeString:
        return marking_badge(source.marking)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        grade = f"{reverse('admin:actors_sourcerating_add')}?{urlencode({'source': unquote(object_id)})}"
        context = {**(extra_context or {}), "acts": [(grade, "Grade it")]}
        return super().change_view(request, object_id, form_url, context)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return super().get_readonly_fields(request, obj) + (["code"] if obj else [])

    def get_inline_instances(self, request: HttpRequest, obj: Model | None = None) -> list:
        return super().get_inline_instances(request, obj) if obj else []


class SourceRatingAdmin(ReadableAdmin):
    """Grades, each in force from its day and never rewritten. Adding one is the shipments app's, which it moves."""

    visible_through = ("source",)
    list_display = ["source", "grade", "topic", "valid_from", "recorded_at", "rated_by", "reason"]
    list_filter = ["grade", RelatedFilter.by("source")]
    search_fields = ["topic", "reason"]
    search_related = {"source": ("code", "name")}
    fields = ["source", "grade", "topic", "valid_from", "reason"]


class SourceInterestAdmin(ReadableAdmin):
    """Whom a source is interested in, from when we noted it."""

    visible_through = ("source", "actor")
    list_display = ["source", "actor", "recorded_at"]
    list_filter = [RelatedFilter.by("source"), RelatedFilter.by("actor")]
    search_fields: list[str] = []
    search_related = {"source": ("code", "name"), "actor": ("name",)}
    fields = ["source", "actor"]
