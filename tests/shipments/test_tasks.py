"""Rung once, a worker lets what is due gather, and works it off."""

import gc
from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest
from celery import current_app
from celery.signals import worker_process_init
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from actors.factories import SourceFactory
from shipments import tasks
from shipments.factories import ReportDraftFactory, ShipmentFactory, SubscriptionFactory
from shipments.models import Delivery, Due, FlowDue, OutboxEvent, Report
from shipments.services import doorbell
from shipments.services.planning import announce_subject
from shipments.services.queue import claim
from shipments.services.reconciling import count_free, reconcile_due
from shipments.services.recording import Sender, record
from shipments.services.relaying import RELAY_LOCK, relay_outbox
from shipments.services.webhooks import fanning_out
from shipments.services.webhooks.fanning_out import fan_out

pytestmark = pytest.mark.django_db


def say(shipment):
    assert say_of(shipment.reference) == "accepted"


def say_of(subject):
    (outcome,) = record([ReportDraftFactory(source=SourceFactory().code, subject=subject)], sender=Sender())
    return outcome.result


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something while a worker waits, in place of the time that passes; how long it would have waited."""
    waits = []

    def happens(what=lambda: None):
        monkeypatch.setattr(tasks.time, "sleep", lambda seconds: (waits.append(seconds), what()))
        return waits

    return happens


def test_what_is_said_while_a_worker_gathers_is_folded_with_what_it_was_rung_for(meanwhile):
    shipment = ShipmentFactory()
    say(shipment)
    more = iter([shipment, shipment])
    meanwhile(lambda: [say(each) for each in more])
    tasks.ring_answered()
    shipment.refresh_from_db()
    assert (shipment.version, Report.objects.count()) == (1, 3)
    assert not Due.objects.exists()
    assert not OutboxEvent.objects.filter(sequence=None).exists()


def test_nothing_is_waited_for_while_there_is_a_full_batch(meanwhile, monkeypatch):
    monkeypatch.setattr(settings, "RECONCILE_BATCH_SIZE", 1)
    for _ in range(3):
        say(ShipmentFactory())
    waits = meanwhile()
    tasks.ring_answered()
    assert not Due.objects.exists()
    assert not waits


def test_nothing_is_waited_for_where_a_batch_gathered_while_less_was_worked_off(meanwhile, monkeypatch):
    monkeypatch.setattr(settings, "RECONCILE_BATCH_SIZE", 2)
    say(ShipmentFactory())
    waits = meanwhile()
    claims = []

    def reconcile_while_more_is_said(*, limit):
        claims.append(reconcile_due(limit=limit))
        if len(claims) == 1:
            for _ in range(2):
                say(ShipmentFactory())
        return claims[-1]

    monkeypatch.setattr(tasks, "reconcile_due", reconcile_while_more_is_said)
    tasks.ring_answered()
    assert claims == [1, 2, 0]
    assert len(waits) == 1


def test_what_another_numbers_meanwhile_is_looked_at_again_as_it_may_have_looked_too_early(meanwhile):
    say(ShipmentFactory())
    other = connection.copy()
    with closing(other), other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [RELAY_LOCK])
        # Gathered before the batch and before the look that finds nothing left; then the other one is done.
        steps = iter([None, None, "SELECT pg_advisory_unlock_all()"])
        meanwhile(lambda: (step := next(steps)) and cursor.execute(step))
        try:
            tasks.ring_answered()
        finally:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    assert not OutboxEvent.objects.filter(sequence=None).exists()


def test_more_events_than_are_numbered_at_once_are_all_numbered_where_nothing_is_due(meanwhile, monkeypatch):
    meanwhile()
    monkeypatch.setattr(tasks, "NUMBERED_AT_ONCE", 1)
    monkeypatch.setattr(tasks, "relay_outbox", lambda: relay_outbox(limit=1))
    for _ in range(3):
        announce_subject(ShipmentFactory().subject)
    tasks.ring_answered()
    assert not OutboxEvent.objects.filter(sequence=None).exists()


def test_what_others_have_begun_or_is_for_later_is_not_free():
    for _ in range(4):
        say(ShipmentFactory())
    assert (count_free(most=3), count_free(most=5)) == (3, 4)
    _, too_long = claim(limit=2)
    Due.objects.filter(pk=too_long.subject_id).update(leased_until=Now() - timedelta(hours=1))
    later = Due.objects.filter(claim_token=None)[:1]
    Due.objects.filter(pk__in=later).update(not_before=Now() + timedelta(hours=1))
    assert count_free(most=5) == 2


def test_another_worker_is_called_where_there_is_more_than_one_takes(meanwhile, messages, monkeypatch):
    monkeypatch.setattr(settings, "RECONCILE_BATCH_SIZE", 2)
    for _ in range(2):
        say(ShipmentFactory())
    meanwhile()
    tasks.ring_answered()
    assert messages() == 0
    for _ in range(3):
        say(ShipmentFactory())
    tasks.ring_answered()
    assert messages() == 1


def test_the_last_that_are_due_are_shared_out_among_workers(meanwhile, messages, monkeypatch):
    monkeypatch.setattr(tasks, "NOT_SHARED", 2)
    for _ in range(9):
        say(ShipmentFactory())
    waits = meanwhile()
    shares = []
    monkeypatch.setattr(tasks, "reconcile_due", lambda *, limit: shares.append(limit) or reconcile_due(limit=limit))
    tasks.ring_answered()
    # The others are called; as none comes, it goes on by itself, and waits for more once there is no more.
    assert shares == [5, 2, 2, 2]
    assert messages() == 1
    assert len(waits) == 2
    assert not Due.objects.exists()


def test_a_worker_waits_as_long_as_a_batch_takes_but_not_long(meanwhile, monkeypatch):
    clock = count()
    monkeypatch.setattr(tasks.time, "monotonic", lambda: next(clock))
    say(ShipmentFactory())
    waits = meanwhile()
    tasks.ring_answered()
    assert waits == [doorbell.GATHER_SECONDS, tasks.GATHER_AT_MOST]


def test_the_bell_can_be_rung_again_before_whoever_answers_it_looks(meanwhile, messages):
    doorbell.ring()
    waiting = []
    meanwhile(lambda: (doorbell.ring(), waiting.append(messages())))
    tasks.ring_answered()
    assert waiting == [2]


def test_a_worker_that_lets_go_rings_for_the_next_while_there_is_more(meanwhile, messages, monkeypatch):
    monkeypatch.setattr(settings, "RECONCILE_BATCH_SIZE", 1)
    monkeypatch.setattr(tasks, "BATCHES_A_RING", 2)
    for _ in range(3):
        say(ShipmentFactory())
    meanwhile()
    tasks.ring_answered()
    assert (Due.objects.count(), messages()) == (1, 1)
    tasks.ring_answered()
    assert (Due.objects.count(), messages()) == (0, 1)


def test_what_moves_no_picture_is_told_all_the_same(meanwhile):
    assert say_of("SHP-00000000") == "held"
    meanwhile()
    tasks.ring_answered()
    assert not OutboxEvent.objects.filter(sequence=None).exists()


def test_messages_are_made_of_all_that_was_told_and_their_sender_is_called(meanwhile, messages, monkeypatch):
    SubscriptionFactory(event_types=["report.recorded"])
    for module in (tasks, fanning_out):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    shipment = ShipmentFactory()
    for _ in range(4):
        say(shipment)
    meanwhile()
    tasks.ring_answered()
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()
    assert Delivery.objects.count() == 4
    assert messages("webhooks") >= 1


def test_a_sender_that_cannot_be_called_stops_nobody(meanwhile, monkeypatch):
    def lost():
        raise OperationalError

    SubscriptionFactory(event_types=["report.recorded"])
    monkeypatch.setattr(tasks.send_webhooks, "delay", lost)
    say(ShipmentFactory())
    meanwhile()
    tasks.ring_answered()
    assert (Due.objects.count(), Delivery.objects.count()) == (0, 1)


def test_a_worker_makes_webhooks_once_a_batch_however_many_reports_come_meanwhile(meanwhile, monkeypatch):
    meanwhile()
    shipment = ShipmentFactory()
    say(shipment)
    more = iter([shipment] * 5)
    done = []

    def fan_out_late():
        done.append("webhooks")
        for each in more:
            say(each)
            break
        return fan_out()

    def reconcile_and_count(*, limit):
        done.append("batch")
        return reconcile_due(limit=limit)

    monkeypatch.setattr(tasks, "fan_out", fan_out_late)
    monkeypatch.setattr(tasks, "reconcile_due", reconcile_and_count)
    tasks.ring_answered()
    assert done == ["batch", "webhooks"] * 7
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()


def test_a_worker_process_does_not_have_what_was_loaded_walked_over_with_every_batch():
    gc.unfreeze()
    usual = gc.get_threshold()
    worker_process_init.send(sender=None)
    try:
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] > 50_000  # more than a batch of fifty has at once
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)


def test_the_sweep_adds_flows_up_unless_a_full_batch_of_pictures_waits(meanwhile, monkeypatch):
    meanwhile()
    say(ShipmentFactory())
    tasks.ring_answered()
    assert FlowDue.objects.exists()
    monkeypatch.setattr(tasks, "count_free", lambda most: most)
    tasks.sweep()
    assert FlowDue.objects.exists()
    monkeypatch.undo()
    tasks.sweep()
    assert not FlowDue.objects.exists()


def test_the_sweep_finds_what_a_lost_message_left_behind(meanwhile):
    meanwhile()
    say(ShipmentFactory())
    tasks.sweep()
    assert not Due.objects.exists()


def test_whatever_a_lost_message_would_leave_undone_is_on_the_clock():
    current_app.autodiscover_tasks(force=True)
    ours = {name for name in current_app.tasks if name.startswith(("actors.", "shipments."))}
    on_the_clock = {entry["task"] for entry in current_app.conf.beat_schedule.values()}
    # The sweep does what the bell has done.
    assert on_the_clock == ours - {doorbell.TASK}
