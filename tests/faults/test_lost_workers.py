"""Workers die and Redis forgets, at any instant: nothing is lost, nothing is doubled, all is done in 30 s.

Real PostgreSQL, real Redis, a real Celery worker and scheduler. What must hold is checked on the rows.
KILLS and FLUSHES set how many; `make soak` asks for more. After twenty kills in a row a worker may finish. What is
said after so many rounds is said of new shipments, so that what is left to do at the end is as much, however many.
"""

import os
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.db.models import Count

from actors.factories import SourceFactory, SourceRatingFactory
from shipments.factories import OccurredFactory, ReportDraftFactory, ShipmentFactory
from shipments.models import Due, OutboxEvent, Picture, Report, Shipment
from shipments.services import doorbell
from shipments.services.reconciling import count_due
from shipments.services.recording import Sender, record
from shipments.services.verifying import verify
from tests.processes import running, scheduler, wait_until, worker

SHIPMENTS = 80
KILLS = int(os.environ.get("KILLS", "8"))
KILLS_IN_A_ROW = 20
FLUSHES = int(os.environ.get("FLUSHES", "10"))
FLUSHES_IN_A_ROW = 10
CODES = ["booked", "ready", "departed", "in_transit", "arrived", "customs", "cleared", "received", "delivered"]
T0 = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def sources(committed_db):
    for code, grade in [("wfp", "A"), ("carrier", "B"), ("wire", "B")]:
        SourceRatingFactory(source=SourceFactory(code=code), grade=grade, topic="", valid_from=T0, recorded_at=T0)


def new_shipments():
    """What is spoken of, by reference."""
    return [ShipmentFactory(destination=None).reference for _ in range(SHIPMENTS)]


def say_something(references, chance, number):
    """One report on each shipment; returns how many were stored."""
    drafts = [
        ReportDraftFactory(
            source=chance.choice(["wfp", "carrier", "wire"]),
            event_id=f"round-{number}-{reference}",
            subject=reference,
            code=chance.choice(CODES),
            occurred=OccurredFactory(earliest=T0 + timedelta(hours=chance.randrange(500))),
        )
        for reference in references
    ]
    outcomes = record(drafts, sender=Sender())
    assert {outcome.result for outcome in outcomes} == {"accepted"}
    return len(outcomes)


def assert_nothing_lost_and_nothing_doubled(said):
    """Every report is there once, every picture is what its evidence gives, every version was announced once."""
    assert Report.objects.count() == said
    assert verify() == []
    assert Picture.objects.filter(known_to=None).count() == Shipment.objects.count()
    announced = OutboxEvent.objects.filter(type="picture.changed").values("subject_id", "body__version")
    assert not announced.annotate(times=Count("id")).filter(times__gt=1).exists()
    told = OutboxEvent.objects.filter(type="report.recorded").values("body__report")
    assert told.count() == told.distinct().count() == said


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(tmp_path):
    chance = random.Random(20220516)
    said = in_the_middle = 0
    # Whoever was killed still holds what they had, until their lease runs out: that is no sign of the next one.
    known = set()

    def claimed_anew():
        return set(Due.objects.exclude(claim_token=None).values_list("claim_token", flat=True)) - known

    with running(scheduler(tmp_path)):
        for number in range(KILLS):
            if number % KILLS_IN_A_ROW == 0:
                references = new_shipments()
            victim = worker()
            with running(victim):
                said += say_something(references, chance, number)
                wait_until(claimed_anew, seconds=30, every=0.001)
                time.sleep(chance.random() * 0.05)
                victim.kill()
                left = claimed_anew()
                in_the_middle += bool(left)
                known |= left
            if (number + 1) % KILLS_IN_A_ROW == 0 or number + 1 == KILLS:
                let_one_finish()

    assert in_the_middle >= KILLS // 2, "the kills came too late to prove anything"
    assert_nothing_lost_and_nothing_doubled(said)


def let_one_finish():
    with running(worker()):
        wait_until(lambda: count_due() == 0, seconds=30)
        wait_until(lambda: not OutboxEvent.objects.filter(sequence=None).exists(), seconds=30)


def test_a_redis_that_forgets_everything_loses_nothing(tmp_path):
    chance = random.Random(20220517)
    said = 0
    forgetful = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    with running(worker(), scheduler(tmp_path)):
        for number in range(FLUSHES):
            if number % FLUSHES_IN_A_ROW == 0:
                references = new_shipments()
            said += say_something(references, chance, number)
            time.sleep(chance.random() * 0.3)
            forgetful.flushdb()
        wait_until(lambda: count_due() == 0, seconds=30)
        wait_until(lambda: not OutboxEvent.objects.filter(sequence=None).exists(), seconds=30)

    assert_nothing_lost_and_nothing_doubled(said)


def test_a_scheduler_killed_at_any_instant_is_followed_by_one_that_finds_what_no_bell_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(doorbell, "ring", lambda: None)
    chance = random.Random(20220518)
    said, references = 0, new_shipments()
    with running(worker()):
        for number in range(3):
            victim = scheduler(tmp_path)
            with running(victim):
                said += say_something(references, chance, number)
                time.sleep(chance.random() * 3)
                victim.kill()
        said += say_something(references, chance, 3)
        with running(scheduler(tmp_path)):
            wait_until(lambda: count_due() == 0, seconds=60)
            wait_until(lambda: not OutboxEvent.objects.filter(sequence=None).exists(), seconds=30)

    assert_nothing_lost_and_nothing_doubled(said)
