"""A quantity as aid is told of: an interval with a unit, a qualifier and a basis. Unknown is null, never 0."""

from django.db import models
from django.db.models import F, Q


class Qualifier(models.TextChoices):
    EXACT = "exact"
    ABOUT = "about"
    AT_LEAST = "at_least"
    UP_TO = "up_to"
    RANGE = "range"
    UNKNOWN = "unknown"


class Basis(models.TextChoices):
    MANIFEST = "manifest"
    COUNTED = "counted"
    REPORTED = "reported"
    CAPACITY = "capacity"
    DERIVED = "derived"


class QuantityFields(models.Model):
    """The columns of a planned quantity, with the checks that hold for all of them."""

    quantity_low = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    quantity_high = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True, help_text="UNECE Rec 20 code, or doses, people.")
    qualifier = models.CharField(max_length=10, choices=Qualifier, default=Qualifier.UNKNOWN)
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.REPORTED)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=(Q(quantity_low__isnull=True) | Q(quantity_low__gte=0))
                & (Q(quantity_high__isnull=True) | Q(quantity_high__gte=0)),
                name="%(class)s_quantity_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(quantity_low__isnull=True)
                | Q(quantity_high__isnull=True)
                | Q(quantity_low__lte=F("quantity_high")),
                name="%(class)s_quantity_low_is_not_above_high",
            ),
        ]
