"""What ties a report to other reports, to subjects and to a decision: rows beside it, since it is never rewritten."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from actors.models import Source
from shipments.models.evidence import Report, unindexed_link
from shipments.models.shipment import Leg, Line
from shipments.models.subject import Subject


class ReportLink(models.Model):
    """A report points at another, or at a source.

    What was said points by natural key, since the target may arrive later; what an analyst draws
    points at the very report. ``cites`` with neither is a citation of an undeclared origin.
    """

    class Kind(models.TextChoices):
        CORRECTS = "corrects"
        UPDATES = "updates"
        RETRACTS = "retracts"
        CITES = "cites"
        CONCERNS = "concerns", "concerns (what a decision is about)"

    report = models.ForeignKey(Report, models.PROTECT, related_name="links", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    target_source = unindexed_link(Source, related_name="+")
    target_event_id = models.CharField("target event ID", max_length=200, blank=True)
    target_report = models.ForeignKey(Report, models.PROTECT, null=True, blank=True, related_name="pointed_at_by")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why an edge was added after the report.")

    class Meta:
        ordering = ["report", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "kind", "target_source", "target_event_id", "target_report"],
                nulls_distinct=False,
                name="report_link_is_drawn_once",
            ),
            models.CheckConstraint(
                condition=Q(target_event_id="") | Q(target_source__isnull=False),
                name="report_link_event_has_a_source",
            ),
            models.CheckConstraint(
                condition=Q(target_report__isnull=True) | Q(target_source__isnull=True, target_event_id=""),
                name="report_link_points_one_way",
            ),
            models.CheckConstraint(
                condition=Q(kind="cites") | ~Q(target_event_id="") | Q(target_report__isnull=False),
                name="report_link_only_cites_whole_sources",
            ),
        ]
        indexes = [models.Index(fields=["target_source", "target_event_id"], name="report_link_by_target")]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_event_id or 'what was said elsewhere'}"


class Attachment(models.Model):
    """Binds a held report to a subject, or moves one (two events). The latest recorded stands."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="attachments")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="attachments")
    leg = models.ForeignKey(Leg, models.PROTECT, null=True, blank=True)
    line = models.ForeignKey(Line, models.PROTECT, null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    reason = models.TextField()

    class Meta:
        ordering = ["report", "recorded_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="attachment_has_a_reason"),
            models.UniqueConstraint(fields=["report", "recorded_at"], name="attachment_is_recorded_once"),
        ]

    def __str__(self) -> str:
        return f"attached: {self.reason}"


class Decision(models.Model):
    """The part of a ``decide`` report that others do not have: what, by whom, why, until when."""

    class Kind(models.TextChoices):
        ACCEPT = "accept"
        EXCLUDE = "exclude"
        MARK_ECHO = "mark_echo"
        TWO_EVENTS = "two_events"
        NOT_COMPARABLE = "not_comparable"
        KEEP_OPEN = "keep_open"

    report = models.OneToOneField(Report, models.PROTECT, primary_key=True, related_name="decision")
    kind = models.CharField(max_length=15, choices=Kind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    reason = models.TextField()
    attribute = models.CharField(max_length=60, blank=True, help_text="For not_comparable: which fact.")
    conflict = models.CharField(max_length=64, blank=True, help_text="For keep_open: the conflict's stable id.")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} by {self.author}"
