"""The bell: one message for a burst, and another only when a worker has heard it."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from shipments.services import doorbell
from tests.processes import free_port


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


def test_the_first_ring_after_redis_forgot_everything_is_heard(messages):
    doorbell.ring()
    doorbell.heard()
    redis.Redis.from_url(settings.CELERY_BROKER_URL).flushdb()
    assert messages() == 0
    doorbell.ring()
    assert messages() == 1


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


def test_a_bell_that_nobody_heard_can_be_rung_again_by_itself(messages, monkeypatch):
    monkeypatch.setattr(doorbell, "RUNG_FOR_MS", 1)
    doorbell.ring()
    time.sleep(0.05)
    doorbell.ring()
    assert messages() == 2


def test_the_time_in_which_nobody_rings_again_begins_before_the_bell_is_rung(messages, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(doorbell, "GATHER_SECONDS", 600)
    monkeypatch.setattr(doorbell.time, "monotonic", lambda: next(clock))
    doorbell.ring()
    assert doorbell._silent_until == 600  # whoever hears it may have begun to wait before this process goes on


def test_a_broker_that_is_away_stops_nobody_and_is_left_alone_for_a_while(messages, monkeypatch):
    nobody = redis.Redis(port=free_port())
    asked = []
    monkeypatch.setattr(doorbell, "_redis", lambda: (asked.append(1), nobody)[1])
    doorbell.ring()
    doorbell.ring()
    assert len(asked) == 1
    doorbell.heard()


def test_a_message_that_cannot_be_sent_stops_nobody(messages, monkeypatch):
    def lost(task):
        raise OperationalError

    monkeypatch.setattr(doorbell.current_app, "send_task", lost)
    doorbell.ring()
    assert messages() == 0
