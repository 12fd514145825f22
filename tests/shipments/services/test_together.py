"""Reports that come at once are recorded together, and each caller is told what it would be told alone."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DataError, connection, transaction
from msgspec.structs import replace

from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory
from actors.marking import Marking
from actors.models import PartnerKey
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import Due, OutboxEvent, Picture, Report, ReportLink, ReportPayload
from shipments.services import together
from shipments.services.reconciling import reconcile_due
from shipments.services.recording import Sender, record, record_each
from shipments.services.together import record_together

AT_ONCE = 7


@pytest.fixture
def key(committed_db):
    actor = ActorFactory()
    source = SourceFactory(code="lss", actor=actor)
    return PartnerKeyFactory(actor=actor, source=source, scopes=["reports:write"], clearance=Marking.GREEN)


@pytest.fixture
def draft(key):
    return ReportDraftFactory(source="lss", subject=ShipmentFactory().reference)


@pytest.fixture
def gathered(monkeypatch):
    """Run works in threads: the first is held while it records, until all others wait. What each gave or raised.

    Besides, how many statements each of the others sent. ``sizes`` is how many were in each shared transaction;
    ``ending`` is raised in it. ``patience`` is as together's.
    """
    sizes = []

    def counted(arrivals, **given):
        if run.ending:
            raise run.ending
        sizes.append(len(arrivals))
        return record_each(arrivals, **given)

    def run(first, *others):
        is_recording, all_wait = threading.Event(), threading.Event()
        statements = Counter()

        def held(drafts, *, sender):
            if not is_recording.is_set():
                is_recording.set()
                assert all_wait.wait(timeout=60)
            return record(drafts, sender=sender)

        def work(number, one):
            def count(execute, *given):
                statements[number] += 1
                return execute(*given)

            try:
                with connection.execute_wrapper(count):
                    return one()
            except BaseException as error:
                return error
            finally:
                connection.close()

        monkeypatch.setattr(together, "record", held)
        monkeypatch.setattr(together, "record_each", counted)
        monkeypatch.setattr(together, "PATIENCE_SECONDS", run.patience)
        monkeypatch.setattr(together._recorded, "patience", run.patience)
        connection.close()
        with ThreadPoolExecutor(1 + len(others)) as threads:
            running = [threads.submit(work, 0, first)]
            assert is_recording.wait(timeout=60)
            for number, one in enumerate(others, 1):
                waiting = len(together._recorded.waiting)
                running.append(threads.submit(work, number, one))
                while len(together._recorded.waiting) == waiting and not running[-1].done():
                    time.sleep(0.001)
            all_wait.set()
            done = [each.result(timeout=60) for each in running]
        assert not together._recorded.waiting
        assert not together._recorded.at_work
        return done, [statements[number] for number, _ in enumerate(others, 1)]

    run.sizes, run.ending, run.patience = sizes, None, 60
    return run


def works(drafts, key):
    return [lambda each=each: record_together(each, key=key) for each in drafts]


def all_rows():
    new = {"id", "uid", "report_id", "generation", "created_at", "due_since", "not_before", "received_at"}
    new |= {"recorded_at", "from_moment"}
    found = []
    for table in (Report, ReportPayload, ReportLink, Due, OutboxEvent):
        rows = [{name: value for name, value in row.items() if name not in new} for row in table.objects.values()]
        rows = [{k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()} for row in rows]
        found.append((table, sorted(rows, key=str)))
    return found


def test_those_that_wait_are_recorded_by_one_transaction_and_each_is_told_its_own(draft, key, gathered):
    drafts = [replace(draft, event_id=f"e-{n}") for n in range(AT_ONCE)]
    outcomes, statements = gathered(*works(drafts, key))
    assert gathered.sizes == [AT_ONCE - 1]
    assert [each.result for each in outcomes] == ["accepted"] * AT_ONCE
    for said, outcome in zip(drafts, outcomes, strict=True):
        assert Report.objects.get(event_id=said.event_id).reference == outcome.reference
    # One asked the database for all of them, the others not at all.
    assert sorted(statements)[:-1] == [0] * (AT_ONCE - 2)


def test_those_that_are_recorded_together_are_folded_once(draft, key, gathered):
    drafts = [
        replace(draft, event_id=f"e-{n}", code=code) for n, code in enumerate(["departed", "arrived", "delivered"])
    ]
    gathered(*works([replace(draft, event_id="first", code="booked"), *drafts], key))
    assert Report.objects.values("received_at").distinct().count() == 2
    reconcile_due(limit=1)
    assert Picture.objects.count() == 2


def test_one_that_comes_alone_is_recorded_alone(draft, key, django_assert_num_queries):
    record_together(draft, key=key)
    with django_assert_num_queries(2):  # one looks up, one stores
        record_together(replace(draft, event_id="again"), key=key)


def test_rows_and_outcomes_are_those_of_one_after_the_other(draft, key, gathered):
    nameless = replace(draft, event_id="", code="arrived")
    drafts = [
        draft,
        replace(draft, event_id="e-2", quote="…", raw={"n": 1}),
        draft,
        nameless,
        nameless,
        replace(draft, event_id="e-3", subject="SHP-00000000"),
        replace(draft, event_id="e-4", code="deprated"),
    ]
    with transaction.atomic():
        expected = [record([each], sender=Sender(key=key))[0] for each in drafts]
        rows = all_rows()
        transaction.set_rollback(True)
    outcomes, _ = gathered(*works(drafts, key))
    assert gathered.sizes == [len(drafts) - 1]
    # Which of two alike ones came first is theirs to settle.
    assert Counter(map(str, outcomes)) == Counter(map(str, expected))
    assert outcomes[-2:] == expected[-2:]
    assert all_rows() == rows


def test_one_that_breaks_the_transaction_touches_no_other(draft, key, gathered):
    bad = replace(draft, event_id="x" * 5000)
    drafts = [draft, *[replace(draft, event_id=f"e-{n}") for n in range(3)], bad, replace(draft, event_id="e-9")]
    outcomes, _ = gathered(*works(drafts, key))
    assert isinstance(outcomes.pop(4), DataError)
    assert [each.result for each in outcomes] == ["accepted"] * 5
    assert Report.objects.count() == 5


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt])
def test_nobody_waits_for_a_thread_that_was_ended_while_it_recorded(draft, key, gathered, ending):
    gathered.ending = ending
    outcomes, _ = gathered(*works([replace(draft, event_id=f"e-{n}") for n in range(4)], key))
    assert sum(isinstance(each, ending) for each in outcomes) == 1
    assert Report.objects.count() == 3


def test_one_that_was_ended_while_it_waited_is_recorded_by_nobody(draft, key, monkeypatch):
    def end(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(together._recorded, "at_work", {together._rights_of(key)})
        patch.setattr("threading.Condition.wait", end)
        with pytest.raises(KeyboardInterrupt):
            record_together(replace(draft, event_id="ended"), key=key)
    assert record_together(draft, key=key).result == "accepted"
    assert not together._recorded.waiting
    assert Report.objects.count() == 1


def test_what_differs_in_its_rights_is_recorded_apart(draft, key, gathered):
    relay = PartnerKey.objects.get(pk=key.pk)
    relay.scopes = [*key.scopes, PartnerKey.Scope.REPORTS_RELAY]
    theirs = replace(draft, source=SourceFactory(code="wire").code)
    first = replace(draft, event_id="first")
    outcomes, _ = gathered(*works([first, theirs], key), *works([theirs], relay))
    assert [each.result for each in outcomes] == ["accepted", "refused", "accepted"]
    assert gathered.sizes == []


@pytest.mark.parametrize("is_first", [True, False])
def test_one_that_waits_for_a_row_keeps_no_other_waiting(draft, key, is_first):
    blocked, free = draft, replace(draft, event_id="free", subject=ShipmentFactory().reference)
    record([blocked], sender=Sender(key=key))
    blocked = replace(blocked, event_id="blocked")
    order = [blocked, free] if is_first else [free, blocked]

    def send(one):
        try:
            return record_together(one, key=key)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        with transaction.atomic():
            Due.objects.select_for_update().get()
            running = {}
            for each in order:
                running[each.event_id] = threads.submit(send, each)
            assert running["free"].result(timeout=30).result == "accepted"
            assert not running["blocked"].done()
        assert running["blocked"].result(timeout=30).result == "accepted"


def test_a_row_that_one_waits_for_holds_up_those_taken_with_it_for_a_moment_only(draft, key, gathered):
    record([draft], sender=Sender(key=key))
    blocked = replace(draft, event_id="blocked")
    first, free = [replace(draft, event_id=name, subject=ShipmentFactory().reference) for name in ("first", "free")]
    is_held, is_done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Due.objects.select_for_update().get()
                is_held.set()
                return is_done.wait(timeout=30)
        finally:
            connection.close()

    def send_free():
        outcome = record_together(free, key=key)
        is_done.set()
        return outcome

    gathered.patience = 5
    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        assert is_held.wait(timeout=30)
        done, _ = gathered(*works([first, blocked], key), send_free)
        assert holding.result()
    assert gathered.sizes == [2]
    assert [each.result for each in done] == ["accepted"] * 3
