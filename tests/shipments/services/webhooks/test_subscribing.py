"""Subscribing and its end, while others are at work on what belongs to a subscription."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from shipments.factories import DeliveryAttemptFactory, DeliveryFactory
from shipments.models import Delivery, DeliveryAttempt, Subscription
from shipments.services.webhooks.subscribing import SERVICE, unsubscribe
from tests.threads import until_somebody_waits


@pytest.mark.usefixtures("committed_db")
def test_who_unsubscribes_waits_for_what_is_being_settled_and_takes_it_along() -> None:
    delivery = DeliveryFactory()

    def end() -> None:
        try:
            unsubscribe(delivery.subscription, by=SERVICE)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            # As the sender does, when an answer came.
            Subscription.objects.select_for_update(no_key=True).get()
            DeliveryAttemptFactory(delivery=delivery)
            ended = threads.submit(end)
            until_somebody_waits()
        ended.result()
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()
