"""What a web process holds does not follow what it was asked for: neither streams nor bodies nor answers stay."""

import gc
import http.client
import json
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from django.core.handlers.base import BaseHandler
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.response import Response

from shipments.factories import ShipmentFactory
from tests.bench.place import children_of
from tests.people import ALL_SCOPES, Caller, make_partner
from tests.processes import free_port, running, wait_until, web

SHORT, LONG = 6_000, 24_000
# What comes and goes by chance, in kB. Of the lines that the long one has more the results alone are three times that.
MARGIN = 4 * 1024
# glibc reserves a heap for threads in so many bytes, and begins it at a multiple of them.
HEAP = 64 * 1024 * 1024


@pytest.fixture
def sender(committed_db: None) -> Caller:
    return make_partner(scopes=ALL_SCOPES)


@pytest.fixture
def served(sender: Caller) -> Generator[tuple[int, int]]:
    """The port of a web server, and the process that answers there."""
    port = free_port()
    with running(server := web(port)):
        wait_until(lambda: _is_up(port), seconds=60)
        (pid,) = children_of(server.process.pid)
        yield port, pid


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()


def _resident(pid: int) -> int:
    """What a process holds of its own, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])


def _heaps_of_threads(pid: int) -> list[str]:
    """Where a process keeps what its threads asked for, beside the heap that all share."""
    bounds = [line.split()[0].split("-") for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    ends = {int(end, 16) for _, end in bounds}
    return [start for start, _ in bounds if int(start, 16) % HEAP == 0 and int(start, 16) + HEAP in ends]


def _stream(port: int, sender: Caller, body: bytes, each: Callable[[], None]) -> int:
    """Send ``body`` as NDJSON; how many lines were answered. ``each`` is called whenever some were."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", "/api/v1/reports/batch/")
    for name, value in (*sender.headers.items(), ("content-type", "application/x-ndjson")):
        connection.putheader(name, value)
    connection.putheader("content-length", str(len(body)))
    connection.endheaders()
    sending = threading.Thread(target=connection.sock.sendall, args=(body,))
    sending.start()
    answer = connection.getresponse()
    answered = 0
    while part := answer.read1(1 << 16):
        answered += part.count(b"\n")
        each()
    sending.join()
    connection.close()
    return answered


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read in /proc")
def test_a_long_stream_takes_no_more_memory_than_a_short_one_and_threads_share_a_heap(
    served: tuple[int, int], sender: Caller
) -> None:
    port, pid = served
    shipments = [ShipmentFactory().reference for _ in range(20)]
    said = {"code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}

    def most_held(name: str, lines: int) -> int:
        body = b"".join(
            json.dumps({**said, "subject": shipments[n % 20], "event_id": f"{name}-{n}"}).encode() + b"\n"
            for n in range(lines)
        )
        held: list[int] = []
        assert _stream(port, sender, body, lambda: held.append(_resident(pid))) == lines
        return max(held)

    # The first one of all has the process load what streams need, and its heap grow to what two parts at once take.
    short = max(most_held("first", SHORT), most_held("short", SHORT))
    assert most_held("long", LONG) - short < MARGIN
    assert not _heaps_of_threads(pid)


def _requests_and_answers() -> list[object]:
    return [each for each in gc.get_objects() if type(each) in (Request, Response)]


@pytest.mark.django_db
def test_a_request_and_its_answer_are_let_go_when_it_is_sent_and_do_not_wait_for_the_collector() -> None:
    headers = make_partner(scopes=ALL_SCOPES).headers
    ShipmentFactory()
    asked = ("shipments/", "flows/", "shipments/SHP-00000000/", "shipments/?limit=0")
    statuses: list[int] = []
    handler = BaseHandler()
    handler.load_middleware()
    gc.collect()
    # Another test may hold one of its own.
    before = {id(each) for each in _requests_and_answers()}
    gc.disable()
    try:
        for path in asked:
            # Not by the test client, whose own answers go in circles.
            answer = handler.get_response(RequestFactory().get(f"/api/v1/{path}", headers=headers))
            statuses.append(answer.status_code)
            del answer
        sent = RequestFactory().post("/api/v1/reports/batch/", ["no report"], "application/json", headers=headers)
        statuses.append(handler.get_response(sent).status_code)
        del sent
        assert statuses == [200, 200, 404, 400, 207]
        # A request holds the body that was read.
        assert [each for each in _requests_and_answers() if id(each) not in before] == []
    finally:
        gc.enable()
