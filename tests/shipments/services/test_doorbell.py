"""The bell: one message for a burst, and another only when a worker has heard it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings
from django.db import transaction

from shipments.services import doorbell


@pytest.fixture
def messages(monkeypatch):
    """How many messages wait for a worker; the key lasts however slow the machine is."""
    monkeypatch.setattr(doorbell, "RUNG_FOR_MS", 600_000)
    monkeypatch.setattr(doorbell, "GATHER_SECONDS", 0)
    monkeypatch.setattr(doorbell, "_silent_until", 0)
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.delete(doorbell.KEY, "reconcile")
    yield lambda: broker.llen("reconcile")
    broker.delete(doorbell.KEY, "reconcile")
    broker.close()


def test_a_thousand_posts_at_once_send_one_message(messages):
    with ThreadPoolExecutor(4) as posts:
        list(posts.map(lambda _: doorbell.ring(), range(1000)))
    assert messages() == 1


def test_the_bell_rings_again_once_a_worker_has_heard_it(messages):
    doorbell.ring()
    doorbell.heard()
    doorbell.ring()
    doorbell.ring()
    assert messages() == 2


def test_nobody_rings_again_while_whoever_hears_it_has_not_looked(messages, monkeypatch):
    monkeypatch.setattr(doorbell, "GATHER_SECONDS", 600)
    doorbell.ring()
    doorbell.heard()
    doorbell.ring()
    assert messages() == 1
    monkeypatch.setattr(doorbell, "_silent_until", 0)  # as once that time is over
    doorbell.ring()
    assert messages() == 2


@pytest.mark.django_db
def test_a_transaction_rings_once_and_only_when_it_is_committed(messages, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as rung, transaction.atomic():
        for _ in range(3):
            doorbell.ring_on_commit()
        assert messages() == 0
    assert (len(rung), messages()) == (1, 1)
