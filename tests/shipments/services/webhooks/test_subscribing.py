"""Subscribing and its end, while others are at work on what belongs to a subscription."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from shipments.factories import (
    DeliveryAttemptFactory,
    DeliveryFactory,
    OutboxEventFactory,
    ShipmentFactory,
    SubscriptionFactory,
    SubscriptionSecretFactory,
)
from shipments.models import Delivery, DeliveryAttempt, OutboxEvent, Subscription
from shipments.services.errors import SubscriptionGone
from shipments.services.webhooks.fanning_out import fan_out
from shipments.services.webhooks.subscribing import SERVICE, enable, ping, replay, rotate_secret, unsubscribe
from tests.threads import until_somebody_waits

pytestmark = pytest.mark.usefixtures("committed_db")


def meanwhile(first: Callable[[], object], then: Callable[[], object]) -> None:
    """Do ``first`` in a transaction that is open until ``then``, on a connection of its own, waits for it."""

    def run() -> None:
        try:
            then()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            first()
            running = threads.submit(run)
            until_somebody_waits()
        running.result()


def test_who_unsubscribes_waits_for_what_is_being_settled_and_takes_it_along() -> None:
    delivery = DeliveryFactory()

    def settling() -> None:
        # As the sender does, when an answer came.
        Subscription.objects.select_for_update(no_key=True).get()
        DeliveryAttemptFactory(delivery=delivery)

    meanwhile(settling, lambda: unsubscribe(delivery.subscription, by=SERVICE))
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()
    assert not DeliveryAttempt.objects.exists()


@pytest.mark.parametrize("order", ["fan-out first", "removal first"])
def test_event_that_is_fanned_out_while_one_subscription_is_removed_reaches_the_others(order: str) -> None:
    ending, staying = (SubscriptionFactory(event_types=["subject.changed"]) for _ in range(2))
    subject = ShipmentFactory().subject
    OutboxEventFactory(
        type="subject.changed", subject=subject, sequence=1, body={"subject": subject.reference, "kind": "shipment"}
    )

    def end() -> None:
        unsubscribe(ending, by=SERVICE)

    meanwhile(*((fan_out, end) if order == "fan-out first" else (end, fan_out)))
    assert [each.subscription for each in Delivery.objects.all()] == [staying]
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()


@pytest.mark.parametrize("what", ["ping", "enable", "rotate", "replay"])
def test_what_is_done_to_a_subscription_that_is_being_removed_finds_none(what: str) -> None:
    subscription = SubscriptionFactory()
    SubscriptionSecretFactory(subscription=subscription)
    sent = DeliveryFactory(subscription=subscription, state="failed", finished_at="2026-05-21T00:00Z")
    late: dict[str, Callable[[], object]] = {
        "ping": lambda: ping(subscription),
        "enable": lambda: enable(subscription, by=SERVICE),
        "rotate": lambda: rotate_secret(subscription, overlap=timedelta(hours=1), by=SERVICE),
        "replay": lambda: replay([sent], by=SERVICE),
    }
    found = Subscription.objects.get()
    with pytest.raises(SubscriptionGone):
        meanwhile(lambda: unsubscribe(found, by=SERVICE), late[what])
    assert not Delivery.objects.exists()


def test_subscription_is_removed_once_and_by_one() -> None:
    subscription = SubscriptionFactory()
    found = Subscription.objects.get()
    with pytest.raises(SubscriptionGone):
        meanwhile(lambda: unsubscribe(found, by=SERVICE), lambda: unsubscribe(subscription, by=SERVICE))
