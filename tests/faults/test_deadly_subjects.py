"""A subject that takes each worker with it, as the kernel does for want of memory: it goes alone, and not for ever.

A real worker, whose child is killed with -9 whenever it has that subject in hand. That it has it in hand for long
enough to be killed is seen to by a lock, which whoever folds a subject waits for.
"""

import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection

from actors.factories import SourceFactory
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import Due, Picture, Shipment
from shipments.services.queue import DIED, MAX_ATTEMPTS
from shipments.services.recording import Sender, record
from shipments.services.verifying import verify
from tests.processes import running, scheduler, wait_until, worker

SUBJECTS = 10


def say_something(references, event_id):
    drafts = [ReportDraftFactory(source="wfp", event_id=event_id, subject=reference) for reference in references]
    assert {outcome.result for outcome in record(drafts, sender=Sender())} == {"accepted"}


@contextmanager
def locked(subject_id):
    """Whoever would write the subject's picture waits. By a connection of its own: what is said has to be committed."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT FROM shipments_subject WHERE id = %s FOR NO KEY UPDATE", [subject_id])
        yield
    finally:
        other.rollback()
        other.close()


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_whoever_has(subject_id, celery):
    """Kill the worker's child each time that it has the subject in hand, until nobody does any more; how often."""
    killed = set()

    def is_set_aside():
        token, quarantined = Due.objects.values_list("claim_token", "quarantined").get(pk=subject_id)
        if token and token not in killed:
            killed.add(token)
            # It came as far as the lock, with all that it had in hand.
            time.sleep(0.2)
            for child in children_of(celery.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        return quarantined

    wait_until(is_set_aside, seconds=90, every=0.01)
    return len(killed)


@pytest.mark.usefixtures("committed_db")
def test_a_subject_that_kills_its_worker_each_time_goes_alone_and_is_set_aside_after_five(tmp_path):
    SourceFactory(code="wfp")
    references = [ShipmentFactory(destination=None).reference for _ in range(SUBJECTS)]
    deadly = Shipment.objects.get(reference=references[3])
    others = Picture.objects.exclude(subject=deadly)
    celery = worker()
    with running(celery, scheduler(tmp_path)):
        with locked(deadly.pk):
            say_something(references, "first")
            assert kill_whoever_has(deadly.pk, celery) in (MAX_ATTEMPTS, MAX_ATTEMPTS + 1)
        assert others.count() == SUBJECTS - 1
        assert Due.objects.get().last_error == DIED
        # Nobody waits for it, and it is tried again as more is said of it.
        say_something(references[:3], "second")
        wait_until(lambda: Due.objects.count() == 1, seconds=30)
        Due.objects.update(not_before=Due.objects.get().due_since)
        say_something(references[3:4], "second")
        wait_until(lambda: not Due.objects.exists(), seconds=30)
    assert verify() == []
