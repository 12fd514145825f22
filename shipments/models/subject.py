"""What reports are about. Six kinds share one table, so that evidence and picture need one key.

Identity and plan only: nothing here says what happened.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, HashIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from actors.identifiers import new_id, new_reference
from actors.marking import marking_field
from actors.models import Actor
from shipments.querysets import SubjectQuerySet


def by_words(what: str, column: str) -> GinIndex:
    """An index by every three letters of a column, for words that are looked for in it whatever their case."""
    return GinIndex(OpClass(Upper(column), name="gin_trgm_ops"), name=f"{what}_by_words")


class Subject(models.Model):
    """A shipment, offer, appeal, contact, inquiry or crisis."""

    class Kind(models.TextChoices):
        SHIPMENT = "shipment"
        OFFER = "offer"
        APPEAL = "appeal"
        CONTACT = "contact"
        INQUIRY = "inquiry"
        CRISIS = "crisis"

    # A child class names its kind; the row repeats it, so that a query need not join.
    KIND: Kind

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    reference = models.CharField(max_length=20, unique=True, editable=False)
    title = models.CharField(max_length=300)
    marking = marking_field(db_index=True)
    crisis = models.ForeignKey(
        "shipments.Crisis", models.PROTECT, null=True, blank=True, related_name="subjects", db_index=True
    )
    provisional = models.BooleanField(default=False, help_text="Made from a report, not yet confirmed by an analyst.")
    # Few are merged, and an index of these alone stays small: every subject that is read asks what was merged into it.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # The fold's write-back names the version it read; only the reconciler raises it.
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = SubjectQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "reference"], name="subject_by_kind_and_reference"),
            # A hash has no levels: a detail is found by the same few pages however many there are.
            HashIndex(fields=["reference"], name="subject_by_reference"),
            models.Index(fields=["crisis", "kind", "id"], name="subject_by_crisis"),
            # Lists of one kind, of which few may stand among many others.
            models.Index(
                fields=["kind", "id"], condition=models.Q(merged_into__isnull=True), name="subject_by_kind_in_order"
            ),
            # With the key, so that what was on the books by a moment is found without the rows, which lie far apart.
            models.Index(fields=["created_at", "id"], name="subject_by_creation_with_key"),
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="subject_by_merged_into"
            ),
            by_words("subject", "title"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["shipment", "offer", "appeal", "contact", "inquiry", "crisis"]),
                name="subject_kind_is_one_of_six",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="subject_is_not_merged_into_itself",
            ),
        ]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if self._state.adding and hasattr(self, "KIND"):
            self.kind = self.KIND
            self.reference = self.reference or new_reference(REFERENCE_PREFIX[self.KIND])

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"


REFERENCE_PREFIX = {
    Subject.Kind.SHIPMENT: "SHP",
    Subject.Kind.OFFER: "OFR",
    Subject.Kind.APPEAL: "APL",
    Subject.Kind.CONTACT: "CTC",
    Subject.Kind.INQUIRY: "INQ",
    Subject.Kind.CRISIS: "CRS",
}


def subject_link(name: str) -> models.OneToOneField:
    """A child's link to its Subject row, which is its key; ``name`` leads back from the Subject."""
    return models.OneToOneField(Subject, models.CASCADE, parent_link=True, primary_key=True, related_name=name)


def plan_link(to: Any, **options: Any) -> models.ForeignKey:
    """A link of a plan that lists are narrowed by; its index is one of ``in_order``."""
    return models.ForeignKey(to, models.PROTECT, db_index=False, **options)


def in_order(kind: str, *columns: str) -> list[models.Index]:
    """Indexes for lists of what has one value in a column: in the order of keys, which is that of the list."""
    return [models.Index(fields=[column, "subject"], name=f"{kind}_by_{column}") for column in columns]


class SubjectIdentifier(models.Model):
    """A name that somebody else knows the subject by: (air-waybill, 120-12345675), (wfp-lss, S-881)."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        ordering = ["scheme", "value"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "value"], name="subject_identifier_names_one_subject"),
        ]
        indexes = [
            by_words("identifier", "value"),
            # Of one subject; those of a page are read as a range of the link's own index.
            HashIndex(fields=["subject"], name="identifier_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class ReadingGrant(models.Model):
    """One named organisation or person reads one subject beyond their clearance, up to ``marking``."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="grants")
    actor = models.ForeignKey(Actor, models.CASCADE, null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="reading_grants"
    )
    marking = marking_field()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField()
    granted_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor__isnull=True) ^ models.Q(user__isnull=True),
                name="reading_grant_names_one_reader",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} for {self.actor or self.user}"


class Crisis(Subject):
    """An emergency: what appeals, offers and shipments answer, and what figures describe."""

    KIND = Subject.Kind.CRISIS

    subject = subject_link("as_crisis")
    glide = models.CharField("GLIDE number", max_length=18, blank=True, help_text="For example EP-2022-000123-PRK.")
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        help_text="Two letters each, as in ISO 3166-1, with commas: KP,CN.",
    )
    began_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "crises"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(glide="") | models.Q(glide__regex=r"^[A-Z]{2}-[0-9]{4}-[0-9]{6}-[A-Z]{3}$"),
                name="crisis_glide_is_well_formed",
            ),
            models.UniqueConstraint(
                fields=["glide"], condition=~models.Q(glide=""), name="crisis_glide_names_one_crisis"
            ),
        ]
        indexes = [
            by_words("crisis", "glide"),
            GinIndex(fields=["countries"], name="crisis_by_country"),
            models.Index(fields=["began_on"], name="crisis_by_day"),
        ]
