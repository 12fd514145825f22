"""The queue of due subjects: leases, generations, fencing, quarantine."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from structlog.testing import capture_logs

from actors.identifiers import new_id
from shipments.factories import ShipmentFactory
from shipments.models import Due
from shipments.services.queue import (
    BEGINNING,
    DIED,
    EVERYBODY,
    LONGEST_REST,
    MAX_ATTEMPTS,
    claim,
    forget_tries,
    give_back,
    lock_still_ours,
    mark_due,
    mark_due_now,
    settle,
)
from shipments.services.reconciling import reconcile_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(django_user_model):
    shipment = ShipmentFactory()
    mark_due({shipment.pk: shipment.created_at})
    return Due.objects.get()


def lease_ran_out():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shipments_due SET leased_until = statement_timestamp() - interval '1 second'")


def test_a_claimed_subject_is_not_claimed_again(due):
    assert [each.subject_id for each in claim(limit=10)] == [due.subject_id]
    assert claim(limit=10) == []


def test_a_claim_reads_what_it_takes_and_not_all_that_is_due(monkeypatch):
    asked = []
    monkeypatch.setattr("shipments.services.queue.run", lambda *statement: asked.append(statement) or [])
    claim(limit=10)
    [(statement, values)] = asked
    with connection.cursor() as cursor:
        # Few rows are cheaper to walk over, which says nothing of a million.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond: (subject_id = ANY" in plan, plan
    assert "Join" not in plan, plan


def test_a_claim_is_committed_without_waiting_for_the_disk(due):
    with connection.cursor() as cursor:
        # As in a service; the server of the tests waits for no disk at all.
        cursor.execute("SET LOCAL synchronous_commit = on")
        claim(limit=10)
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)


def test_a_lease_that_ran_out_is_claimed_by_the_next(due):
    claim(limit=10)
    lease_ran_out()

    assert [each.subject_id for each in claim(limit=10)] == [due.subject_id]


def test_a_worker_that_slept_past_its_lease_may_not_write(due):
    zombie = claim(limit=10)
    lease_ran_out()
    heir = claim(limit=10)

    assert lock_still_ours(zombie, {due.subject_id: 0}) == set()
    assert lock_still_ours(heir, {due.subject_id: 0}) == {due.subject_id}
    settle(zombie)
    assert Due.objects.get().claim_token == heir[0].token


def test_a_subject_that_was_written_meanwhile_may_not_be_written(due):
    claims = claim(limit=10)

    assert lock_still_ours(claims, {due.subject_id: 0}) == {due.subject_id}
    assert lock_still_ours(claims, {due.subject_id: 0}) == set()


def test_a_settled_subject_is_off_the_queue(due):
    settle(claim(limit=10))

    assert not Due.objects.exists()


def test_a_subject_marked_due_while_it_is_folded_stays_due(due):
    claims = claim(limit=10)
    mark_due({due.subject_id: due.from_moment})
    settle(claims)

    left = Due.objects.get()
    assert (left.generation, left.claim_token, left.attempts) == (2, None, 0)
    assert claim(limit=10)[0].generation == 2


def fail(error="ValueError: no"):
    (each,) = claim(limit=10)
    give_back(each, error=error)
    return Due.objects.get()


def pause_is_over():
    """As if the pause had passed; how long it was, in seconds."""
    row = Due.objects.annotate(pause=F("not_before") - Now()).get()
    Due.objects.update(not_before=row.due_since)
    return row.pause.total_seconds()


def test_a_subject_that_fails_rests_and_is_set_aside_in_the_end(due):
    for attempt in range(1, MAX_ATTEMPTS + 1):
        row = fail()
        assert (row.attempts, row.quarantined) == (attempt, attempt == MAX_ATTEMPTS)
        assert row.not_before > row.due_since
        pause_is_over()

    assert claim(limit=10) == []
    assert Due.objects.get().last_error == "ValueError: no"


def test_what_was_tried_before_is_claimed_one_at_a_time_the_least_tried_first():
    subjects = [ShipmentFactory().pk for _ in range(5)]
    mark_due(dict.fromkeys(subjects, BEGINNING))
    for subject_id, attempts in zip(subjects, (0, 3, 2, 2, 0), strict=True):
        Due.objects.filter(pk=subject_id).update(attempts=attempts)

    taken = []
    while claims := claim(limit=10):
        taken.append([(subjects.index(each.subject_id), each.is_tried_again) for each in claims])
    assert taken == [[(0, False), (2, True), (4, False)], [(3, True)], [(1, True)]]


def test_what_was_lost_with_a_worker_keeps_nothing_waiting_that_is_due_after_it():
    lost = {ShipmentFactory().pk for _ in range(6)}
    mark_due(dict.fromkeys(lost, BEGINNING))
    claim(limit=6)
    lease_ran_out()
    fresh = {ShipmentFactory().pk for _ in range(6)}
    mark_due(dict.fromkeys(fresh, BEGINNING))

    first = {each.subject_id for each in claim(limit=6)}
    assert first > fresh
    assert len(first & lost) == 1
    for _ in range(5):
        (each,) = claim(limit=6)
        assert each.was_lost


def test_a_subject_that_is_lost_with_each_worker_is_set_aside_with_a_sentence(due):
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (each,) = claim(limit=10)
        assert (each.attempts, each.was_lost, each.is_hopeless) == (attempt, attempt > 1, False)
        lease_ran_out()
    with capture_logs() as logs:
        reconcile_due(limit=10)

    left = Due.objects.get()
    assert (left.quarantined, left.claim_token, left.last_error) == (True, None, DIED)
    assert [(line["event"], line["log_level"]) for line in logs] == [("reconcile.set_aside", "error")]


def test_what_is_said_of_a_subject_before_it_is_lost_for_the_last_time_is_tried_after_a_pause(due):
    for _ in range(MAX_ATTEMPTS):
        claim(limit=10)
        lease_ran_out()
    mark_due({due.subject_id: due.from_moment})
    reconcile_due(limit=10)

    left = Due.objects.get()
    assert (left.quarantined, left.claim_token, left.last_error) == (False, None, DIED)
    assert claim(limit=10) == []
    assert pause_is_over() == pytest.approx(2 ** (MAX_ATTEMPTS + 1), abs=1)
    reconcile_due(limit=10)
    assert not Due.objects.exists()


def test_what_is_said_of_a_subject_that_fails_shortens_no_pause_and_forgets_no_try(due):
    row = fail()
    mark_due({due.subject_id: due.from_moment})

    again = Due.objects.get()
    assert (again.attempts, again.not_before, again.last_error) == (1, row.not_before, "ValueError: no")
    assert claim(limit=10) == []


def test_what_is_said_of_a_subject_set_aside_has_it_tried_once_after_a_pause_twice_as_long_each_time(due):
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        fail()
        pauses.append(pause_is_over())
    for _ in range(10):
        assert claim(limit=10) == []
        mark_due({due.subject_id: due.from_moment})
        assert fail().quarantined
        pauses.append(pause_is_over())

    longest = 2.0**LONGEST_REST
    assert pauses == pytest.approx([min(2.0**n, longest) for n in range(1, 16)], abs=1)


def test_what_is_said_while_it_fails_for_the_last_time_is_tried_as_well(due):
    for _ in range(MAX_ATTEMPTS - 1):
        fail()
        pause_is_over()
    (each,) = claim(limit=10)
    mark_due({due.subject_id: due.from_moment})
    give_back(each, error="ValueError: no")

    row = Due.objects.get()
    assert (row.attempts, row.quarantined) == (MAX_ATTEMPTS, False)
    assert row.not_before > row.due_since
    pause_is_over()
    assert fail().quarantined


def test_success_forgets_what_failed_before_though_more_was_said_meanwhile(due):
    fail()
    pause_is_over()
    claims = claim(limit=10)
    mark_due({due.subject_id: due.from_moment})
    settle(claims)

    left = Due.objects.get()
    assert (left.attempts, left.last_error) == (0, "")


def test_an_operator_has_a_subject_begin_anew_at_once(due):
    for _ in range(MAX_ATTEMPTS):
        fail()
        pause_is_over()
    Due.objects.update(not_before=Now() + timedelta(hours=1))
    mark_due_now([due.subject_id])
    forget_tries([due.subject_id])

    (each,) = claim(limit=10)
    assert (each.attempts, each.is_tried_again) == (1, False)


def test_a_flood_in_one_lane_delays_others_by_no_more_than_their_own_number():
    flood, quiet = new_id(), new_id()
    flooded = {ShipmentFactory().pk for _ in range(12)}
    waiting = {ShipmentFactory().pk for _ in range(3)}
    mark_due(dict.fromkeys(flooded, BEGINNING), lane=flood)
    mark_due(dict.fromkeys(waiting, BEGINNING), lane=quiet)

    claims = claim(limit=6)
    first = {each.subject_id for each in claims}
    assert (len(first & flooded), len(first & waiting)) == (3, 3)
    settle(claims)
    # Where nobody else waits, nothing is held back.
    assert len({each.subject_id for each in claim(limit=6)} & flooded) == 6


def test_live_subjects_go_before_an_import_that_was_there_first_and_do_not_starve_it(monkeypatch):
    monkeypatch.setattr("shipments.services.queue.BULK_FROM", 12)
    partner = new_id()
    imported = {ShipmentFactory().pk for _ in range(12)}
    mark_due(dict.fromkeys(imported, BEGINNING), lane=partner)
    live = [ShipmentFactory().pk for _ in range(8)]
    for subject_id in live:
        mark_due({subject_id: BEGINNING}, lane=partner)

    claims = claim(limit=8)
    first = {each.subject_id for each in claims}
    assert first & set(live) == set(live[:6])
    assert len(first & imported) == 2
    settle(claims)
    claims = claim(limit=8)
    assert {each.subject_id for each in claims} & set(live) == set(live[6:])
    settle(claims)
    # Where nothing live waits, the import has the whole batch.
    assert len({each.subject_id for each in claim(limit=8)} & imported) == 8


def test_an_imported_subject_of_which_something_is_said_live_waits_no_longer(monkeypatch):
    monkeypatch.setattr("shipments.services.queue.BULK_FROM", 4)
    partner = new_id()
    imported = [ShipmentFactory().pk for _ in range(4)]
    mark_due(dict.fromkeys(imported, BEGINNING), lane=partner)
    mark_due({imported[-1]: BEGINNING}, lane=partner)
    mark_due(dict.fromkeys(imported, BEGINNING), lane=partner)

    assert Due.objects.filter(is_bulk=False).get().pk == imported[-1]


def test_a_subject_that_two_organisations_made_due_is_in_everybodys_lane(due):
    first, second = new_id(), new_id()
    Due.objects.all().delete()
    for lane, expected in ((first, first), (first, first), (second, EVERYBODY), (first, EVERYBODY)):
        mark_due({due.subject_id: due.from_moment}, lane=lane)
        assert Due.objects.get().lane == expected
