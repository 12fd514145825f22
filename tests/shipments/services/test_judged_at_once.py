"""What reports are judged by changes while one is recorded and folded: its picture is what its evidence gives.

Whoever makes the change cannot see a report that is not committed, and whoever folds that report cannot see a change
that is not: each would leave the other to it.
"""

import threading
from collections.abc import Callable

import pytest
from django.db import transaction

from actors.factories import ActorFactory, StateFactory, UserFactory
from actors.models import SourceInterest
from shipments.factories import ShipmentFactory
from shipments.models import Picture
from shipments.services.curating import note_interest, rate_source
from shipments.services.merging import merge
from shipments.services.verifying import verify
from tests.shipments.api.conftest import record_report
from tests.shipments.services.conftest import fold, hours, voice
from tests.threads import all_at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def a_grade(shipment, analyst) -> Callable[[], object]:
    return lambda: rate_source(voice("wire"), grade="D", reason="Often wrong.", by=analyst, valid_from=hours(-1))


def an_interest(shipment, analyst) -> Callable[[], object]:
    return lambda: note_interest(voice("wire"), shipment.recipient, reason="Its own paper.", by=analyst)


def one_actor_that_is_another(shipment, analyst) -> Callable[[], object]:
    alias = ActorFactory(provisional=True)
    SourceInterest.objects.create(source=voice("wire"), actor=alias, recorded_at=hours(-1))
    return lambda: merge(alias, shipment.recipient, reason="One ministry.", by=analyst)


CHANGES = {
    "a grade": (a_grade, ""),
    "an interest": (an_interest, ""),
    "one actor that is another": (one_actor_that_is_another, ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_that_is_folded_as_what_it_is_judged_by_changes(change):
    make, status = CHANGES[change]
    voice("wire", "B")
    shipment = ShipmentFactory(destination=None, recipient=StateFactory())
    work = make(shipment, UserFactory())
    fold()
    said, changed, folded = threading.Event(), threading.Event(), threading.Event()

    def report():
        with transaction.atomic():
            record_report(hours(24), source="wire", subject=shipment.reference, code="departed", occurred="2026-05-21")
            said.set()
            assert changed.wait(timeout=10)
        try:
            fold()
        finally:
            folded.set()

    def judge():
        assert said.wait(timeout=10)
        with transaction.atomic():
            work()
            changed.set()
            assert folded.wait(timeout=10)

    all_at_once(report, judge)
    fold()
    assert verify() == []
    assert Picture.objects.get(subject=shipment, known_to=None).status == status
