"""One row a shipment with its status, one row a report, one row a change: what most trackers have."""

from django.db import models


class Shipment(models.Model):
    """The last word is the truth."""

    reference = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=20, blank=True)
    status_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.reference


class Report(models.Model):
    """What a source said, with the fields that a partner sends."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="reports")
    source = models.CharField(max_length=60)
    event_id = models.CharField(max_length=200)
    code = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    asserted_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    facts = models.JSONField(default=list, blank=True)
    flags = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "event_id"], name="naive_report_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.event_id}"


class StatusChange(models.Model):
    """What subscribers would be told."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="changes")
    status = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.status}"
