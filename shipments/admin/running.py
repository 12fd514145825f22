"""The work there is to do: for whoever looks after the service."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from actors.access import Reader
from actors.admin.filters import DayFilter, RelatedFilter, WordFilter
from actors.admin.readable import ReadableAdmin, is_operator
from actors.marking import Marking
from actors.models import AuditEntry
from shipments.models import Due, IdempotentRequest, OutboxEvent
from shipments.services.doorbell import ring_on_commit
from shipments.services.queue import forget_tries, mark_due_now


@admin.register(Due)
class DueAdmin(ReadableAdmin):
    """Subjects whose picture may be out of date. After five failures one is set aside until somebody looks."""

    visible_through = ("subject",)
    list_display = ["subject", "due_since", "not_before", "attempts", "quarantined", "leased_until", "last_error"]
    list_filter = ["quarantined"]
    search_fields = ["last_error"]
    search_related = {"subject": ("reference", "title")}
    fields = [*list_display, "from_moment", "generation", "claimed_generation"]
    actions = ["try_again"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    @admin.action(description="Work out anew, from the beginning", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet) -> None:
        rows = list(queryset.select_related("subject"))
        mark_due_now([row.subject_id for row in rows])
        forget_tries([row.subject_id for row in rows])
        ring_on_commit()
        AuditEntry.objects.bulk_create(
            AuditEntry(
                user=request.user,
                action="try_again",
                object_type=row.subject.kind,
                object_reference=row.subject.reference,
                changes={"last_error": row.last_error},
            )
            for row in rows
        )
        messages.success(request, f"{len(rows)} to be worked out anew.")


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadableAdmin):
    """What readers are to be told, in order."""

    visible_through = ("subject",)
    list_display = ["id", "type", "subject", "marking", "created_at", "sequence"]
    list_filter = ["type", "marking", ("created_at", DayFilter)]
    search_fields = ["type"]
    search_related = {"subject": ("reference", "title")}
    fields = [*list_display, "shown_body"]
    readonly_fields = ["shown_body"]

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        queryset = super().readable(queryset, reader).filter(marking__lte=reader.clearance)
        # An event of no subject tells of a held report, which only analysts see (ReportQuerySet).
        return queryset if reader.clearance >= Marking.AMBER else queryset.exclude(subject=None)

    @display(description="body")
    def shown_body(self, event: OutboxEvent) -> str:
        return json.dumps(event.body, ensure_ascii=False, indent=2)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadableAdmin):
    """Which requests were answered and may be repeated; what was answered is between the partner and us."""

    visible_through = ("partner_key",)
    list_display = ["key", "partner_key", "status", "created_at"]
    list_filter = [WordFilter.by("status"), RelatedFilter.by("partner_key")]
    search_fields = ["key"]
    fields = list_display

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)
