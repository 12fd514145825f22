"""Senders die and Redis forgets: every message arrives, a killed one under the same id once more.

Real PostgreSQL, real Redis, a real Celery worker and scheduler, a real endpoint. SENDER_KILLS sets how many.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
import redis
from django.conf import settings
from standardwebhooks import Webhook

from actors.factories import SourceFactory, SourceRatingFactory
from shipments.factories import OccurredFactory, ReportDraftFactory, ShipmentFactory
from shipments.intake.subscription import SubscriptionDraft
from shipments.models import Delivery, OutboxEvent
from shipments.services.recording import Sender, record
from shipments.services.webhooks.subscribing import ping, subscribe
from tests.people import make_partner
from tests.processes import running, scheduler, wait_until, worker
from tests.receiver import Handler, Receiver, answer, receiving

KILLS = int(os.environ.get("SENDER_KILLS", "5"))
T0 = datetime(2026, 5, 1, tzinfo=UTC)
# Leases of webhooks run out after twice this and a second.
ENVIRONMENT = {"AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "AIDTRACKER_WEBHOOK_TIMEOUT_SECONDS": "1"}


@pytest.fixture
def receiver(committed_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    SourceRatingFactory(source=SourceFactory(code="wfp"), grade="A", topic="", valid_from=T0, recorded_at=T0)
    with receiving() as one:
        yield one


def subscribe_to(receiver: Receiver, path: str = "/hook") -> Any:
    key = make_partner(scopes=["read", "webhooks:manage"]).key
    assert key is not None
    return subscribe(SubscriptionDraft(url=receiver.url(path), event_types=("picture.changed",)), key=key)


def say_something(references: list[str]) -> None:
    drafts = [
        ReportDraftFactory(
            source="wfp", event_id=f"e-{each}", subject=each, code="departed", occurred=OccurredFactory(earliest=T0)
        )
        for each in references
    ]
    assert {outcome.result for outcome in record(drafts, sender=Sender())} == {"accepted"}


def test_sender_killed_between_the_answer_and_its_commit_sends_again_under_the_same_id(receiver, tmp_path):
    subscription, _ = subscribe_to(receiver)
    with running(scheduler(tmp_path)):
        for _ in range(KILLS):
            arrived, killed = threading.Event(), threading.Event()

            def hold(handler: Handler, arrived: Any = arrived, killed: Any = killed) -> None:
                arrived.set()
                killed.wait(10)
                answer(200)(handler)

            receiver.behaviour = hold
            victim = worker()
            with running(victim):
                delivery = ping(subscription)
                wait_until(arrived.is_set, seconds=30)
                victim.kill()
                receiver.behaviour = answer(200)
                killed.set()
            assert Delivery.objects.get(pk=delivery.pk).state == "pending"
            with running(worker()):
                wait_until(
                    lambda pk=delivery.pk: Delivery.objects.get(pk=pk).state == "delivered", seconds=30, every=0.05
                )
    assert Counter(Counter(receiver.ids()).values()) == {2: KILLS}, "one more for each kill, under its own id"


def test_redis_that_forgets_everything_loses_no_message(receiver, tmp_path):
    subscribe_to(receiver)
    _, secret = subscribe_to(receiver, "/other")
    forgetful = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    references = [ShipmentFactory(destination=None).reference for _ in range(20)]
    with running(worker(), scheduler(tmp_path)):
        for number in range(0, 20, 5):
            say_something(references[number : number + 5])
            time.sleep(0.1)
            forgetful.flushdb()
        wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 40, seconds=30, every=0.05)

    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()
    assert Counter(receiver.ids()) == Counter(Delivery.objects.values_list("webhook_id", flat=True))
    said = [Webhook(secret).verify(each.body, each.headers) for each in receiver.requests if each.path == "/other"]
    assert sorted(each["data"]["subject"] for each in said) == sorted(references)
