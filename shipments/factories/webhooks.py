"""Subscriptions of partners, and what they were told."""

import factory
from factory.django import DjangoModelFactory

from actors.factories import NOON, PartnerKeyFactory, numbered_reference
from actors.models import PartnerKey
from actors.services.sealing import seal
from shipments.models import Delivery, DeliveryAttempt, EventType, Subscription, SubscriptionSecret


class SubscriptionFactory(DjangoModelFactory[Subscription]):
    """A logistics system that wants to know what is believed."""

    class Meta:
        model = Subscription

    reference = factory.Sequence(lambda n: numbered_reference("SUB", n))
    key = factory.SubFactory(PartnerKeyFactory, scopes=[PartnerKey.Scope.READ, PartnerKey.Scope.WEBHOOKS_MANAGE])
    url = "https://hooks.example.org/aidtracker"
    event_types = factory.LazyFunction(lambda: [EventType.PICTURE_CHANGED.value])


class SubscriptionSecretFactory(DjangoModelFactory[SubscriptionSecret]):
    """A current secret of 32 bytes."""

    class Meta:
        model = SubscriptionSecret

    subscription = factory.SubFactory(SubscriptionFactory)
    sealed = factory.LazyFunction(lambda: seal(b"a secret of thirty-two bytes ..."))


class DeliveryFactory(DjangoModelFactory[Delivery]):
    """A trial that waits to be sent."""

    class Meta:
        model = Delivery

    subscription = factory.SubFactory(SubscriptionFactory)
    webhook_id = factory.Sequence(lambda n: f"msg_{n:020}")
    type = EventType.PING
    told_at = NOON
    payload = '{"type":"ping","timestamp":"2026-05-20T12:00:00Z","data":{}}'


class DeliveryAttemptFactory(DjangoModelFactory[DeliveryAttempt]):
    """A first attempt that was answered."""

    class Meta:
        model = DeliveryAttempt

    delivery = factory.SubFactory(DeliveryFactory)
    number = 1
    at = NOON
    duration_ms = 120
    status = 200
