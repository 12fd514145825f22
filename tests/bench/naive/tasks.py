"""One task a report: lock the shipment, find its latest report, save the status, note the change."""

from celery import shared_task
from django.db import transaction

from tests.bench.naive.models import Shipment, StatusChange


@shared_task(name="naive.update_status")
def update_status(shipment_id: int) -> None:
    """Make the shipment's status that of the report which happened last."""
    with transaction.atomic():
        shipment = Shipment.objects.select_for_update().get(pk=shipment_id)
        latest = shipment.reports.exclude(code="").exclude(occurred_at=None).order_by("-occurred_at", "-id").first()
        if latest is not None and (latest.code, latest.occurred_at) != (shipment.status, shipment.status_at):
            shipment.status, shipment.status_at = latest.code, latest.occurred_at
            shipment.save()
            StatusChange.objects.create(shipment=shipment, status=shipment.status)
