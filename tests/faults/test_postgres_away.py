"""PostgreSQL goes away under a running web server, worker and scheduler, and comes back: nobody restarts anything.

As a restart looks from outside: every session ends in the middle of what it does, and no new one is taken for a while.
Of this test's database alone, since the server is that of all tests. While it is away an answer is 503 with a time to
come back; what was acknowledged is there once, and is believed.
"""

import http.client
import json
import time
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from actors.factories import ActorFactory, SourceFactory
from shipments.factories import ShipmentFactory
from shipments.models import OutboxEvent, Report
from shipments.services.reconciling import count_due
from shipments.services.verifying import verify
from tests.people import ALL_SCOPES, make_partner
from tests.processes import free_port, running, scheduler, wait_until, web, worker
from tests.servers import addresses

AWAY_SECONDS = 2.0
TIMES = 2


@pytest.fixture
def sender(committed_db):
    return make_partner(scopes=ALL_SCOPES, source=SourceFactory(code="carrier", actor=ActorFactory(), grade="B"))


def leave_the_database():
    """The test's own sessions end in order, so that none of them is found dead afterwards."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()


@contextmanager
def away():
    """Everybody's sessions end, and no new one is taken until the end."""
    name = addresses().database
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    leave_the_database()
    with psycopg.connect(addresses().superuser_url(), autocommit=True) as server:
        server.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            server.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def ask(port, sender, method, path, body=None, *, key=""):
    """The answer's status and headers, and its JSON."""
    headers = {**sender.headers, "Content-Type": "application/json", "Connection": "close"}
    headers |= {"Idempotency-Key": key} if key else {}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
        answer = line.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        line.close()


def report(port, sender, subject, number):
    body = {"event_id": f"e-{number}", "subject": subject, "code": "departed", "asserted_at": "2022-05-16T11:30:00Z"}
    return ask(port, sender, "POST", "reports/", body, key=f"e-{number}")


def test_what_was_acknowledged_is_there_once_and_believed_though_the_database_went_away(sender, tmp_path):
    port, subject = free_port(), ShipmentFactory(destination=None).reference
    processes = web(port), worker(), scheduler(tmp_path)
    stored, refused, number = set(), 0, 0
    with running(*processes):
        wait_until(lambda: _answers(port, sender), seconds=60)
        for _ in range(TIMES):
            for _ in range(10):
                number += 1
                assert report(port, sender, subject, number)[0] == 201
                stored.add(f"e-{number}")
            with away():
                until = time.monotonic() + AWAY_SECONDS
                while time.monotonic() < until:
                    number += 1
                    for status, headers, told in (
                        report(port, sender, subject, number),
                        ask(port, sender, "GET", f"shipments/{subject}/"),
                    ):
                        assert (status, told["code"]) == (503, "unavailable")
                        assert int(headers["Retry-After"]) > 0
                        assert headers["Content-Type"] == "application/problem+json"
                    refused += 1
            # Sent again with the same key, as the answer asked for.
            wait_until(lambda last=number: report(port, sender, subject, last)[0] == 201, seconds=10)
            stored.add(f"e-{number}")
        wait_until(lambda: count_due() == 0, seconds=30)
        wait_until(lambda: not OutboxEvent.objects.filter(sequence=None).exists(), seconds=30)
        assert [each.process.poll() for each in processes] == [None] * 3

    assert refused
    assert sorted(Report.objects.values_list("event_id", flat=True)) == sorted(stored)
    assert verify() == []


def _answers(port, sender):
    try:
        return ask(port, sender, "GET", "places/")[0] == 200
    except OSError:
        return False
