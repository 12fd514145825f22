"""Events are forgotten once they are old, and never before webhooks were made of them."""

import pytest
from django.utils import timezone

from shipments.factories import ShipmentFactory
from shipments.models import OutboxEvent
from shipments.services.planning import announce_subject
from shipments.services.relaying import KEPT_FOR, drop_old_events, relay_outbox
from shipments.services.webhooks.fanning_out import fan_out

pytestmark = pytest.mark.django_db


def test_events_that_webhooks_are_still_to_be_made_of_are_kept():
    shipment = ShipmentFactory().subject
    for _ in range(3):
        announce_subject(shipment)
    relay_outbox()
    assert fan_out(limit=1) > 0
    OutboxEvent.objects.filter(sequence__gt=1).update(fanned_out_at=None)
    OutboxEvent.objects.update(created_at=timezone.now() - 2 * KEPT_FOR)
    assert drop_old_events(timezone.now()) == 1
    assert sorted(OutboxEvent.objects.values_list("sequence", flat=True)) == [2, 3]
    fan_out()
    assert drop_old_events(timezone.now()) == 1
