"""Events are numbered at a cost that is linear, and forgotten once they are old and webhooks were made of them."""

import pytest
from django.db import connection
from django.utils import timezone

from shipments.factories import ShipmentFactory, SubscriptionFactory
from shipments.models import OutboxEvent
from shipments.services.planning import announce_subject
from shipments.services.relaying import KEPT_FOR, RELAY_LOCK, drop_old_events, relay_outbox
from shipments.services.webhooks.fanning_out import fan_out

pytestmark = pytest.mark.django_db


def test_events_that_webhooks_are_still_to_be_made_of_are_kept():
    shipment = ShipmentFactory().subject
    for _ in range(3):
        announce_subject(shipment)
    relay_outbox()
    OutboxEvent.objects.filter(sequence__gt=1).update(fanned_out_at=None)
    OutboxEvent.objects.update(created_at=timezone.now() - 2 * KEPT_FOR)
    assert drop_old_events(timezone.now()) == 1
    assert sorted(OutboxEvent.objects.values_list("sequence", flat=True)) == [2, 3]
    fan_out()
    assert drop_old_events(timezone.now()) == 1


def test_where_nobody_subscribes_an_event_is_numbered_and_done_with_in_one_update():
    announce_subject(ShipmentFactory().subject)
    relay_outbox()
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()


def test_an_event_that_is_not_numbered_yet_is_left_to_whoever_numbers_it():
    announce_subject(ShipmentFactory().subject)
    assert fan_out() == 0
    assert OutboxEvent.objects.filter(fanned_out_at=None).exists()
    relay_outbox()
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()


def test_while_one_relays_another_numbers_nothing():
    announce_subject(ShipmentFactory().subject)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [RELAY_LOCK])
            assert relay_outbox() is None
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RELAY_LOCK])
    finally:
        other.close()
    assert relay_outbox() == 1


def test_an_event_that_somebody_subscribes_to_waits_for_its_webhook():
    SubscriptionFactory()
    announce_subject(ShipmentFactory().subject)
    relay_outbox()
    assert OutboxEvent.objects.filter(sequence=1, fanned_out_at=None).exists()
    assert fan_out() == 1


def test_the_last_number_is_looked_for_once_and_not_again_for_every_event():
    subject = ShipmentFactory().subject
    OutboxEvent.objects.bulk_create(
        OutboxEvent(type="subject.changed", subject=subject, marking=0, body={}) for _ in range(200)
    )
    before = _index_scans()
    assert relay_outbox() == 200
    # One for each event at most, by its key, and one for each marking.
    assert _index_scans() - before < 2 * 200


def _index_scans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'shipments_outboxevent'")
        return int(cursor.fetchone()[0])
