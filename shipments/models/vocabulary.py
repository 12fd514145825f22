"""Tables of the world's codes and of our own rules, kept as data with their source and date."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from shipments.models.subject import Subject


class Attribute(models.Model):
    """A kind of fact that reports may state. A new one needs a row, not code."""

    class Type(models.TextChoices):
        TEXT = "text"
        CODE = "code"
        TIME = "time"
        QUANTITY = "quantity"
        MONEY = "money"
        PLACE = "place"
        ACTOR = "actor"

    class Comparison(models.TextChoices):
        EXACT = "exact", "equal or rivals"
        CONTAINS = "contains", "a coarser value contains a finer one"
        OVERLAP = "overlap", "intervals that meet agree"
        COLLECT = "collect", "never rivals; each value stands beside the others"

    name = models.SlugField(max_length=60, primary_key=True)
    label = models.CharField(max_length=100)
    type = models.CharField(max_length=10, choices=Type)
    subjects = ArrayField(models.CharField(max_length=10, choices=Subject.Kind), help_text="Kinds that it describes.")
    comparison = models.CharField(max_length=12, choices=Comparison)
    has_time_axis = models.BooleanField(default=False, help_text="Keyed by as_of: a figure for each day.")
    codes = ArrayField(models.CharField(max_length=60), default=list, blank=True, help_text="For type code.")
    units = ArrayField(models.CharField(max_length=20), default=list, blank=True, help_text="For type quantity.")
    topic = models.CharField(max_length=60, blank=True, help_text="Chooses a source's grade for that topic.")
    bounds_total = models.CharField(
        max_length=60, blank=True, help_text="The quantity whose high end this one bounds, summed over legs."
    )
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.label


class Containment(models.Model):
    """Between two texts or codes of an attribute: ``coarser`` contains ``finer``. A table, not a guess."""

    attribute = models.ForeignKey(Attribute, models.CASCADE, related_name="containments")
    coarser = models.CharField(max_length=300)
    finer = models.CharField(max_length=300)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["attribute", "coarser", "finer"]
        constraints = [
            models.UniqueConstraint(fields=["attribute", "coarser", "finer"], name="containment_is_listed_once"),
            models.CheckConstraint(condition=~Q(coarser=models.F("finer")), name="containment_is_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.coarser} contains {self.finer}"


class CodeMapping(models.Model):
    """What somebody's status code means for us, as recorded at ``recorded_at``. Never rewritten.

    A code may mean a milestone, a flag, or both; of two rows for one code the later recorded stands.
    """

    scheme = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    milestone = models.CharField(max_length=20, blank=True)
    flag = models.CharField(max_length=30, blank=True)
    flag_is_set = models.BooleanField(default=True)
    time_class = models.CharField(max_length=10, blank=True)
    source = models.CharField(max_length=200, help_text="The code list and its version.")
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)

    class Meta:
        ordering = ["scheme", "code", "-recorded_at"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code", "recorded_at"], name="code_mapping_is_recorded_once"),
            models.CheckConstraint(condition=~Q(milestone="") | ~Q(flag=""), name="code_mapping_means_something"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"


class PolicyVersion(models.Model):
    """The numbers the reconciler weighs by, as a whole, from when they were recorded. Never rewritten."""

    version = models.PositiveIntegerField(primary_key=True)
    recorded_at = models.DateTimeField(unique=True)
    weights = models.JSONField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    reason = models.TextField()

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"policy {self.version}"
