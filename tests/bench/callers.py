"""Callers over HTTP: connections that are kept, and how long each answer took."""

import http.client
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. ``expect`` are the statuses that count as done."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    expect: tuple[int, ...] = (200,)


class Unexpected(Exception):
    """An answer that was not asked for: the round measures nothing."""


def call(port: int, calls: Iterable[Call], *, headers: dict[str, str], callers: int = 1) -> list[float]:
    """Make ``calls``, shared out between so many callers; the seconds that each took."""
    waiting = list(calls)
    if callers == 1:
        return _call_all(port, waiting, headers)
    shares = [waiting[n::callers] for n in range(callers)]
    with ThreadPoolExecutor(callers) as pool:
        return [wait for waits in pool.map(lambda share: _call_all(port, share, headers), shares) for wait in waits]


def answer(port: int, one: Call, *, headers: dict[str, str]) -> tuple[int, bytes]:
    """The status and body of one call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        return _send(connection, one, headers)
    finally:
        connection.close()


def _call_all(port: int, calls: Sequence[Call], headers: dict[str, str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    waits = []
    for one in calls:
        began = time.perf_counter()
        status, body = _send(connection, one, headers)
        waits.append(time.perf_counter() - began)
        if status not in one.expect:
            raise Unexpected(f"{one.method} {one.path}: {status} {body[:500]!r}")
    connection.close()
    return waits


def _send(connection: http.client.HTTPConnection, one: Call, headers: dict[str, str]) -> tuple[int, bytes]:
    said = {**headers, **({"Content-Type": one.content_type} if one.body else {})}
    connection.request(one.method, one.path, body=one.body or None, headers=said)
    got = connection.getresponse()
    return got.status, got.read()


def wait_until(done: Callable[[], bool], *, seconds: float = 600) -> None:
    """Wait for ``done``, looking often."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the work was not done in time")
        time.sleep(0.01)
