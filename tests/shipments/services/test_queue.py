"""The queue of due subjects: leases, generations, fencing, quarantine."""

import pytest
from django.db import connection

from actors.identifiers import new_id
from shipments.factories import ShipmentFactory
from shipments.models import Due
from shipments.services.queue import (
    BEGINNING,
    EVERYBODY,
    MAX_ATTEMPTS,
    claim,
    give_back,
    lock_still_ours,
    mark_due,
    settle,
)

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


def test_a_subject_that_fails_rests_and_is_quarantined_in_the_end(due):
    for attempt in range(1, MAX_ATTEMPTS + 1):
        give_back(claim(limit=10), error="ValueError: no")
        row = Due.objects.get()
        assert (row.attempts, row.quarantined) == (attempt, attempt == MAX_ATTEMPTS)
        assert row.not_before > row.due_since
        Due.objects.update(not_before=row.due_since)

    assert claim(limit=10) == []
    assert Due.objects.get().last_error == "ValueError: no"


def test_new_evidence_takes_a_subject_out_of_quarantine(due):
    Due.objects.update(quarantined=True, attempts=5)
    mark_due({due.subject_id: due.from_moment})

    assert claim(limit=10)


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
