"""Who speaks, whom they are interested in, and how far they are trusted."""

from django.conf import settings
from django.db import models

from actors.identifiers import new_id
from actors.marking import marking_field
from actors.models.actor import Actor
from actors.querysets import SourceQuerySet


class Source(models.Model):
    """A voice: an outlet, a ministry, a partner's system, a sensor, an analyst.

    ``code`` is the name that reports cite it by and part of a report's natural key, so it
    never changes.
    """

    class Kind(models.TextChoices):
        OUTLET = "outlet"
        AGENCY = "agency", "news agency"
        MINISTRY = "ministry", "ministry or government"
        EMBASSY = "embassy"
        UN_AGENCY = "un_agency", "UN agency"
        STATE_MEDIA = "state_media"
        PARTNER_SYSTEM = "partner_system"
        SENSOR = "sensor"
        ANALYST = "analyst"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    actor = models.ForeignKey(Actor, models.PROTECT, null=True, blank=True, related_name="sources")
    protected = models.BooleanField(default=False, help_text="The name is shown to analysts only.")
    interests = models.ManyToManyField(Actor, through="SourceInterest", related_name="interested_sources")
    marking = marking_field()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SourceInterest(models.Model):
    """The source is a party to what concerns this actor, from when we noted it. Never rewritten."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="interest_rows")
    actor = models.ForeignKey(Actor, models.PROTECT)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["source", "actor"]
        constraints = [
            models.UniqueConstraint(fields=["source", "actor"], name="source_interest_is_noted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} in {self.actor}"


class SourceRating(models.Model):
    """An Admiralty grade, in force from ``valid_from``, as recorded at ``recorded_at``. Never rewritten.

    The grade in force when the source spoke applies; of two with one ``valid_from`` the later
    recorded one stands.
    """

    class Grade(models.TextChoices):
        A = "A", "A completely reliable"
        B = "B", "B usually reliable"
        C = "C", "C fairly reliable"
        D = "D", "D not usually reliable"
        E = "E", "E unreliable"
        F = "F", "F cannot be judged"

    source = models.ForeignKey(Source, models.PROTECT, related_name="ratings")
    grade = models.CharField(max_length=1, choices=Grade)
    topic = models.CharField(max_length=60, blank=True, help_text="Empty: every topic.")
    valid_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    rated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    reason = models.TextField()

    class Meta:
        ordering = ["source", "topic", "-valid_from", "-recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "topic", "valid_from", "recorded_at"], name="source_rating_is_recorded_once"
            ),
            models.CheckConstraint(condition=models.Q(grade__in="ABCDEF"), name="source_rating_grade_is_admiralty"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="source_rating_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.grade}"
