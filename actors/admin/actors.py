"""Actors, with their names and codes."""

from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.admin.badges import marking_badge
from actors.admin.filters import RelatedFilter
from actors.admin.meanwhile import PartForm
from actors.admin.readable import KEPT, EditableInline, EditableRows, ReadableAdmin
from actors.models import Actor, ActorIdentifier, ActorName


class NamesInline(EditableInline):
    model = ActorName
    visible_through = ("actor",)
    verbose_name = "name"
    verbose_name_plural = "other names"


class IdentifiersInline(EditableInline):
    model = ActorIdentifier
    visible_through = ("actor",)
    verbose_name = "code"
    verbose_name_plural = "known elsewhere as"


class ActorAdmin(EditableRows, ReadableAdmin):
    """Who takes part. A role is on a link, so there is none here."""

    form = PartForm
    is_register = True
    ordering = ["name", "id"]
    list_display = ["name", "reference", "kind", "country", "parent", "shown_marking", "provisional"]
    list_filter = ["kind", "provisional", "marking", RelatedFilter.by("parent")]
    search_fields = ["name", "reference", "country"]
    search_related = {"names": ("name",), "identifiers": ("value",)}
    readonly_fields = ["reference", "merged_into", "created_at"]
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("country", "parent"), ("marking", "provisional")]}),
        (KEPT, {"fields": [("reference", "created_at"), "merged_into"]}),
    ]
    inlines = [NamesInline, IdentifiersInline]

    @display(description="marking", ordering="marking")
    def shown_marking(self, actor: Actor) -> SafeString:
        return marking_badge(actor.marking)

    def get_inline_instances(self, request: HttpRequest, obj: Model | None = None) -> list:
        return super().get_inline_instances(request, obj) if obj else []
