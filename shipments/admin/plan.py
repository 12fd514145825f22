"""What was asked and offered, and who talked to whom."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from actors.admin.badges import state_badge, words
from actors.admin.filters import DayFilter, RelatedFilter, WordFilter
from actors.admin.readable import EditableInline, ReadableAdmin, reader_of
from shipments.admin.naming import NamedQuantities, NamedValues
from shipments.admin.subjects import (
    ContestedFilter,
    GrantsInline,
    IdentifiersInline,
    StateFilter,
    StatusFilter,
    SubjectPages,
)
from shipments.models import Appeal, Contact, Finding, Inquiry, Offer, OfferLine
from shipments.services.value_names import named

RESOLVED = ["shown_status", "shown_state", "shown_confidence", "shown_origins"]


@admin.register(Appeal)
class AppealAdmin(SubjectPages):
    """Requests for help, to one addressee or to all."""

    list_display = ["shown_title", "requester", "addressee", *RESOLVED]
    list_filter = [
        StatusFilter,
        StateFilter,
        ContestedFilter,
        RelatedFilter.by("requester"),
        RelatedFilter.by("addressee"),
        RelatedFilter.by("crisis"),
        "marking",
    ]
    search_related = {**SubjectPages.search_related, "requester": ("name",), "addressee": ("name",)}
    fieldsets = [
        ("What it is", {"fields": SubjectPages.identity}),
        ("The plan", {"fields": [("requester", "addressee"), "asked_for"]}),
        SubjectPages.kept_by_the_service,
    ]
    inlines = [IdentifiersInline, GrantsInline]


class OfferLinesInline(EditableInline):
    model = OfferLine
    visible_through = ("offer",)
    fields = ["key", "item", "quantity_low", "quantity_high", "unit", "qualifier", "basis", "amount", "currency"]


@admin.register(Offer)
class OfferAdmin(SubjectPages):
    """Help that a donor put forward."""

    list_display = ["shown_title", "donor", "recipient", *RESOLVED]
    list_filter = [
        StatusFilter,
        StateFilter,
        ContestedFilter,
        "form",
        RelatedFilter.by("donor"),
        RelatedFilter.by("recipient"),
        RelatedFilter.by("crisis"),
        "marking",
    ]
    search_related = {**SubjectPages.search_related, "donor": ("name",), "recipient": ("name",)}
    fieldsets = [
        ("What it is", {"fields": SubjectPages.identity}),
        ("The plan", {"fields": [("donor", "recipient"), ("form", "answers"), "conditions"]}),
        SubjectPages.kept_by_the_service,
    ]
    inlines = [OfferLinesInline, IdentifiersInline, GrantsInline]


@admin.register(OfferLine)
class OfferLineAdmin(NamedQuantities, ReadableAdmin):
    """All lines of all offers; they are written on their offer's page."""

    visible_through = ("offer",)
    list_display = ["item", "key", "offer", "shown_quantity", "shown_amount"]
    list_filter = ["basis", WordFilter.by("currency")]
    search_fields = ["item", "key", "category"]
    search_related = {"offer": ("reference", "title")}


class OutcomePages(NamedValues, SubjectPages):
    """Kinds without a lifecycle: their list tells the facts that are known."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        facts = Finding.objects.for_reader(reader_of(request)).filter(kind=Finding.Kind.FACT).order_by("attribute")
        return super().get_queryset(request).prefetch_related(Prefetch("findings", facts, to_attr="facts"))

    @display(description="what is known")
    def shown_facts(self, subject: Contact | Inquiry) -> str:
        known = ((each, named(each.value, each.label, subject.names) or each.state) for each in subject.facts)
        return "; ".join(f"{words(each.attribute)}: {said}" for each, said in known) or "–"

    def values_in(self, row: Contact | Inquiry) -> list[Any]:
        return [fact.value for fact in row.facts]

    @display(description="state")
    def shown_fact_states(self, subject: Contact | Inquiry) -> str:
        states = sorted({each.state for each in subject.facts})
        return state_badge(states[0]) if len(states) == 1 else words(", ".join(states)) or "–"


@admin.register(Contact)
class ContactAdmin(OutcomePages):
    """Meetings, calls and letters between parties."""

    list_display = ["shown_title", "form", "held_on", "place", "shown_facts", "shown_fact_states"]
    list_filter = ["form", ContestedFilter, RelatedFilter.by("crisis"), ("held_on", DayFilter), "marking"]
    fieldsets = [
        ("What it is", {"fields": SubjectPages.identity}),
        ("The plan", {"fields": [("form", "held_on"), "place", "participants"]}),
        SubjectPages.kept_by_the_service,
    ]
    inlines = [IdentifiersInline, GrantsInline]


@admin.register(Inquiry)
class InquiryAdmin(OutcomePages):
    """Questions put to a party, and what came of them."""

    list_display = ["shown_title", "asked", "asked_by", "asked_on", "shown_facts", "shown_fact_states"]
    list_filter = [
        ContestedFilter,
        RelatedFilter.by("asked"),
        RelatedFilter.by("crisis"),
        ("asked_on", DayFilter),
        "marking",
    ]
    search_related = {**SubjectPages.search_related, "asked": ("name",), "asked_by": ("name",)}
    fieldsets = [
        ("What it is", {"fields": SubjectPages.identity}),
        ("The plan", {"fields": [("asked", "asked_by"), "asked_on", "question"]}),
        SubjectPages.kept_by_the_service,
    ]
    inlines = [IdentifiersInline, GrantsInline]
