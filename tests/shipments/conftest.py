"""The bell's messages, for tests of who rings and of who answers."""

from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings

from shipments.services import doorbell


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """How many messages wait in a queue; the key lasts however slow the machine is."""
    monkeypatch.setattr(doorbell, "RUNG_FOR_MS", 600_000)
    monkeypatch.setattr(doorbell, "GATHER_SECONDS", 0)
    monkeypatch.setattr(doorbell, "_silent_until", 0)
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.delete(doorbell.KEY, "reconcile", "webhooks")
    yield lambda queue="reconcile": broker.llen(queue)
    broker.delete(doorbell.KEY, "reconcile", "webhooks")
    broker.close()
