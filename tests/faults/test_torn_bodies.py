"""Bodies that are not as long as they say, over real sockets: refused or a closed door, and nothing stored."""

import json
import socket
from collections.abc import Generator

import pytest

from shipments.models import Report
from tests.people import ALL_SCOPES, Caller, make_partner
from tests.processes import free_port, running, wait_until, web

BODY = json.dumps(
    {"event_id": "e-1", "subject": "SHP-00000000", "code": "departed", "asserted_at": "2022-05-16T11:30:00Z"}
).encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture
def sender(committed_db: None) -> Caller:
    return make_partner(scopes=ALL_SCOPES)


@pytest.fixture
def port(sender: Caller) -> Generator[int, None, None]:
    number = free_port()
    with running(web(number)):
        wait_until(lambda: _answers(number), seconds=60)
        yield number


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _length(length: object) -> bytes:
    return b"Content-Length: %b\r\n" % str(length).encode()


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body)


def status_of(port: int, sender: Caller, headers: bytes, sent: bytes, *, path: bytes = b"reports/") -> int:
    """The status of the answer to exactly these bytes; 0 where the connection was closed without one."""
    head = b"POST /api/v1/%b HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" % path
    head += b"Authorization: %b\r\n" % sender.headers["authorization"].encode()
    answer = answer_to(port, head + headers + b"\r\n" + sent)
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def answer_to(port: int, sent: bytes) -> bytes:
    """All that is answered to exactly these bytes until the connection is closed."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
    return answer


def test_torn_and_ambiguous_bodies_are_refused_and_store_nothing(port: int, sender: Caller) -> None:
    form = b"Content-Type: multipart/form-data; boundary=x\r\n"
    half = b'--x\r\nContent-Disposition: form-data; name="event_id"\r\n\r\ne-1'
    torn = {
        "longer than it says": (JSON + _length(len(BODY) - 5), BODY),
        "shorter than it says": (JSON + _length(len(BODY) + 50), BODY),
        "cut in the middle": (JSON + _length(len(BODY)), BODY[:40]),
        "no length at all": (JSON, BODY),
        "length and chunks": (JSON + _length(len(BODY)) + CHUNKED, _chunk(BODY) + b"0\r\n\r\n"),
        "two lengths": (JSON + _length(len(BODY)) + _length(5), BODY),
        "a length below zero": (JSON + _length(-1), BODY),
        "a length in words": (JSON + _length("many"), BODY),
        "a length with a sign": (JSON + _length(f"+{len(BODY)}"), BODY),
        "a chunk cut short": (JSON + CHUNKED, b"%x\r\n%b" % (len(BODY), BODY[:40])),
        "a chunk of no size": (JSON + CHUNKED, b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
        "half a form": (form + _length(len(half) + 100), half),
        "half a form that says so": (form + _length(len(half)), half),
    }
    for name, (headers, sent) in torn.items():
        status = status_of(port, sender, headers, sent)
        assert status == 0 or 400 <= status < 500, (name, status)
    assert not Report.objects.exists()
    assert status_of(port, sender, JSON + _length(len(BODY)), BODY) == 202
    assert Report.objects.count() == 1


def test_a_stream_that_is_torn_keeps_what_was_whole_and_no_part_of_a_line(port: int, sender: Caller) -> None:
    lines = b"\n".join(BODY.replace(b"e-1", b"e-%d" % n) for n in range(3)) + b"\n"
    headers = b"Content-Type: application/x-ndjson\r\n" + _length(len(lines))
    status_of(port, sender, headers, lines[: len(lines) - 20], path=b"reports/batch/")
    assert set(Report.objects.values_list("event_id", flat=True)) <= {"e-0", "e-1"}
    assert status_of(port, sender, headers, lines, path=b"reports/batch/") == 207
    assert Report.objects.count() == 3


def test_what_the_web_server_refuses_itself_has_the_status_that_the_guide_names_and_ends_the_connection(
    port: int,
) -> None:
    get = b"GET /api/v1/key/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    refused = {
        "a line that is too long": (b"GET /api/v1/key/?q=" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414),
        "a header that is too long": (get + b"Authorization: Bearer " + b"x" * 9_000 + b"\r\n\r\n", 431),
        "too many headers": (get + b"".join(b"X-%d: 1\r\n" % n for n in range(101)) + b"\r\n", 431),
        "a coding that nobody knows": (get + b"Transfer-Encoding: zstd\r\n\r\n", 501),
        "a line that says nothing": (b"<script>alert(1)</script>\r\n\r\n", 400),
        "a version to come": (get.replace(b"/1.1", b"/9.9") + b"\r\n", 400),
        "a header with a space": (get + b"X Y: 1\r\n\r\n", 400),
    }
    for name, (sent, status) in refused.items():
        head, _, page = answer_to(port, sent).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status), (name, head, page)
        assert b"Connection: close" in head, name
        assert b"<script>" not in page, name
    assert b" 401 " in answer_to(port, get + b"Connection: close\r\n\r\n")
