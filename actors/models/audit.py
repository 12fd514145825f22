"""What people and partners changed, and why. Append-only."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from actors.models.accounts import PartnerKey


class AuditEntry(models.Model):
    """One committed change: who, what, to which object, and the reason they gave."""

    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    partner_key = models.ForeignKey(PartnerKey, models.PROTECT, null=True, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_reference = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at", "id"], name="audit_entry_by_day"),
            models.Index(fields=["object_reference"], name="audit_entry_by_object"),
        ]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_reference}"
