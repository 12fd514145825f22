"""A report and the entry that it names come at once, on rows that are really committed: they find each other."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory
from shipments.factories import PlaceFactory, ReportDraftFactory
from shipments.intake.forms import read_form
from shipments.intake.ledger import AppealIn, ShipmentIn
from shipments.models import Report, Shipment
from shipments.services.entering import Entered, enter
from shipments.services.naming import NAME_LOCKS
from shipments.services.recording import Outcome, Sender, record
from shipments.services.revising import add_part
from tests.threads import HERE

T0 = datetime(2026, 5, 20, 12, tzinfo=UTC)
WAITING = f"SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted AND database = {HERE}"


@pytest.fixture
def key(committed_db):
    actor = ActorFactory()
    return PartnerKeyFactory(actor=actor, source=SourceFactory(code="lss", actor=actor), scopes=["reports:write"])


def report_it(key: Any) -> list[Outcome]:
    return record([ReportDraftFactory(source="lss", subject="lss:A-1", code="made")], sender=Sender(key=key))


def enter_it(key: Any) -> Entered:
    said = {"external_id": "A-1", "title": "Kits", "requester": ActorFactory().reference}
    return enter("appeal", read_form(AppealIn, said, now=T0), key=key, now=T0)


def report_leg(key: Any) -> list[Outcome]:
    return record([ReportDraftFactory(source="lss", subject="lss:S-1", leg="out")], sender=Sender(key=key))


def add_leg(key: Any) -> Entered | None:
    leg = {"key": "out", "sequence": 1, "origin": PlaceFactory().code, "destination": PlaceFactory().code}
    return add_part("shipment", Shipment.objects.get().reference, "legs", leg, key=key, now=T0)


def during(one: Callable[[Any], Any], other: Callable[[Any], Any], key: Any) -> None:
    """Do ``other`` after ``one``, and do not commit ``one`` until ``other`` waits for it or is done."""

    def work() -> None:
        try:
            other(key)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic(), connection.cursor() as cursor:
            one(key)
            doing: Future[None] = threads.submit(work)
            while not doing.done() and not cursor.execute(WAITING, [NAME_LOCKS]).fetchall():
                cursor.execute("SELECT pg_sleep(0.01)")
        doing.result()


@pytest.mark.parametrize(("one", "other"), [(report_it, enter_it), (enter_it, report_it)])
def test_a_report_that_comes_while_its_subject_is_entered_is_bound(key, one, other):
    during(one, other, key)
    assert Report.objects.count() == 1
    assert not Report.objects.held().exists()


@pytest.mark.parametrize(("one", "other"), [(report_leg, add_leg), (add_leg, report_leg)])
def test_a_report_that_comes_while_its_leg_is_added_is_bound(key, one, other):
    said = {"external_id": "S-1", "title": "Flight", "mode": "air", "recipient": ActorFactory().reference}
    enter("shipment", read_form(ShipmentIn, said, now=T0), key=key, now=T0)
    during(one, other, key)
    assert Report.objects.count() == 1
    assert not Report.objects.held().exists()
