"""A change that is no report of a subject reaches it all the same: its picture is then what its evidence gives."""

import pytest
from django.utils import timezone

from actors.factories import ActorFactory, SourceFactory, UserFactory
from shipments.factories import PlaceFactory, ReportDraftFactory, ShipmentFactory
from shipments.intake.draft import FactDraft, Pointer
from shipments.models import Due, Finding, Picture, Place, Report
from shipments.services.cases import load_case
from shipments.services.curating import rate_source
from shipments.services.deciding import decide
from shipments.services.merging import merge, unmerge
from shipments.services.recording import Sender, record
from shipments.services.verifying import verify
from tests.pages import page_of, plain_files, signed_in  # noqa: F401
from tests.people import make_partner
from tests.shipments.api.entries import ENTERS
from tests.shipments.services.conftest import fold, hours, voice

pytestmark = pytest.mark.django_db


def status(shipment):
    return Picture.objects.get(subject=shipment, known_to=None).status


@pytest.mark.parametrize("cited", [Pointer(source="rumour"), Pointer(source="rumour", event_id="r-1")])
def test_who_only_cites_a_source_weighs_no_more_than_its_new_grade(say, shipment, cited):
    voice("rumour", "A")
    say("departed", 24, by="wire", grade="B", cites=(cited,))
    fold()
    assert status(shipment) == "departed"

    rate_source(voice("rumour"), grade="E", reason="Made up.", by=UserFactory(), valid_from=hours(-1))
    fold()
    assert status(shipment) == ""
    assert verify() == []


def test_a_report_that_an_analyst_drew_a_line_to_brings_its_source_s_new_grade(say, shipment):
    other, analyst = ShipmentFactory(destination=None), UserFactory()
    say("departed", 24, by="rumour", subject=other.reference)
    say("departed", 24, by="wire", grade="B")
    told, echo = Report.objects.get(source__code="rumour"), Report.objects.get(source__code="wire")
    decide(shipment, author=analyst, kind="mark_echo", reports=[echo], echo_of=told, reason="Its words.")
    fold()

    rate_source(voice("rumour"), grade="E", reason="Made up.", by=analyst, valid_from=hours(-1))
    fold()
    assert verify() == []


CASE = """
[case]
name = "another-case"
title = "Another case"
rated_from = 2020-01-01T00:00:00Z

[[actors]]
code = "theirs"
kind = "company"
name = "Their company"

[[sources]]
code = "wire"
name = "Wire"
kind = "agency"
interests = ["theirs"]
ratings = [{ grade = "E", reason = "Never right.", topic = "" }]
"""


def test_a_case_that_grades_a_source_reaches_what_it_said_elsewhere(shipment):
    SourceFactory(code="wire")
    say = {"source": "wire", "subject": shipment.reference, "code": "departed", "asserted_at": hours(24)}
    record([ReportDraftFactory(**say)], sender=Sender(), received_at=hours(24))
    fold()

    load_case(CASE)
    fold()
    assert verify() == []


@pytest.fixture
def arrival(say):
    """Something arrived at a warehouse of which nobody said where it lies."""
    shipment = ShipmentFactory(destination=PlaceFactory(code="KPFNJ"))
    warehouse = PlaceFactory(code="PLC-HALL", within=None)
    say("arrived", 30, subject=shipment.reference, place="PLC-HALL")
    fold()
    assert status(shipment) == "in_transit"
    return shipment, warehouse


def test_what_lies_in_another_place_by_an_analyst_s_page_has_arrived_there(arrival):
    shipment, warehouse = arrival
    names = ["name", "kind", "country", "time_zone", "iata", "icao", "unlocode"]
    said = {name: getattr(warehouse, name) for name in names}
    assert signed_in().post(page_of(warehouse), {**said, "within": shipment.destination_id}).status_code == 302
    fold()
    assert status(shipment) == "arrived"
    assert verify() == []


def test_what_lies_in_another_place_by_its_sender_has_arrived_there(say):
    sender = make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))
    shipment = ShipmentFactory(destination=PlaceFactory(code="KPFNJ"))
    hall = {"external_id": "wh", "kind": "site", "name": "Warehouse", "country": "KP"}
    answer = sender.post("places/", hall)
    say("arrived", 30, subject=shipment.reference, place=answer.json()["reference"])
    fold()
    assert status(shipment) == "in_transit"

    moved = sender.send("PATCH", answer.headers["Location"], {"within": "KPFNJ"}, **{"idempotency-key": "moved"})
    assert moved.status_code == 200
    fold()
    assert status(shipment) == "arrived"
    assert verify() == []


def test_what_lies_in_a_merged_place_lies_in_the_survivor(arrival):
    shipment, warehouse = arrival
    harbour = PlaceFactory(code="PLC-HARBOUR", provisional=True, within=None)
    Place.objects.filter(pk=warehouse.pk).update(within=harbour)

    analyst = UserFactory()
    merge(harbour, shipment.destination, reason="One place.", by=analyst)
    fold()
    assert status(shipment) == "arrived"
    unmerge(Place.objects.get(pk=harbour.pk), reason="Two places.", by=analyst)
    fold()
    assert status(shipment) == "in_transit"
    assert verify() == []


def test_a_place_that_was_said_as_a_value_is_compared_as_what_it_was_merged_into(say, shipment):
    PlaceFactory(code="KPFNJ")
    alias = PlaceFactory(code="PLC-ALIAS", provisional=True, within=None)
    for by, code in (("wfp", "KPFNJ"), ("customs", "PLC-ALIAS")):
        say("", 24, by=by, grade="B", facts=(FactDraft(attribute="place", value={"place": code}),))
    fold()
    assert Finding.objects.get(attribute="place", known_to=None).state == "contested"

    merge(alias, Place.objects.get(code="KPFNJ"), reason="One airport.", by=UserFactory())
    fold()
    assert verify() == []
    assert Finding.objects.get(attribute="place", known_to=None).state != "contested"


def test_a_case_that_is_loaded_again_makes_nothing_due(shipment):
    SourceFactory(code="wire")
    load_case(CASE)
    say = {"source": "wire", "subject": shipment.reference, "code": "departed", "asserted_at": timezone.now()}
    record([ReportDraftFactory(**say)], sender=Sender())
    fold()

    load_case(CASE)
    assert not Due.objects.exists()
