"""Two who bind one report at once: the second goes by what the first has done, or is told of it."""

import threading

import pytest

from actors.factories import ActorFactory, SourceFactory, UserFactory
from shipments.factories import LegFactory, ReportFactory, ShipmentFactory
from shipments.models import Attachment, Picture, Report, Shipment
from shipments.services import curating
from shipments.services.curating import attach_report
from shipments.services.deciding import decide, withdraw
from shipments.services.errors import NotDecidable, NotHeld
from shipments.services.merging import merge, unmerge
from shipments.services.queue import mark_due
from shipments.services.verifying import verify
from tests.people import make_partner
from tests.shipments.api.conftest import day, reconcile, record_report
from tests.shipments.api.entries import ENTERS, good_entries
from tests.threads import all_at_once, one_after_the_other, until_somebody_waits

pytestmark = pytest.mark.usefixtures("committed_db")


def bound_last(report):
    return report.attachments.order_by("-recorded_at").values_list("subject", flat=True)[0]


def test_one_report_is_attached_to_one_subject():
    held, analyst, subjects = ReportFactory(subject=None), UserFactory(), [ShipmentFactory(), ShipmentFactory()]
    one_after_the_other(
        *(lambda subject=each: attach_report(held, subject, reason="Its waybill.", by=analyst) for each in subjects),
        NotHeld,
    )
    assert Attachment.objects.get().subject_id == subjects[0].pk


def test_a_move_is_withdrawn_once():
    report, other, analyst = ReportFactory(), ShipmentFactory(), UserFactory()
    moved = {"reports": [report], "to_subject": other, "reason": "Another number."}
    decision = decide(report.subject, author=analyst, kind="two_events", **moved)

    def back():
        withdraw(decision, author=analyst, reason="The same after all.")

    one_after_the_other(back, back, NotDecidable)
    assert [each.subject_id for each in Attachment.objects.order_by("recorded_at")] == [other.pk, report.subject_id]


@pytest.mark.parametrize("change", ["merge", "unmerge"])
def test_what_is_moved_away_meanwhile_stays_where_it_went(change):
    analyst, kept, elsewhere = UserFactory(), ShipmentFactory(), ShipmentFactory()
    other = ShipmentFactory(provisional=True, recipient=kept.recipient)
    report, about = ReportFactory(subject=other), other
    if change == "unmerge":
        merge(other.subject, kept.subject, reason="One flight.", by=analyst)
        about = kept

    def move():
        said = {"reports": [report], "to_subject": elsewhere, "reason": "Another flight."}
        decide(about, author=analyst, kind="two_events", **said)

    def change_it():
        if change == "merge":
            merge(other.subject, kept.subject, reason="One flight.", by=analyst)
        else:
            unmerge(Shipment.objects.get(pk=other.pk).subject, reason="Two flights.", by=analyst)

    one_after_the_other(move, change_it)
    assert bound_last(report) == elsewhere.pk


def test_what_is_merged_meanwhile_is_not_moved_from_where_it_was():
    analyst, kept, elsewhere = UserFactory(), ShipmentFactory(), ShipmentFactory()
    other = ShipmentFactory(provisional=True, recipient=kept.recipient)
    report, said = ReportFactory(subject=other), {"to_subject": elsewhere, "reason": "Another flight."}
    one_after_the_other(
        lambda: merge(other.subject, kept.subject, reason="One flight.", by=analyst),
        lambda: decide(other, author=analyst, kind="two_events", reports=[report], **said),
        NotDecidable,
    )
    assert bound_last(report) == kept.pk


@pytest.mark.parametrize("how", ["reported", "attached"])
def test_what_comes_as_a_subject_is_merged_goes_to_the_survivor_with_the_next_fold(how):
    analyst, kept, wire = UserFactory(), ShipmentFactory(), SourceFactory(code="wire", grade="B")
    other = ShipmentFactory(provisional=True, recipient=kept.recipient)
    held = ReportFactory(subject=None, source=wire) if how == "attached" else None

    def come():
        if how == "reported":
            record_report(day(16), source="wire", subject=other.reference, code="departed", occurred="2022-05-16")
        else:
            attach_report(held, other, reason="Its waybill.", by=analyst)

    one_after_the_other(come, lambda: merge(other.subject, kept.subject, reason="One.", by=analyst), by="transactionid")
    report = Report.objects.get()
    assert not report.attachments.filter(subject=kept).exists()
    reconcile()
    assert bound_last(report) == kept.pk
    assert Picture.objects.get(subject=kept, known_to=None).status == "departed"
    assert verify() == []


def test_what_an_analyst_attaches_is_not_bound_by_who_enters_its_name():
    sender = make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))
    held = ReportFactory(subject=None, subject_said="lss:S-1", partner_key=sender.key)
    analyst, known = UserFactory(), ShipmentFactory()

    def enter():
        assert sender.post("shipments/", good_entries()["shipment"]).status_code == 201

    one_after_the_other(lambda: attach_report(held, known, reason="Its waybill.", by=analyst), enter)
    assert Attachment.objects.get().subject_id == known.pk


def test_who_adds_a_leg_and_who_binds_what_was_held_for_it_do_not_wait_in_a_circle(monkeypatch):
    sender = make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))
    leg = good_entries()["shipment"]["legs"][0]
    where = sender.post("shipments/", {**good_entries()["shipment"], "legs": []}).headers["Location"]
    shipment, analyst, binding = Shipment.objects.get(), UserFactory(), threading.Event()
    held = ReportFactory(subject=shipment, leg=None, leg_said=leg["key"])
    meant = LegFactory(shipment=shipment, key="another")

    def marks_due(moments):
        binding.set()
        until_somebody_waits("advisory")
        mark_due(moments)

    monkeypatch.setattr(curating, "mark_due", marks_due)

    def add():
        binding.wait(timeout=30)
        assert sender.post(f"{where}legs/", leg, **{"idempotency-key": "leg"}).status_code == 201

    def attach():
        attach_report(held, shipment, leg=meant, reason="They mean this one.", by=analyst)

    all_at_once(attach, add)
    assert Attachment.objects.get().leg == meant
