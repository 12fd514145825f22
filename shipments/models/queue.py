"""The work there is to do, as rows: the database holds all intent, Celery only rings the bell."""

from uuid import UUID

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from actors.identifiers import new_id
from actors.marking import Marking
from actors.models import Actor, PartnerKey
from shipments.models.subject import Subject
from shipments.querysets import OutboxQuerySet

# The lane of subjects that several organisations, or we ourselves, made due.
EVERYBODY = UUID(int=0)


class Due(models.Model):
    """A subject whose picture may be out of date. One row a subject.

    A write raises ``generation``; a worker copies it to ``claimed_generation`` and leases the row
    by the database's clock. Its write-back deletes the row only where both still agree.
    """

    subject = models.OneToOneField(Subject, models.CASCADE, primary_key=True, related_name="due")
    lane = models.UUIDField(
        db_default=EVERYBODY,
        help_text="The organisation whose reports made it due, for taking turns; zero where it is not one alone.",
    )
    is_bulk = models.BooleanField(
        db_default=False, help_text="An import made it due, with many others; live ones go before it."
    )
    due_since = models.DateTimeField(db_default=Now())
    from_moment = models.DateTimeField(help_text="The earliest moment of knowledge that may have changed.")
    generation = models.PositiveBigIntegerField(default=1)
    claimed_generation = models.PositiveBigIntegerField(null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    quarantined = models.BooleanField(default=False)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "due"
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_generation__isnull=True) | Q(claimed_generation__lte=F("generation")),
                name="due_claim_is_not_ahead",
            ),
            models.CheckConstraint(
                condition=Q(claim_token__isnull=True, leased_until__isnull=True, claimed_generation__isnull=True)
                | Q(claim_token__isnull=False, leased_until__isnull=False, claimed_generation__isnull=False),
                name="due_claim_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "is_bulk", "not_before", "due_since"],
                condition=Q(quarantined=False),
                name="due_in_turn",
            ),
        ]

    def __str__(self) -> str:
        return f"due since {self.due_since:%Y-%m-%d %H:%M}"


def _told_of(model: type[models.Model], help_text: str) -> models.ForeignKey:
    """A link of an event that the database does not check: that would be half of what storing an event costs."""
    return models.ForeignKey(
        model,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text=help_text,
    )


class OutboxEvent(models.Model):
    """Something that readers of ``marking`` and above may be told, and ``actor`` whatever their clearance.

    ``sequence`` is given after commit by the relay, in one order for all: a serial column would skip
    transactions that commit late. It counts what a reader may not see, so nobody is shown it; what a
    reader holds is the ``uid`` of the last event they saw.

    It is a notice of 30 days, from which nothing is worked out; one whose subject is gone is told to nobody.
    """

    class Type(models.TextChoices):
        REPORT_RECORDED = "report.recorded"
        REPORT_HELD = "report.held"
        REPORT_BOUND = "report.bound", "report.bound (a held report was attached to a subject)"
        PICTURE_CHANGED = "picture.changed"
        SUBJECT_CHANGED = "subject.changed", "subject.changed (its identity, its plan, or who may read it)"
        SUBJECT_GONE = "subject.gone", "subject.gone (an organisation that could read it cannot any more)"

    id = models.BigAutoField(primary_key=True)
    # Rows that an older release writes, or COPY, get theirs from the database.
    uid = models.UUIDField(default=new_id, db_default=RandomUUID(), unique=True, editable=False)
    type = models.CharField(max_length=60, choices=Type)
    subject = _told_of(Subject, "See the indexes.")
    marking = models.PositiveSmallIntegerField(choices=Marking.choices)
    actor = _told_of(Actor, "Who sent what it tells of; left empty where everybody reads it anyway.")
    body = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    fanned_out_at = models.DateTimeField(null=True, blank=True, help_text="When webhooks were made of it.")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            # Also the index by which each marking is read in order.
            models.UniqueConstraint(fields=["marking", "sequence"], name="outbox_sequence_is_given_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(sequence__isnull=True), name="outbox_to_relay"),
            models.Index(fields=["subject", "sequence"], name="outbox_by_subject"),
            models.Index(fields=["actor", "sequence"], condition=Q(actor__isnull=False), name="outbox_by_sender"),
            models.Index(
                fields=["sequence"],
                condition=Q(fanned_out_at__isnull=True, sequence__isnull=False),
                name="outbox_to_be_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class IdempotentRequest(models.Model):
    """The stored answer to a request with an Idempotency-Key, replayed byte for byte for 24 hours."""

    partner_key = models.ForeignKey(PartnerKey, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty while in flight.")
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner_key", "key"], name="idempotent_request_is_kept_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotent_request_by_age")]

    def __str__(self) -> str:
        return self.key
