"""Old messages go; what a subscription was told last stays, so that it can be taken back."""

from datetime import timedelta

import pytest

from shipments.factories import DeliveryAttemptFactory, DeliveryFactory, ShipmentFactory, SubscriptionFactory
from shipments.models import Delivery, DeliveryAttempt
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.forgetting import drop_old_deliveries

pytestmark = pytest.mark.django_db


def test_old_messages_go_and_the_last_word_on_each_subject_stays():
    now = moment()
    old, new = now - timedelta(days=31), now - timedelta(days=29)
    subscription, shipment = SubscriptionFactory(), ShipmentFactory()
    told = {"subscription": subscription, "subject": shipment, "type": "picture.changed", "state": "delivered"}
    first = DeliveryFactory(**told, told_at=old - timedelta(days=2), finished_at=old)
    last = DeliveryFactory(**told, told_at=old - timedelta(days=1), finished_at=old)
    failed = DeliveryFactory(**{**told, "state": "failed"}, told_at=old, finished_at=old)
    elsewhere = DeliveryFactory(**{**told, "subject": ShipmentFactory()}, told_at=old, finished_at=old)
    fresh = DeliveryFactory(subscription=subscription, state="delivered", finished_at=new)
    waiting = DeliveryFactory(subscription=subscription, next_attempt_at=old)
    ping = DeliveryFactory(subscription=subscription, state="delivered", finished_at=old)
    DeliveryAttemptFactory(delivery=first)

    assert drop_old_deliveries(now) == 3
    assert set(Delivery.objects.all()) == {last, elsewhere, fresh, waiting}
    assert not Delivery.objects.filter(pk__in=[first.pk, failed.pk, ping.pk]).exists()
    assert not DeliveryAttempt.objects.exists()
    assert drop_old_deliveries(now) == 0
