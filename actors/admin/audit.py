"""Who changed what, and why."""

import json

from django.contrib import admin
from django.db.models import Q, QuerySet
from unfold.decorators import display

from actors.access import Reader
from actors.admin.filters import DayFilter, WordFilter
from actors.admin.readable import ReadableAdmin
from actors.marking import Marking
from actors.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadableAdmin):
    """The audit trail. Reasons speak of whatever their author could see, so others' entries want full clearance."""

    list_display = ["at", "user", "partner_key", "action", "object_type", "object_reference", "reason"]
    list_filter = [WordFilter.by("action"), WordFilter.by("object_type"), ("at", DayFilter)]
    search_fields = ["object_reference", "reason", "action"]
    ordering = ["-at", "-id"]
    fields = ["at", "user", "partner_key", "action", "object_type", "object_reference", "reason", "shown_changes"]
    readonly_fields = ["shown_changes"]

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        return queryset if reader.clearance >= Marking.RED else queryset.filter(Q(user_id=reader.user_id))

    @display(description="changes")
    def shown_changes(self, entry: AuditEntry) -> str:
        return json.dumps(entry.changes, ensure_ascii=False, indent=2) if entry.changes else "–"
