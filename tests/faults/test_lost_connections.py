"""A worker keeps its connection from one task to the next; one that died under it costs no task.

A real PostgreSQL, a real Redis and a real worker; no scheduler, so that no sweep finds what a lost task left behind.
"""

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connection, transaction

from actors.factories import SourceFactory
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import OutboxEvent
from shipments.services.planning import announce_subject
from shipments.services.reconciling import count_due
from shipments.services.recording import Sender, record
from shipments.services.relaying import relay_outbox
from tests.processes import running, wait_until, worker
from tests.servers import addresses

NAME = "a-worker-of-this-test"


@pytest.fixture
def server(committed_db):
    with psycopg.connect(addresses().superuser_url(), autocommit=True) as server:
        yield server


def backends(server):
    """The sessions that the worker has, each by its process."""
    rows = server.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [NAME])
    return {pid for (pid,) in rows}


def believe(shipment):
    """Report something of it, and wait until a worker has made its picture and told of it, and has ended its task."""
    version = shipment.version
    (outcome,) = record([ReportDraftFactory(source=SourceFactory().code, subject=shipment.reference)], sender=Sender())
    assert outcome.result == "accepted"
    wait_until(lambda: count_due() == 0, seconds=30)
    wait_until(lambda: not OutboxEvent.objects.filter(sequence=None).exists(), seconds=15)
    bell = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    wait_until(lambda: not bell.exists("reconcile", "unacked"), seconds=15)
    shipment.refresh_from_db()
    assert shipment.version > version


def test_a_worker_keeps_its_connection_and_replaces_one_that_died_without_losing_a_task(server):
    shipment = ShipmentFactory()
    with running(worker(PGAPPNAME=NAME)):
        believe(shipment)
        kept = backends(server)
        assert len(kept) == 1
        believe(shipment)
        assert backends(server) == kept

        for pid in kept:
            server.execute("SELECT pg_terminate_backend(%s)", [pid])
        wait_until(lambda: not backends(server), seconds=15)
        believe(shipment)
        assert len(backends(server) - kept) == 1


def test_a_relay_that_dies_before_its_commit_has_numbered_nothing_and_holds_up_nobody(server):
    shipment = ShipmentFactory().subject
    for _ in range(3):
        announce_subject(shipment)

    def dies():
        with transaction.atomic():
            assert relay_outbox() == 3
            server.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    with pytest.raises(OperationalError):
        dies()
    connection.close()
    connection.close_pool()

    assert OutboxEvent.objects.filter(sequence=None).count() == 3
    assert relay_outbox() == 3
    assert list(OutboxEvent.objects.order_by("pk").values_list("sequence", flat=True)) == [1, 2, 3]
