"""POST /reports/batch/ as NDJSON, part by part: two of them at once, and nobody can tell but by the clock."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from shipments.api import batch
from shipments.factories import ShipmentFactory
from shipments.models import Report
from shipments.services.naming import lock_names
from tests.people import ALL_SCOPES, make_partner
from tests.threads import all_at_once, until_somebody_waits

PART = 20
# Of a subject that nobody knows: whoever records it looks once more, behind those who may be entering it.
UNKNOWN = "awb:999-00000000"
# As long as a part that may be stored takes, on a busy machine.
A_WHILE = 1.0


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(batch, "LINES_AT_A_TIME", PART)


@pytest.fixture
def partner(committed_db):
    return make_partner(scopes=ALL_SCOPES)


@pytest.fixture
def report(partner):
    shipment = ShipmentFactory()

    def made(number, **change):
        said = {"subject": shipment.reference, "code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
        all_said = {**said, "event_id": f"lss-{number}", **change}
        return {name: value for name, value in all_said.items() if value}

    return made


@pytest.fixture
def stream(partner):
    """The results of a stream of so many reports, once they are all there."""

    def sent(reports):
        answers = batch._lines(enumerate(reports, 1), partner.key)
        return [json.loads(line) for line in b"".join(answers).splitlines()]

    return sent


def _is_soon(wanted):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if wanted():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def somebody_enters(name):
    """Inside, whoever records of ``name`` waits."""
    with transaction.atomic():
        lock_names({name}, entering=True)
        yield


def test_stream_of_any_length_is_answered_line_by_line(partner, report):
    sent = [report(n) for n in range(5 * PART)]
    half = len(sent) // 2 + 3
    lines = [*map(json.dumps, sent[:half]), "", "{]", *map(json.dumps, sent[half:]), ""]
    for expected in ({"accepted", "refused"}, {"duplicate", "refused"}):
        answer = partner.post("reports/batch/", "\n".join(lines).encode(), content_type=batch.NDJSON)
        results = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
        assert [each["index"] for each in results] == list(range(len(sent) + 1))
        assert [each["index"] for each in results if each["result"] == "refused"] == [half]
        assert results[half]["errors"][0]["code"] == "invalid_json"
        assert {each["result"] for each in results} == expected
    assert Report.objects.count() == len(sent)


def test_next_part_is_stored_while_the_one_before_is_and_answered_after_it(report, stream):
    reports = [report(0, subject=UNKNOWN), *(report(n) for n in range(1, 3 * PART))]
    with ThreadPoolExecutor(1) as sender:
        with somebody_enters(UNKNOWN):
            answers = sender.submit(stream, reports)
            assert _is_soon(lambda: Report.objects.filter(event_id=f"lss-{PART}").exists())
            assert not Report.objects.filter(event_id__in=["lss-0", f"lss-{2 * PART}"]).exists()
        results = answers.result()
    assert [each["index"] for each in results] == list(range(3 * PART))
    assert [each["result"] for each in results] == ["held", *["accepted"] * (3 * PART - 1)]


@pytest.mark.parametrize(
    ("event_id", "again", "told"),
    [
        ("lss-1", {}, "duplicate"),
        ("", {}, "duplicate"),
        ("lss-1", {"event_id": "lss-x", "kind": "correct", "target": {"event_id": "lss-1"}}, "accepted"),
    ],
)
def test_part_that_speaks_of_the_one_before_is_stored_after_it(report, stream, event_id, again, told):
    reports = [report(0, subject=UNKNOWN), *(report(n) for n in range(1, 2 * PART))]
    reports[1], reports[PART] = report(1, event_id=event_id), report(1, **{"event_id": event_id, **again})
    with ThreadPoolExecutor(1) as sender:
        with somebody_enters(UNKNOWN):
            answers = sender.submit(stream, reports)
            until_somebody_waits("advisory")
            time.sleep(A_WHILE)
        results = answers.result()
    assert (results[1]["result"], results[PART]["result"]) == ("accepted", told)
    assert results[PART]["unknown"] == []


def test_part_that_fails_stores_nothing_and_all_may_be_sent_again(report, stream):
    reports = [report(0, subject=UNKNOWN), *(report(n) for n in range(1, 3 * PART))]
    with ThreadPoolExecutor(1) as sender, somebody_enters(UNKNOWN):
        answers = sender.submit(stream, reports)
        waiting = until_somebody_waits("advisory")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(pid) FROM unnest(%s) AS pid", [waiting])
        with pytest.raises(OperationalError):
            answers.result()
    assert not Report.objects.filter(event_id="lss-1").exists()
    assert {each["result"] for each in stream(reports)} <= {"held", "accepted", "duplicate"}
    assert Report.objects.count() == 3 * PART


def test_as_many_streams_at_once_as_there_are_connections_wait_for_none(report, stream):
    size = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]

    def send(number):
        results = stream([report(f"{number}-{n}") for n in range(3 * PART)])
        assert {each["result"] for each in results} == {"accepted"}

    all_at_once(*(lambda number=number: send(number) for number in range(2 * size)))
    assert Report.objects.count() == 2 * size * 3 * PART


def test_stream_is_read_one_part_ahead_and_no_further(partner, report):
    """However long it is, no more of it is held than two parts: the one that is answered and the next."""
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield read, report(read)

    answers = batch._lines(endless(), partner.key)
    for parts in (1, 2):
        assert next(answers).count(b"\n") == PART
        time.sleep(A_WHILE)
        assert parts * PART <= read <= (parts + 1) * PART
    answers.close()


def test_first_lines_are_answered_while_the_next_are_not_sent_yet(partner, report):
    """A sender that waits for the answers before it goes on is not waited for."""
    goes_on = threading.Event()

    def patient():
        yield from ((n, report(n)) for n in range(1, PART + 1))
        assert goes_on.wait(timeout=30)
        yield PART + 1, report(0)

    answers = batch._lines(patient(), partner.key)
    told = next(answers)
    goes_on.set()
    results = [json.loads(line) for line in b"".join([told, *answers]).splitlines()]
    assert [each["line"] for each in results] == list(range(1, PART + 2))
    assert {each["result"] for each in results} == {"accepted"}


def test_stream_that_breaks_is_told_after_what_was_stored(partner, report):
    def broken():
        yield from ((n, report(n)) for n in range(PART))
        raise OSError("connection reset")

    answers = batch._lines(broken(), partner.key)
    next(answers)
    with pytest.raises(OSError, match="reset"):
        next(answers)
    assert Report.objects.count() == PART
