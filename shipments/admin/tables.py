"""Tables of the world's codes and of our own rules. What comes from files is changed there and loaded again."""

import json

from django.contrib import admin
from unfold.decorators import display

from actors.admin.filters import RelatedFilter
from actors.admin.meanwhile import PartForm
from actors.admin.readable import KEPT, EditableRows, ReadableAdmin
from shipments.admin.merging import Mergeable
from shipments.models import Attribute, Containment, LedgerEntry, Place, PolicyVersion
from shipments.services.reaching import reach_place


@admin.register(Attribute)
class AttributeAdmin(ReadableAdmin):
    """Kinds of fact, from shipments/vocabularies/attributes.toml by load_vocabularies."""

    open_to_all = True
    is_register = True
    ordering = ["name"]
    list_display = ["name", "label", "type", "subjects", "comparison", "has_time_axis", "topic"]
    list_filter = ["type", "comparison", "has_time_axis"]
    search_fields = ["name", "label", "note"]


@admin.register(Containment)
class ContainmentAdmin(ReadableAdmin):
    """Which coarser words hold which finer ones, from shipments/vocabularies/containments.toml."""

    open_to_all = True
    list_display = ["attribute", "coarser", "finer", "recorded_at"]
    list_filter = [RelatedFilter.by("attribute")]
    search_fields = ["coarser", "finer"]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadableAdmin):
    """The numbers the reconciler weighs by, version by version."""

    open_to_all = True
    list_display = ["version", "recorded_at", "recorded_by", "reason"]
    search_fields = ["reason"]
    fields = [*list_display, "shown_weights"]
    readonly_fields = ["shown_weights"]

    @display(description="weights")
    def shown_weights(self, policy: PolicyVersion) -> str:
        return json.dumps(policy.weights, indent=2, sort_keys=True)


class PlaceForm(PartForm):
    whole = "within"


@admin.register(Place)
class PlaceAdmin(Mergeable, EditableRows, ReadableAdmin):
    """Airports, ports, border points, cities and countries."""

    form = PlaceForm
    open_to_all = True
    is_register = True
    ordering = ["name", "id"]
    list_display = ["shown_name", "code", "kind", "country", "iata", "icao", "unlocode", "within", "provisional"]
    list_filter = ["kind", "provisional", RelatedFilter.by("within")]
    search_fields = ["code", "name", "iata", "icao", "unlocode"]
    readonly_fields = ["merged_into"]
    fieldsets = [
        (None, {"fields": [("name", "code"), ("kind", "country"), ("within", "time_zone"), "provisional"]}),
        ("Codes and position", {"fields": [("iata", "icao"), "unlocode", ("latitude", "longitude")]}),
        (KEPT, {"fields": ["merged_into"]}),
    ]

    def get_readonly_fields(self, request, obj=None):  # type: ignore[no-untyped-def]
        """Reports name a place by its code, so it is given once."""
        return super().get_readonly_fields(request, obj) + (["code"] if obj else [])

    def save_model(self, request, obj, form, change):  # type: ignore[no-untyped-def]
        """What was said of a place is read otherwise once it lies in another one."""
        super().save_model(request, obj, form, change)
        if change and PlaceForm.whole in form.changed_data:
            reach_place(obj)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadableAdmin):
    """What partners entered, by the names they know it by, as they last said it."""

    visible_through = ("source", "subject", "actor")
    list_display = ["external_id", "kind", "source", "subject", "actor", "place", "version", "entered_at"]
    list_filter = ["kind", RelatedFilter.by("source")]
    search_fields = ["external_id"]
    search_related = {"subject": ("reference", "title"), "actor": ("reference", "name")}
    fields = [*list_display, "shown_saying"]
    readonly_fields = ["shown_saying"]

    @display(description="as it was said")
    def shown_saying(self, entry: LedgerEntry) -> str:
        return json.dumps(entry.said, indent=2, ensure_ascii=False)
