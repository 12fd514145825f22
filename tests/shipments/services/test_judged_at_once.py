"""What reports are judged by changes while one is recorded and folded: its picture is what its evidence gives.

Whoever makes the change cannot see a report that is not committed, and whoever folds that report cannot see a change
that is not: each would leave the other to it.
"""

import shutil
import threading
from collections.abc import Callable

import pytest
from django.db import transaction

from actors.factories import ActorFactory, StateFactory, UserFactory
from actors.models import SourceInterest
from shipments.factories import PlaceFactory, ShipmentFactory
from shipments.models import Picture, Place
from shipments.services.curating import note_interest, rate_source
from shipments.services.merging import merge
from shipments.services.reaching import reach_place
from shipments.services.verifying import verify
from shipments.services.vocabularies import DIRECTORY, load_vocabularies
from tests.shipments.api.conftest import record_report
from tests.shipments.services.conftest import fold, hours, voice
from tests.threads import all_at_once, one_after_the_other

pytestmark = pytest.mark.usefixtures("committed_db")


def a_grade(shipment, analyst) -> Callable[[], object]:
    return lambda: rate_source(voice("wire"), grade="D", reason="Often wrong.", by=analyst, valid_from=hours(-1))


def an_interest(shipment, analyst) -> Callable[[], object]:
    return lambda: note_interest(voice("wire"), shipment.recipient, reason="Its own paper.", by=analyst)


def one_actor_that_is_another(shipment, analyst) -> Callable[[], object]:
    alias = ActorFactory(provisional=True)
    SourceInterest.objects.create(source=voice("wire"), actor=alias, recorded_at=hours(-1))
    return lambda: merge(alias, shipment.recipient, reason="One ministry.", by=analyst)


def a_place_that_is_another(shipment, analyst) -> Callable[[], object]:
    hall = PlaceFactory(code="PLC-HALL", provisional=True)
    return lambda: merge(hall, shipment.destination, reason="One place.", by=analyst)


def a_place_that_lies_in_another(shipment, analyst) -> Callable[[], object]:
    hall = PlaceFactory(code="PLC-HALL", within=None)

    def move():
        Place.objects.filter(pk=hall.pk).update(within=shipment.destination)
        reach_place(hall)

    return move


# Each with what is believed at the end.
CHANGES = {
    "a grade": (a_grade, "departed", ""),
    "an interest": (an_interest, "departed", ""),
    "one actor that is another": (one_actor_that_is_another, "departed", ""),
    "a place that is another": (a_place_that_is_another, "arrived", "arrived"),
    "a place that lies in another": (a_place_that_lies_in_another, "arrived", "arrived"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_that_is_folded_as_what_it_is_judged_by_changes(change):
    make, code, status = CHANGES[change]
    voice("wire", "B")
    shipment = ShipmentFactory(destination=PlaceFactory(code="KPFNJ"), recipient=StateFactory())
    work = make(shipment, UserFactory())
    fold()
    said, changed, folded = threading.Event(), threading.Event(), threading.Event()

    def report():
        with transaction.atomic():
            said_of = {"subject": shipment.reference, "place": "PLC-HALL"}
            record_report(hours(24), source="wire", code=code, occurred="2026-05-21", **said_of)
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


@pytest.mark.parametrize("first", ["the report", "the code"])
def test_a_report_that_comes_as_its_code_is_loaded_counts(first, tmp_path):
    files = shutil.copytree(DIRECTORY, tmp_path / "vocabularies")
    with (files / "codes" / "easypost.csv").open("a", encoding="utf-8") as lines:
        lines.write("easypost,TOFF,departed,,,,took off,EasyPost,2026-05-01\n")
    voice("wire", "B")
    shipment = ShipmentFactory(destination=None)
    said = {"source": "wire", "subject": shipment.reference, "code_scheme": "easypost", "code": "TOFF"}
    works = {
        "the report": lambda: record_report(hours(24), occurred="2026-05-21", **said),
        "the code": lambda: load_vocabularies(files),
    }
    one_after_the_other(works.pop(first), *works.values())
    fold()
    assert Picture.objects.get(subject=shipment, known_to=None).status == "departed"
    assert verify() == []
