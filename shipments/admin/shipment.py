"""Shipments, with what was planned: parties, legs and lines."""

from django.contrib import admin

from actors.admin.filters import DayFilter, RelatedFilter, WordFilter
from actors.admin.meanwhile import PartForm
from actors.admin.readable import EditableInline, ReadableAdmin
from shipments.admin.naming import NamedQuantities
from shipments.admin.subjects import (
    ContestedFilter,
    GrantsInline,
    IdentifiersInline,
    StateFilter,
    StatusFilter,
    SubjectPages,
)
from shipments.models import Leg, Line, Receipt, Shipment, ShipmentParty


class PartiesInline(EditableInline):
    model = ShipmentParty
    visible_through = ("shipment", "actor")
    verbose_name = "party"
    verbose_name_plural = "parties"


class LegsInline(EditableInline):
    model = Leg
    visible_through = ("shipment", "carrier")
    fields = [
        "key",
        "sequence",
        "role",
        "origin",
        "destination",
        "carrier",
        "flight_number",
        "planned_departure",
        "planned_arrival",
    ]


class LinesInline(EditableInline):
    model = Line
    visible_through = ("shipment", "donor")
    fields = ["key", "item", "category", "donor", "quantity_low", "quantity_high", "unit", "qualifier", "basis"]


@admin.register(Shipment)
class ShipmentAdmin(SubjectPages):
    """What moves. A flight may be seen before any pledge is known."""

    form = PartForm
    list_display = [
        "shown_title",
        "mode",
        "recipient",
        "shown_status",
        "shown_state",
        "shown_confidence",
        "shown_origins",
    ]
    list_filter = [
        StatusFilter,
        StateFilter,
        ContestedFilter,
        "mode",
        RelatedFilter.by("recipient"),
        RelatedFilter.by("carrier"),
        RelatedFilter.by("crisis"),
        "provisional",
        "marking",
    ]
    search_related = {**SubjectPages.search_related, "recipient": ("name",), "carrier": ("name",)}
    fieldsets = [
        ("What it is", {"fields": SubjectPages.identity}),
        ("The plan", {"fields": [("mode", "destination"), ("recipient", "carrier"), ("offer", "parent")]}),
        SubjectPages.kept_by_the_service,
    ]
    inlines = [PartiesInline, LegsInline, LinesInline, IdentifiersInline, GrantsInline]


@admin.register(Leg)
class LegAdmin(ReadableAdmin):
    """All legs of all shipments; they are planned on their shipment's page."""

    visible_through = ("shipment", "carrier")
    list_display = ["key", "shipment", "role", "origin", "destination", "carrier", "flight_number", "planned_departure"]
    list_filter = [
        "role",
        RelatedFilter.by("carrier"),
        RelatedFilter.by("origin"),
        RelatedFilter.by("destination"),
        ("planned_departure", DayFilter),
    ]
    search_fields = ["key", "flight_number", "registration"]
    search_related = {"shipment": ("reference", "title"), "origin": ("name",), "destination": ("name",)}


@admin.register(Line)
class LineAdmin(NamedQuantities, ReadableAdmin):
    """All lines of all shipments, with what was counted of them."""

    visible_through = ("shipment", "donor")
    list_display = ["item", "key", "shipment", "category", "donor", "shown_quantity", "basis"]
    list_filter = ["basis", WordFilter.by("category"), RelatedFilter.by("donor")]
    search_fields = ["key", "item", "category", "lot"]
    search_related = {"shipment": ("reference", "title")}


@admin.register(Receipt)
class ReceiptAdmin(ReadableAdmin):
    """What receivers counted, line by line."""

    visible_through = ("line", "report")
    list_display = ["line", "report", "received_on", "accepted", "rejected", "rejection_reason"]
    search_fields = ["rejection_reason"]
    search_related = {"line": ("item", "key"), "report": ("reference",)}
    list_filter = [("received_on", DayFilter)]


@admin.register(ShipmentParty)
class ShipmentPartyAdmin(ReadableAdmin):
    """Who has which role in which shipment."""

    visible_through = ("shipment", "actor")
    list_display = ["actor", "role", "shipment"]
    list_filter = ["role", RelatedFilter.by("actor")]
    search_fields: list[str] = []
    search_related = {"actor": ("name",), "shipment": ("reference", "title")}
