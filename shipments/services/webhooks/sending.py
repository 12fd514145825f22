"""One POST to an address that partners chose: to just the addresses that were checked, and over before long.

The standard library's HTTP on a socket of our own making. Redirects are not followed, no proxy of the
environment is asked, and at most 64 kB of the answer are read. A watchdog ends whatever takes too long: with a time-out
for each read, an endpoint that sends a byte a second could hold us for days.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache

from shipments.services.errors import AddressNotAllowed
from shipments.services.webhooks.addresses import Target, read_url, resolve

MOST_READ = 64 * 1024
MOST_KEPT = 1000
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a request. ``error`` is a code where there was no answer, else empty."""

    status: int | None = None
    error: str = ""
    response: str = ""
    retry_after: timedelta | None = None
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
    """Send ``body`` to ``url`` and return what came of it, after ``seconds`` at the latest. Never raises."""
    began = time.monotonic()
    watch = _Watch(began + seconds)
    try:
        status, said, retry_after = _exchange(read_url(url), body, headers, watch)
        answer = Answer(status=status, response=_readable(said), retry_after=_wait(retry_after))
    except AddressNotAllowed:
        # Which address a name led to is not told: it would tell of the inside of a network.
        answer = Answer(error="address_not_allowed")
    except socket.gaierror:
        answer = Answer(error="name_not_resolved")
    except ssl.SSLError:
        answer = Answer(error="timed_out" if watch.is_over else "tls_failed")
    except TimeoutError:
        answer = Answer(error="timed_out")
    except OSError:
        answer = Answer(error="timed_out" if watch.is_over else "connection_failed")
    except (http.client.HTTPException, ValueError):
        answer = Answer(error="timed_out" if watch.is_over else "bad_response")
    took = int((time.monotonic() - began) * 1000)
    return Answer(**{**answer.__dict__, "duration_ms": took})


def _exchange(
    target: Target, body: bytes, headers: Mapping[str, str], watch: "_Watch"
) -> tuple[int, bytes, str | None]:
    with watch.over(_connect(target, watch)) as plain:
        stream = plain
        if target.scheme == "https":
            # The name, not the address: for SNI and for the certificate.
            stream = _tls().wrap_socket(plain, server_hostname=target.host)
        connection = http.client.HTTPConnection(target.host, timeout=watch.left)
        connection.sock = stream
        try:
            connection.request("POST", target.path, body=body, headers={"Host": target.netloc, **headers})
            response = connection.getresponse()
            if watch.is_over:
                raise TimeoutError  # headers that the watch cut off read as if they had ended
            return response.status, _beginning(response), response.headers.get("Retry-After")
        finally:
            connection.close()


def _connect(target: Target, watch: "_Watch") -> socket.socket:
    refused: OSError | None = None
    for address in resolve(target):
        try:
            return socket.create_connection((str(address), target.port), timeout=min(CONNECT_SECONDS, watch.left))
        except OSError as error:
            refused = error
    raise refused or OSError("no address")


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """The first of the body. The answer was its status: a body that breaks off takes nothing from it."""
    said = b""
    try:
        while len(said) < MOST_READ and (piece := response.read1(MOST_READ - len(said))):
            said += piece
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return said


class _Watch:
    """Ends a connection at a moment of the monotonic clock, whatever it is doing then."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    @property
    def left(self) -> float:
        """Seconds; never nothing at all, since 0 would mean a socket that does not wait."""
        return max(self.deadline - time.monotonic(), 0.01)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline

    @contextmanager
    def over(self, connected: socket.socket) -> Iterator[socket.socket]:
        # TLS takes the socket over, so the watch holds the connection by a handle of its own.
        handle = connected.dup()
        connected.settimeout(self.left)
        timer = threading.Timer(self.left, _shut, [handle])
        timer.daemon = True
        timer.start()
        try:
            yield connected
        finally:
            timer.cancel()
            timer.join()
            handle.close()
            connected.close()


def _shut(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _readable(said: bytes) -> str:
    """The beginning of a body as text that a database and a page can hold."""
    text = said[: 4 * MOST_KEPT].decode(errors="replace")
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "\ufffd" for letter in text)[:MOST_KEPT]


def _wait(said: str | None) -> timedelta | None:
    """Retry-After, in seconds or as a date; what is neither says nothing."""
    if said is None:
        return None
    if said.strip().isascii() and said.strip().isdigit():
        return timedelta(seconds=min(int(said.strip()[:9]), 10**8))
    try:
        until = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    return max((until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC), timedelta())
