"""What partners entered into the ledger, by the names they know it by."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from actors.models import Actor, PartnerKey, Source
from shipments.models.places import Place
from shipments.models.subject import Subject


class LedgerEntry(models.Model):
    """A partner's own name for a row that it asked us to make: (source, kind, external_id), for good.

    ``said`` is what the partner last said of it, and ``version`` how often that was revised. The row
    itself is ours: an analyst may have changed, confirmed or merged it since.
    """

    class Kind(models.TextChoices):
        APPEAL = "appeal"
        OFFER = "offer"
        SHIPMENT = "shipment"
        ACTOR = "actor"
        PLACE = "place"

    source = models.ForeignKey(Source, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    external_id = models.CharField("external ID", max_length=200)
    subject = models.OneToOneField(Subject, models.PROTECT, null=True, blank=True, related_name="entry")
    actor = models.OneToOneField(Actor, models.PROTECT, null=True, blank=True, related_name="entry")
    place = models.OneToOneField(Place, models.PROTECT, null=True, blank=True, related_name="entry")
    said = models.JSONField(help_text="The plan as the partner last said it.")
    fingerprint = models.BinaryField(max_length=32, editable=False, help_text="SHA-256 of what was first said.")
    version = models.PositiveIntegerField(default=1)
    partner_key = models.ForeignKey(PartnerKey, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["source", "kind", "external_id"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "external_id"], name="ledger_entry_is_made_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["appeal", "offer", "shipment"], actor=None, place=None, subject__isnull=False)
                | Q(kind="actor", subject=None, place=None, actor__isnull=False)
                | Q(kind="place", subject=None, actor=None, place__isnull=False),
                name="ledger_entry_is_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
