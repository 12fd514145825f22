"""Flows, added up as far as they have been: sums that a page of /flows/ reads, and what is not in them yet.

Derived from pictures and plans; can be dropped and made again. What is due is told by triggers on whatever flows are
made of (see the migrations), in the transaction that changes it, so that nothing changes without being due.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from actors.marking import Marking


class FlowDue(models.Model):
    """A subject that may add something else to flows than is kept. Appended to and never waited for."""

    id = models.BigAutoField(primary_key=True)
    subject_id = models.UUIDField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "flows due"

    def __str__(self) -> str:
        return str(self.subject_id)


class FlowTotal(models.Model):
    """The sums of one flow, told apart as finely as it is kept. What is not known is "".

    ``sums`` has a text (services.flows.sums) for each clearance: what is added, where it is reached, to those below it;
    and one for each of what is contested alone.
    """

    id = models.UUIDField(primary_key=True, help_text="Made of what the flow is of, so that there is one of each.")
    recipient = models.CharField(max_length=20, blank=True, help_text="Reference.")
    donors = ArrayField(models.CharField(max_length=20), help_text="References, in order.")
    crisis = models.CharField(max_length=20, blank=True, help_text="Reference.")
    period = models.CharField(max_length=7, blank=True, help_text="A month, or a year.")
    sums = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["recipient"], name="flow_total_by_recipient"),
            GinIndex(fields=["donors"], name="flow_total_by_donor"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient} from {self.donors}"


class FlowShare(models.Model):
    """What one offer or shipment adds to one flow, for readers cleared for ``least`` and not yet for ``above``.

    Where it is an offer that waits for an answer: its reference, and between which times it was made.
    """

    id = models.BigAutoField(primary_key=True)
    # No key of another table: of what is gone, the share is taken away by whoever adds up.
    subject_id = models.UUIDField(db_index=True)
    total = models.ForeignKey(FlowTotal, models.CASCADE, related_name="+", db_index=False)
    least = models.PositiveSmallIntegerField(choices=Marking.choices)
    above = models.PositiveSmallIntegerField()
    sums = models.TextField()
    offer = models.CharField(max_length=20, blank=True)
    earliest = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    is_said = models.BooleanField(default=False)
    is_contested = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(least__lt=F("above")), name="flow_share_is_for_somebody"),
        ]
        indexes = [
            # The longest wait first, of what is contested and of what is not.
            models.Index(
                fields=["total", "is_contested", "since", "offer"], condition=~Q(offer=""), name="flow_share_longest"
            ),
        ]

    def __str__(self) -> str:
        return "what a subject adds to a sum"
