"""Decisions of analysts: reports of the highest standing, with an author and a reason."""

from django.contrib import admin
from unfold.decorators import display

from actors.admin.badges import words
from actors.admin.readable import ReadableAdmin
from shipments.models import Decision


@admin.register(Decision)
class DecisionAdmin(ReadableAdmin):
    """What was decided, by whom, why and until when. A decision is taken on its subject's page."""

    visible_through = ("report",)
    list_display = ["report", "shown_kind", "author", "reason", "attribute", "expires_at"]
    list_filter = ["kind"]
    search_fields = ["reason", "attribute", "conflict"]
    search_related = {"report": ("reference",)}
    fields = ["report", "kind", "author", "reason", "attribute", "conflict", "expires_at"]

    @display(description="decision", ordering="kind")
    def shown_kind(self, decision: Decision) -> str:
        return words(decision.kind)
