"""Who is to be told of what, and what became of each telling: rows, so that a lost message loses nothing.

OutboxEvent ── fan-out ──> Delivery (one for each subscription) ── claim, send, settle ──> DeliveryAttempt
"""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from actors.identifiers import ALPHABET, new_id, new_reference
from actors.marking import Marking
from actors.models import PartnerKey
from shipments.models.queue import OutboxEvent
from shipments.models.subject import Subject
from shipments.querysets import DeliveryQuerySet, SubscriptionQuerySet

WEBHOOK_ID_LENGTH = 20


def subscription_reference() -> str:
    return new_reference("SUB")


def webhook_id() -> str:
    """A message's name: 100 random bits, no full stop in it (Standard Webhooks signs it between two)."""
    return f"msg_{''.join(secrets.choice(ALPHABET) for _ in range(WEBHOOK_ID_LENGTH))}"


class EventType(models.TextChoices):
    """What a message tells. The last two cannot be subscribed to: they come by themselves, and when asked for."""

    PICTURE_CHANGED = "picture.changed", "What we believe of a subject has changed."
    SUBJECT_CHANGED = "subject.changed", "A subject is new, is planned otherwise, or may be read now."
    SUBJECT_GONE = "subject.gone", "A subject that could be read cannot be read any more."
    REPORT_RECORDED = "report.recorded", "A report was recorded."
    REPORT_HELD = "report.held", "A report was recorded and waits for an analyst to bind it."
    REPORT_BOUND = "report.bound", "A held report is now about a subject."
    PICTURE_CORRECTED = "picture.corrected", "A status that this subscription was told is not believed any more."
    PING = "ping", "A trial."


def _references() -> ArrayField:
    return ArrayField(models.CharField(max_length=30), default=list, blank=True, help_text="Empty: any.")


class Subscription(models.Model):
    """An address that a partner wants told. It may know what ``key`` may see, at the moment of sending.

    The organisation of ``key`` owns it. An empty filter lets everything through; of two filters both must fit.
    """

    class Reason(models.TextChoices):
        PARTNER = "partner", "Disabled by the partner."
        OPERATOR = "operator", "Disabled by an operator."
        GONE = "gone", "The endpoint answered 410 Gone."
        FAILING = "failing", "Every attempt of the last 120 hours failed."
        KEY = "key", "Its key was revoked, ran out or lost a scope."

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=20, unique=True, default=subscription_reference, editable=False)
    key = models.ForeignKey(
        PartnerKey, models.PROTECT, related_name="subscriptions", help_text="What this key may read is what is sent."
    )
    description = models.CharField(max_length=500, blank=True)
    url = models.CharField("URL", max_length=500)
    event_types = ArrayField(models.CharField(max_length=30))
    kinds = ArrayField(models.CharField(max_length=10), default=list, blank=True, help_text="Of subject. Empty: any.")
    subjects = _references()
    crises = _references()
    donors = _references()
    recipients = _references()
    created_at = models.DateTimeField(db_default=Now())
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=10, choices=Reason, blank=True)
    disabled_note = models.CharField("why disabled", max_length=500, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="The first failure since the last success.")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="The endpoint asked for it by Retry-After.")

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_reason="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_reason="")),
                name="subscription_is_disabled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(event_types__len__gte=1)
                & Q(event_types__contained_by=[each.value for each in OutboxEvent.Type]),
                name="subscription_asks_for_what_there_is",
            ),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"), name="subscription_url_is_http"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(disabled_at__isnull=True), name="subscription_active"),
        ]

    def __str__(self) -> str:
        return self.reference


class SubscriptionSecret(models.Model):
    """A signing secret, sealed. After a rotation the one before signs too until ``expires_at``."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: the current one.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(expires_at__isnull=True),
                name="subscription_secret_is_current_once",
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk}"


class Delivery(models.Model):
    """One message to one subscription. ``webhook_id`` and ``payload`` stay the same however often it is sent.

    A worker claims it with a token and a lease by the database's clock, sends outside of any transaction,
    and writes what became of it only where the token is still its own.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed", "failed at every attempt"
        WITHHELD = "withheld", "the subscription may not know of it any more"
        CANCELLED = "cancelled", "the subscription was disabled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook_id = models.CharField("message ID", max_length=40, unique=True, default=webhook_id, editable=False)
    # Its index is the one in order of keys, see Meta.
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries", db_index=False)
    event_uid = models.UUIDField(null=True, blank=True, help_text="The event it was made of, which may be gone by now.")
    type = models.CharField(max_length=30, choices=EventType)
    subject = models.ForeignKey(Subject, models.CASCADE, null=True, blank=True, related_name="+")
    marking = models.PositiveSmallIntegerField(choices=Marking.choices, default=Marking.CLEAR)
    payload = models.TextField(help_text="The very text that is signed and sent.")
    told_at = models.DateTimeField(help_text="The payload's timestamp; of two on one subject the later one stands.")
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0, help_text="Since it was made.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Since it was made or replayed.")
    next_attempt_at = models.DateTimeField(db_default=Now())
    claim_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event_uid", "type"], name="delivery_is_made_once"),
            models.CheckConstraint(
                condition=Q(claim_token__isnull=True, leased_until__isnull=True)
                | Q(claim_token__isnull=False, leased_until__isnull=False),
                name="delivery_claim_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", finished_at__isnull=True)
                | (~Q(state="pending") & Q(finished_at__isnull=False, claim_token__isnull=True)),
                name="delivery_is_finished_when_it_is_not_pending",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "next_attempt_at"], condition=Q(state="pending"), name="delivery_in_order"
            ),
            models.Index(
                fields=["subject", "subscription", "-told_at"],
                condition=Q(type__in=["picture.changed", "picture.corrected"]),
                name="delivery_last_told",
            ),
            models.Index(fields=["subscription", "id"], name="delivery_by_subscription"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.webhook_id}"


class DeliveryAttempt(models.Model):
    """One request to a partner's endpoint and what came of it. ``error`` is a code, empty where there was an answer."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField("milliseconds")
    status = models.PositiveSmallIntegerField("HTTP status", null=True, blank=True, help_text="Of the HTTP answer.")
    error = models.CharField(max_length=30, blank=True)
    response = models.TextField(blank=True, help_text="The beginning of the answer's body.")

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="delivery_attempt_is_numbered_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=False) | ~Q(error=""), name="delivery_attempt_has_an_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.status or self.error}"
