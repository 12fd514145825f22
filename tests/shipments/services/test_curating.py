"""What analysts add binds held evidence from its own moment on; the past stays what it was."""

import pytest

from actors.access import Reader
from actors.factories import ActorFactory, UserFactory
from actors.marking import Marking
from actors.models import AuditEntry
from shipments.factories import LegFactory, ShipmentFactory
from shipments.models import Conflict, Due, Picture, Report
from shipments.services.curating import attach_report, map_code, note_interest, rate_source
from shipments.services.errors import NotHeld
from shipments.services.verifying import verify
from tests.shipments.services.conftest import fold, hours, voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst():
    return UserFactory()


def statuses(subject):
    spans = Picture.objects.filter(subject=subject).order_by("known_from")
    return [picture.status for picture in spans]


def test_a_held_report_counts_from_when_it_was_attached(say, shipment, analyst):
    say("booked", 0)
    say("departed", 24, subject="awb:120-0")
    fold()
    held = Report.objects.held().get()
    attachment = attach_report(held, shipment, reason="The consignee gave the number.", by=analyst)
    fold()

    assert statuses(shipment) == ["booked", "departed"]
    assert Picture.objects.get(status="departed").known_from == attachment.recorded_at
    assert not Report.objects.held().exists()
    assert verify() == []


def test_a_report_arrives_for_a_subject_when_it_is_attached(say, shipment, analyst):
    # Said of a day that was three days ahead as it came, and long past as it was attached.
    say("departed", 72, subject="awb:120-0", asserted_at=hours(0), received=0)
    attach_report(Report.objects.held().get(), shipment, reason="The consignee gave the number.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed"]
    assert not Conflict.objects.exists()


def test_a_report_arrives_for_its_subject_when_its_code_is_explained(say, shipment, analyst):
    say("TOFF", 72, code_scheme="theirs", asserted_at=hours(0), received=0)
    map_code(scheme="theirs", code="TOFF", milestone="departed", reason="Their manual, page 9.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed"]
    assert not Conflict.objects.exists()


def test_an_attached_report_is_read_by_those_who_read_its_subject(say, shipment, analyst):
    partner = Reader(clearance=Marking.GREEN)
    say("departed", 24, subject="awb:120-0")
    assert not Report.objects.visible_to(partner).exists()
    attach_report(Report.objects.get(), shipment, reason="The consignee gave the number.", by=analyst)
    assert Report.objects.visible_to(partner).exists()

    hidden = ShipmentFactory(marking=Marking.AMBER)
    say("departed", 24, subject="awb:120-1")
    attach_report(Report.objects.get(subject_said="awb:120-1"), hidden, reason="Theirs.", by=analyst)
    assert not Report.objects.visible_to(partner).filter(subject_said="awb:120-1").exists()


def test_a_report_of_an_unknown_leg_is_bound_by_naming_the_leg(say, analyst):
    shipment = ShipmentFactory(destination=None)
    leg = LegFactory(shipment=shipment, key="back-1", role="carrying")
    say("departed", 24, subject=shipment.reference, leg="return-one")
    attach_report(Report.objects.held().get(), shipment, leg=leg, reason="Their name for it.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed"]


def test_a_report_about_another_subject_cannot_be_attached(say, shipment, analyst):
    say("booked", 0)

    with pytest.raises(NotHeld):
        attach_report(Report.objects.get(), ShipmentFactory(), reason="?", by=analyst)


def test_a_report_that_was_attached_is_not_attached_elsewhere(say, shipment, analyst):
    say("departed", 24, subject="awb:120-0")
    held = Report.objects.get()
    attach_report(held, shipment, reason="The consignee gave the number.", by=analyst)

    with pytest.raises(NotHeld):
        attach_report(held, ShipmentFactory(), reason="?", by=analyst)


def test_a_mapped_code_frees_every_report_that_was_held_for_it(say, shipment, analyst):
    other = ShipmentFactory(destination=None)
    say("TOFF", 24, code_scheme="theirs")
    say("TOFF", 24, code_scheme="theirs", subject=other.reference)
    assert not Due.objects.exists()
    map_code(scheme="theirs", code="TOFF", milestone="departed", reason="Their manual, page 9.", by=analyst)
    fold()

    assert (statuses(shipment), statuses(other)) == (["departed"], ["departed"])
    assert verify() == []


def test_a_later_mapping_changes_the_meaning_from_then_on_and_not_before(say, shipment, analyst):
    say("TOFF", 24, code_scheme="theirs")
    map_code(scheme="theirs", code="TOFF", milestone="departed", reason="A guess of theirs.", by=analyst)
    map_code(scheme="theirs", code="TOFF", milestone="ready", reason="Their manual, page 9.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed", "ready"]
    assert verify() == []


def test_a_grade_counts_from_when_it_was_recorded(say, shipment, analyst):
    say("departed", 24, by="blog", grade="D")
    fold()
    rate_source(voice("blog"), grade="A", reason="A year of good record.", by=analyst, valid_from=hours(-1))
    fold()

    assert statuses(shipment) == ["", "departed"]
    assert verify() == []


def test_an_interest_halves_the_weight_from_then_on(say, shipment, analyst):
    say("departed", 24, by="wire", grade="B")
    fold()
    note_interest(voice("wire"), shipment.recipient, reason="Owned by the recipient.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed", ""]
    assert verify() == []


def test_an_interest_in_somebody_else_changes_nothing(say, shipment, analyst):
    say("departed", 24, by="wire", grade="B")
    note_interest(voice("wire"), ActorFactory(), reason="Owns a share.", by=analyst)
    fold()

    assert statuses(shipment) == ["departed"]


def test_each_leaves_an_audit_entry_with_its_reason(say, shipment, analyst):
    say("departed", 24)
    rate_source(voice("wfp"), grade="B", reason="Two mistakes.", by=analyst)

    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.object_reference, entry.reason) == (analyst, "rate", "wfp", "Two mistakes.")
