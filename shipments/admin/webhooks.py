"""Partners' subscriptions and what became of each message: for whoever looks after the service.

Signing secrets have no page. An operator disables with a reason that the partner reads, enables, and sends again.
"""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display

from actors.access import Reader
from actors.admin.asking import WhyForm, ask_why
from actors.admin.badges import badge, words
from actors.admin.filters import ChosenFilter, DayFilter, RelatedFilter
from actors.admin.readable import ReadableAdmin, ReadableInline, is_operator
from shipments.models import Delivery, DeliveryAttempt, Subscription
from shipments.services.errors import ShipmentsError
from shipments.services.webhooks.subscribing import By, disable, enable, replay

COLOURS = {"pending": "info", "delivered": "success", "failed": "danger", "withheld": "warning", "cancelled": "default"}
LONGEST_NOTE = Subscription._meta.get_field("disabled_note").max_length
FILTERS = ("kinds", "subjects", "crises", "donors", "recipients")


class NoteForm(WhyForm):
    """Why, for the partner to read; a subscription keeps so much of it."""

    def clean_reason(self) -> str:
        note = " ".join(self.cleaned_data["reason"].split())
        if len(note) > LONGEST_NOTE:
            raise ValidationError(f"At most {LONGEST_NOTE} characters.")
        return note


class StandingFilter(ChosenFilter):
    title = "standing"
    parameter_name = "standing"
    words = (("active", "Active"), ("failing", "Failing"), ("disabled", "Disabled"))

    def select(self, queryset: QuerySet, word: str, reader: Reader) -> QuerySet:
        if word == "disabled":
            return queryset.exclude(disabled_at=None)
        return queryset.filter(disabled_at=None, failing_since__isnull=word == "active")


@admin.register(Subscription)
class SubscriptionAdmin(ReadableAdmin):
    """Addresses that partners want told. They make and delete them by the API."""

    visible_through = ("key",)
    is_register = True
    list_display = ["reference", "key", "url", "shown_types", "shown_standing", "failing_since"]
    list_filter = [StandingFilter, RelatedFilter.by("key"), ("created_at", DayFilter)]
    search_fields = ["reference", "url", "description"]
    search_related = {"key": ("name", "prefix")}
    fields = [
        *("reference", "key", "description", "url", "shown_types", "shown_filters", "created_at"),
        *("shown_standing", "disabled_at", "disabled_note", "failing_since", "paused_until"),
    ]
    readonly_fields = ["shown_types", "shown_filters", "shown_standing"]
    actions = ["disable", "enable"]

    def has_look_after_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    @display(description="tells of")
    def shown_types(self, subscription: Subscription) -> str:
        return ", ".join(subscription.event_types)

    @display(description="about")
    def shown_filters(self, subscription: Subscription) -> str:
        said = [f"{name}: {', '.join(getattr(subscription, name))}" for name in FILTERS if getattr(subscription, name)]
        return "; ".join(said) or "everything"

    @display(description="standing")
    def shown_standing(self, subscription: Subscription) -> SafeString:
        if subscription.disabled_at:
            return badge("disabled", "danger", title=subscription.get_disabled_reason_display())
        return badge("failing", "warning") if subscription.failing_since else badge("active", "success")

    @admin.action(description="Disable …", permissions=["look_after"])
    def disable(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        effect = "What waits for them is cancelled, and nothing is sent until they are enabled. The partner reads why."
        note, page = ask_why(self, request, queryset, title="Disable", effect=effect, form_of=NoteForm)
        if page:
            return page
        by, reason = By(user=request.user), Subscription.Reason.OPERATOR
        count = sum(disable(each, reason=reason, note=note, by=by) for each in queryset)
        messages.success(request, f"{count} disabled. What was waiting for them is cancelled.")
        return None

    @admin.action(description="Enable", permissions=["look_after"])
    def enable(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = 0
        for subscription in queryset.exclude(disabled_at=None):
            try:
                enable(subscription, by=By(user=request.user))
                count += 1
            except ShipmentsError as refusal:
                messages.error(request, f"{subscription}: {refusal.detail}")
        messages.success(request, f"{count} enabled. They are told of what happens from now on.")


class AttemptInline(ReadableInline):
    """Each request and what came of it."""

    model = DeliveryAttempt
    open_to_all = True  # seen with its delivery
    verbose_name_plural = "attempts"
    fields = ["number", "at", "duration_ms", "status", "error", "response"]


@admin.register(Delivery)
class DeliveryAdmin(ReadableAdmin):
    """Messages to partners, each with its attempts."""

    visible_through = ("subscription",)
    list_display = ["webhook_id", "shown_type", "subject", "subscription", "shown_state", "attempts", "shown_next"]
    list_filter = [
        "state",
        "type",
        RelatedFilter.by("subscription"),
        RelatedFilter.by("subject"),
        ("created_at", DayFilter),
    ]
    search_fields = ["webhook_id"]
    search_related = {"subscription": ("reference", "url"), "subject": ("reference", "title")}
    fields = [
        *("webhook_id", "subscription", "shown_type", "subject", "marking", "shown_state", "attempts", "failures"),
        *("created_at", "shown_next", "leased_until", "finished_at", "shown_payload"),
    ]
    readonly_fields = ["shown_type", "shown_state", "shown_next", "shown_payload"]
    inlines = [AttemptInline]
    actions = ["send_again"]

    def has_look_after_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    @display(description="type", ordering="type")
    def shown_type(self, delivery: Delivery) -> str:
        return delivery.type

    @display(description="state", ordering="state")
    def shown_state(self, delivery: Delivery) -> SafeString:
        title = delivery.get_state_display()
        return badge(words(delivery.state), COLOURS[delivery.state], title="" if title == delivery.state else title)

    @display(description="message")
    def shown_payload(self, delivery: Delivery) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(json.loads(delivery.payload), ensure_ascii=False, indent=2))

    @display(description="next attempt at", ordering="next_attempt_at", empty_value="–")
    def shown_next(self, delivery: Delivery) -> str | None:
        # A page would write a computed time to the microsecond.
        return None if delivery.finished_at else date_format(localtime(delivery.next_attempt_at), "DATETIME_FORMAT")

    @admin.action(description="Send again", permissions=["look_after"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        rows = list(queryset.select_related("subscription"))
        try:
            count = replay(rows, by=By(user=request.user))
        except ShipmentsError as refusal:
            messages.error(request, refusal.detail)
            return
        messages.success(request, f"{count} to be sent again. What waits already, or was withheld, is left as it is.")
