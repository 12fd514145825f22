"""Quotas hold to the request whatever Redis does, and what they let through is stored.

Two real web processes on a real PostgreSQL; their Redis is well, flushed, full, stopped, or takes connections
and never answers.
"""

import http.client
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import redis

from actors.models import PartnerKey
from aidtracker.local.broker import Broker
from shipments.models import Report
from tests.people import Caller, make_partner
from tests.processes import free_port, running, wait_until, web
from tests.threads import all_at_once

QUOTA = 20
THREADS = 8
EACH = 5
REPORT = {"subject": "SHP-00000000", "code": "departed", "asserted_at": "2022-05-20T09:00:00Z"}


def flush(broker: Broker, stack: ExitStack) -> None:
    redis.Redis.from_url(broker.url()).flushall()


def fill(broker: Broker, stack: ExitStack) -> None:
    redis.Redis.from_url(broker.url()).config_set("maxmemory", 1)


def stop(broker: Broker, stack: ExitStack) -> None:
    broker.stop()


def swallow(broker: Broker, stack: ExitStack) -> None:
    broker.stop()
    stack.enter_context(socket.create_server(("127.0.0.1", broker.port), backlog=1000))


def leave(broker: Broker, stack: ExitStack) -> None:
    pass


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "redis", password="for-this-test", log=tmp_path / "redis.log")
    broker.start()
    yield broker
    broker.stop()


def is_open(port: int) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


def post_at_once(port: int, caller: Caller, name: str) -> Counter[int]:
    """The statuses of THREADS * EACH reports, sent by all threads together."""
    statuses: list[int] = []

    def run(thread: int) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in range(EACH):
            body = json.dumps({**REPORT, "event_id": f"{name}-{thread}-{number}"})
            link.request("POST", "/api/v1/reports/", body, {**caller.headers, "Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            statuses.append(answer.status)
        link.close()

    all_at_once(*[partial(run, number) for number in range(THREADS)])
    return Counter(statuses)


@pytest.mark.usefixtures("committed_db")
def test_as_many_reports_are_taken_as_the_quota_says_whatever_redis_does(broker: Broker) -> None:
    port = free_port()
    states: list[Callable[[Broker, ExitStack], None]] = [leave, flush, fill, stop, swallow]
    partners = {state.__name__: make_partner() for state in states}
    PartnerKey.objects.update(writes_per_minute=QUOTA)
    with ExitStack() as stack, running(web(port, REDIS_URL=broker.url(), WEB_PROCESSES="2")):
        wait_until(lambda: is_open(port), seconds=20)
        for state in states:
            state(broker, stack)
            name = state.__name__
            assert post_at_once(port, partners[name], name) == {202: QUOTA, 429: THREADS * EACH - QUOTA}, name
            assert Report.objects.filter(event_id__startswith=f"{name}-").count() == QUOTA, name
