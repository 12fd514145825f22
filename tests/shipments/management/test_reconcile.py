"""Waiting for the workers: it says what they do, and a start does not fail for what they have not done yet."""

import pytest
from django.core.management import CommandError, call_command

from aidtracker.local.prepare import wait_for_workers
from shipments.factories import ShipmentFactory
from shipments.management.commands import reconcile
from shipments.models import Due
from shipments.services.queue import claim, mark_due_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def due():
    mark_due_now(ShipmentFactory().pk for _ in range(3))


def test_waiting_where_nobody_works_asks_whether_a_worker_runs(due):
    with pytest.raises(CommandError, match=r"After 0 s 3 subjects are due and none .*: is a worker running\?"):
        call_command("reconcile", wait=True, timeout=0)


def test_waiting_says_now_and_then_what_is_being_done(due, monkeypatch, capsys):
    first, _ = claim(limit=2)
    Due.objects.filter(pk=first.subject_id).update(attempts=2)
    monkeypatch.setattr(reconcile, "TELL_EVERY", 0)
    with pytest.raises(CommandError, match="After 1 s 3 subjects are due, 2 being worked out, 1 tried before"):
        call_command("reconcile", wait=True, timeout=1)
    assert "  3 subjects are due, 2 being worked out, 1 tried before" in capsys.readouterr().err.splitlines()


def test_waiting_ends_when_nothing_is_due_any_more(due, monkeypatch):
    monkeypatch.setattr(reconcile.time, "sleep", lambda seconds: call_command("reconcile", verbosity=0))
    call_command("reconcile", wait=True, timeout=60)
    assert not Due.objects.exists()


def test_a_start_goes_on_with_what_is_still_due_and_says_so(due, capsys):
    wait_for_workers(seconds=0)
    told = capsys.readouterr().err.splitlines()
    assert told[-2].startswith("Waiting until the workers have reconciled everything: done")
    assert told[-1].startswith("  After 0 s 3 subjects are due")
    assert told[-1].endswith("It goes on; what follows is what is believed so far.")
