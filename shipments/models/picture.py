"""What we believe. Derived from the evidence by the reconciler alone; can be dropped and rebuilt.

Each row holds for a span of knowledge, ``known_from`` to ``known_to`` (null: now), and was folded
from what readers of its ``tier`` may see. A higher tier is stored only while its picture differs
from the one below; a reader gets the highest tier stored within their clearance. So a row of a
lower tier never tells, by its version or its dates, that there is more above it.
"""

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q

from actors.marking import Marking
from shipments.models.subject import Subject
from shipments.querysets import KnownQuerySet
from shipments.reconciliation.digest import is_judged


class State(models.TextChoices):
    DECIDED = "decided"
    CONTESTED = "contested"
    CORROBORATED = "corroborated"
    SINGLE_SOURCE = "single_source"
    DENIED = "denied"
    RETRACTED = "retracted"
    UNKNOWN = "unknown"


class KnownRow(models.Model):
    """The columns and checks of every picture row."""

    # Pictures and findings have a constraint that begins with the subject, conflicts an index.
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="%(class)ss", db_index=False)
    tier = models.PositiveSmallIntegerField(choices=Marking.choices)
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(null=True, blank=True)

    objects = KnownQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(known_to__isnull=True) | Q(known_from__lt=F("known_to")),
                name="%(class)s_is_known_for_a_while",
            ),
        ]


class ResolvedValue(models.Model):
    """A value as we believe it, with how sure we are and who stands behind it."""

    state = models.CharField(max_length=15, choices=State)
    confidence = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Per mille.")
    margin = models.BigIntegerField(default=0, help_text="Milli-nats over the best rival story.")
    origins = ArrayField(models.CharField(max_length=60), default=list, help_text="Codes of independent origins.")
    unresolved = models.PositiveSmallIntegerField(default=0, help_text="Undeclared origins, counted apart.")

    class Meta:
        abstract = True


def story_span() -> models.Func:
    """From the first moment of a picture's story to its last one, both included; null, if it has none."""
    return models.Func("timeline", function="story_span", output_field=DateTimeRangeField())


class Picture(KnownRow, ResolvedValue):
    """One version of the picture of a subject: how far it got, and the timeline.

    ``timeline`` is a list of steps in order; ``leading`` is the furthest step of the best story,
    which may be further than what is accepted as ``status``. Its steps and its status are findings too, which are
    made of this row when they are read (``shipments.services.retelling``).
    """

    version = models.PositiveIntegerField(help_text="Counts the changes that this tier saw, from 1.")
    output_hash = models.BinaryField(max_length=32)
    status = models.CharField(max_length=20, blank=True)
    leading = models.CharField(max_length=20, blank=True)
    leading_confidence = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Per mille.")
    leading_state = models.CharField(max_length=15, blank=True, help_text="contested, unconfirmed or empty.")
    contested = models.BooleanField(default=False, help_text="Something about this subject is contested.")
    timeline = models.JSONField(default=list, help_text="Steps of the best story, in order.")
    legs = models.JSONField(default=list, help_text="The same for each leg.")
    planned = models.JSONField(default=list, help_text="What was said to come, and whether it was seen.")
    alternatives = models.JSONField(default=list, help_text="Stories close behind the best one.")

    class Meta(KnownRow.Meta):
        constraints = [
            *KnownRow.Meta.constraints,
            models.UniqueConstraint(fields=["subject", "tier", "known_from"], name="picture_begins_once"),
            models.UniqueConstraint(
                fields=["subject", "tier"], condition=Q(known_to__isnull=True), name="picture_is_current_once"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "subject"], condition=Q(known_to__isnull=True), name="picture_by_status"),
            models.Index(fields=["state", "subject"], condition=Q(known_to__isnull=True), name="picture_by_state"),
            models.Index(
                fields=["subject"], condition=Q(contested=True, known_to__isnull=True), name="picture_contested"
            ),
            models.Index(fields=["known_from", "subject"], name="picture_by_beginning"),
            # Few subjects have a picture above the lowest tier; lists ask of each whether it does.
            models.Index(fields=["subject", "tier"], condition=Q(tier__gt=0), name="picture_of_higher_tiers"),
            GistIndex(story_span(), condition=Q(known_to__isnull=True), name="picture_by_span"),
        ]

    def __str__(self) -> str:
        return f"version {self.version}: {self.status or 'unknown'}"

    @property
    def told_confidence(self) -> int | None:
        """Per mille; none where no status is believed."""
        return self.confidence if self.status else None


class Finding(KnownRow, ResolvedValue):
    """What we believe of one attribute: a flag, a fact, or a milestone that no step of the picture tells.

    ``value`` is a typed value as in the attribute registry; ``because`` lists the reports that
    carry it and ``alternatives`` what else was said, each with its reports and weight.
    """

    class Kind(models.TextChoices):
        SUBJECT = "subject"
        MILESTONE = "milestone"
        FLAG = "flag"
        FACT = "fact"
        PLACE = "place"

    kind = models.CharField(max_length=10, choices=Kind)
    attribute = models.CharField(max_length=60)
    leg = models.CharField(max_length=60, blank=True)
    line = models.CharField(max_length=60, blank=True)
    as_of = models.CharField(max_length=40, blank=True, help_text="ISO 8601, for attributes with a time axis.")
    scope = models.CharField(
        max_length=600,
        blank=True,
        help_text="What it is comparable within: unit and measure.",
    )
    time_class = models.CharField(max_length=10, default="actual", help_text="What happened, or what is planned.")
    label = models.CharField(max_length=500, blank=True, help_text="The value as a person reads it.")
    value = models.JSONField(null=True, blank=True)
    leading = models.CharField(max_length=500, blank=True, help_text="The heaviest value, where it is not accepted.")
    low = models.DecimalField(max_digits=30, decimal_places=6, null=True, blank=True)
    high = models.DecimalField(max_digits=30, decimal_places=6, null=True, blank=True)
    because = models.JSONField(default=list)
    alternatives = models.JSONField(default=list)

    class Meta(KnownRow.Meta):
        constraints = [
            *KnownRow.Meta.constraints,
            models.UniqueConstraint(
                fields=[
                    "subject",
                    "tier",
                    "kind",
                    "attribute",
                    "leg",
                    "line",
                    "as_of",
                    "scope",
                    "time_class",
                    "known_from",
                ],
                name="finding_begins_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.state}".replace("_", " ")

    @property
    def told_confidence(self) -> int | None:
        """Per mille; none where there is nothing that it would be of."""
        is_known = is_judged(kind=self.kind, label=self.label, leading=self.leading, state=self.state)
        return self.confidence if is_known else None


# What lists of conflicts are ordered by; it tells each from the others.
CONFLICT_ORDER = ("known_from", "stable_id", "about", "leg")


class Conflict(KnownRow):
    """A claim that did not make the picture, and the reason. ``stable_id`` is the same for ever."""

    subject_kind = models.CharField(
        max_length=10,
        choices=Subject.Kind,
        db_default="",
        help_text="That of the subject, for lists. Where a writer leaves it out, a trigger says it.",
    )
    stable_id = models.CharField("stable ID", max_length=64)
    kind = models.CharField(max_length=30)
    about = models.CharField(max_length=120, help_text="What was claimed, for example milestone:lost.")
    leg = models.CharField(max_length=60, blank=True)
    reports = models.JSONField(help_text="References of the reports that claim it.")
    against = models.JSONField(default=list, help_text="References of the reports that stand against it.")
    reason = models.TextField()
    behind = models.BigIntegerField(default=0, help_text="How far behind it is, in milli-nats.")
    kept_open = models.BooleanField(default=False, help_text="An analyst acknowledged it.")

    class Meta(KnownRow.Meta):
        ordering = ["-known_from", "stable_id"]
        constraints = [
            *KnownRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["stable_id", "about", "leg", "tier", "known_from"], name="conflict_begins_once"
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="conflict_by_subject"),
            # Lists begin with the newest; what one transaction found has one moment. With a column of their order left
            # out PostgreSQL takes another index for cheaper, and puts all in order that is to come.
            models.Index(fields=CONFLICT_ORDER, condition=Q(known_to__isnull=True), name="conflict_standing_in_order"),
            models.Index(fields=CONFLICT_ORDER, condition=Q(known_to__isnull=False), name="conflict_ended_in_order"),
            models.Index(
                fields=["kind", *CONFLICT_ORDER], condition=Q(known_to__isnull=True), name="conflict_of_kind_in_order"
            ),
            models.Index(
                fields=CONFLICT_ORDER,
                condition=Q(kept_open=True, known_to__isnull=True),
                name="conflict_kept_open_in_order",
            ),
            models.Index(
                fields=["subject_kind", *CONFLICT_ORDER],
                condition=Q(known_to__isnull=True),
                name="conflict_of_subjects_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.about.rpartition(':')[2]}".replace("_", " ")
