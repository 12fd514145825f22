"""Work to do and events to tell."""

import hashlib
from uuid import UUID

import factory
from factory.django import DjangoModelFactory

from actors.factories import NOON, PartnerKeyFactory
from shipments.factories.subjects import ShipmentFactory
from shipments.models import Due, IdempotentRequest, OutboxEvent


class DueFactory(DjangoModelFactory[Due]):
    """A shipment that nobody has claimed yet."""

    class Meta:
        model = Due

    subject = factory.SubFactory(ShipmentFactory)
    from_moment = NOON


class OutboxEventFactory(DjangoModelFactory[OutboxEvent]):
    """A report was recorded; the relay has not told of it yet."""

    class Meta:
        model = OutboxEvent

    uid = factory.Sequence(lambda n: UUID(int=n + 1))
    type = "report.recorded"
    marking = 0
    body = factory.LazyFunction(dict)


class IdempotentRequestFactory(DjangoModelFactory[IdempotentRequest]):
    """A request that was answered."""

    class Meta:
        model = IdempotentRequest

    partner_key = factory.SubFactory(PartnerKeyFactory)
    key = factory.Sequence(lambda n: f"request-{n}")
    fingerprint = hashlib.sha256(b"POST /api/v1/reports/").digest()
    status = 201
