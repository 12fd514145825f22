"""What analysts add goes through the services: dated by us, with their name, and worked into the picture."""

import re

import pytest
from django.db.models import F
from django.utils import timezone

from actors.access import Reader
from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from actors.models import AuditEntry, SourceRating
from shipments.admin.entering import FACTS, ReportForm
from shipments.factories import LegFactory, ReportFactory, ShipmentFactory, ShipmentPartyFactory
from shipments.models import Attachment, CodeMapping, Decision, Due, Leg, ReadingGrant, Report, ReportLink, Subject
from tests.pages import page_of, seen_on, signed_in

pytestmark = pytest.mark.django_db

ENTERED = {
    "asserted_at": "2022-05-17T08:00:00+09:00",
    "code": "departed",
    "polarity": "affirms",
    "time_class": "actual",
    "directness": "own",
    "hedge": "asserted",
    "marking": "CLEAR",
}


def enter(client, **said):
    return client.post("/admin/shipments/report/add/", {**ENTERED, **said})


def test_each_fact_begins_a_row_of_the_form():
    names = list(ReportForm(Reader(clearance=Marking.CLEAR)).fields)
    assert [names.index(f"attribute_{number}") % 3 for number in FACTS] == [0, 0, 0]


def is_due(shipment) -> bool:
    return Due.objects.filter(subject=shipment.pk).exists()


def test_an_entered_report_is_recorded_like_a_partners():
    source, shipment = SourceFactory(), ShipmentFactory()
    client = signed_in()
    said = {"occurred": "2022-05-16", "attribute_1": "quantity", "value_1": "40-50 TNE", "quote": "Three planes left."}
    answer = enter(client, source=source.code, subject=shipment.reference, **said)
    report = Report.objects.get(subject=shipment.pk)
    assert answer.headers["Location"] == page_of(report)
    assert (report.source, report.milestone, report.occurred_precision) == (source, "departed", "day")
    assert report.facts[0]["value"]["low"] == "40"
    assert report.facts[0]["value"]["high"] == "50"
    assert report.payload.quote == "Three planes left."
    assert str(report.entered_by_id) == client.session["_auth_user_id"]
    assert is_due(shipment)
    enter(client, source=source.code, subject=shipment.reference, **said)
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"asserted_at": "2022-05-17T08:00:00"}, "time zone"),
        ({"code": ""}, "code, flags or facts"),
        ({"attribute_1": "quantity", "value_1": "some TNE"}, ""),
    ],
    ids=["naive time", "says nothing", "no amount"],
)
def test_a_faulty_report_is_shown_again_and_nothing_is_stored(said, problem):
    source, shipment = SourceFactory(), ShipmentFactory()
    answer = enter(signed_in(), **{"source": source.code, "subject": shipment.reference, **said})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode() or "text-red" in answer.content.decode()
    assert problem in answer.content.decode()
    assert not Report.objects.exists()


def test_a_report_on_an_unknown_subject_is_held_and_waits_in_the_list():
    source, client = SourceFactory(), signed_in()
    assert enter(client, source=source.code, subject="SHP-00000000").status_code == 302
    held = Report.objects.get()
    assert held.subject is None
    assert held.reference.encode() in client.get("/admin/shipments/report/?held=yes").content


def test_a_grade_is_dated_by_us_and_moves_what_its_source_speaks_of():
    report = ReportFactory()
    before = timezone.now()
    client = signed_in()
    form = {"source": report.source.pk, "grade": "C", "topic": "", "reason": "Wrong twice in May."}
    answer = client.post(
        "/admin/actors/sourcerating/add/", {**form, "valid_from_0": "2022-05-01", "valid_from_1": "00:00:00"}
    )
    assert answer.status_code == 302
    rating = SourceRating.objects.get(source=report.source, grade="C")
    assert before <= rating.recorded_at <= timezone.now()
    assert str(rating.rated_by_id) == client.session["_auth_user_id"]
    assert is_due(report.subject)
    assert AuditEntry.objects.filter(action="rate", reason="Wrong twice in May.").exists()


def test_a_grade_holds_from_now_on_where_no_day_is_said():
    form = {"source": SourceFactory().pk, "grade": "C", "topic": "", "reason": "Wrong.", "valid_from_0": ""}
    signed_in().post("/admin/actors/sourcerating/add/", {**form, "valid_from_1": ""})
    rating = SourceRating.objects.get(reason="Wrong.")
    assert rating.valid_from == rating.recorded_at


def test_a_grade_wants_a_reason():
    source = SourceFactory()
    form = {"source": source.pk, "grade": "C", "reason": " ", "valid_from_0": "2022-05-01", "valid_from_1": "00:00:00"}
    assert signed_in().post("/admin/actors/sourcerating/add/", form).status_code == 200
    assert not source.ratings.exists()


def test_a_held_report_is_bound_and_its_code_explained():
    held, shipment = ReportFactory(subject=None), ShipmentFactory()
    client = signed_in()
    form = {"report": held.pk, "subject": shipment.pk, "reason": "The waybill is on the manifest."}
    assert client.post("/admin/shipments/attachment/add/", form).status_code == 302
    assert Attachment.objects.get(report=held).subject_id == shipment.pk
    assert is_due(shipment)

    form = {"scheme": "carrier-codes", "code": "XX", "milestone": "departed", "flag": "", "reason": "Their handbook."}
    assert client.post("/admin/shipments/codemapping/add/", form).status_code == 302
    assert CodeMapping.objects.get(scheme="carrier-codes", code="XX").recorded_by_id


def test_a_bound_report_is_not_attached_elsewhere():
    report, other = ReportFactory(), ShipmentFactory()
    form = {"report": report.pk, "subject": other.pk, "reason": "I think so."}
    answer = signed_in().post("/admin/shipments/attachment/add/", form)
    assert b"move it by a decision" in answer.content
    assert not Attachment.objects.exists()


def test_a_decision_is_a_report_with_an_author_and_can_be_withdrawn():
    report = ReportFactory()
    client = signed_in()
    where = page_of(report.subject.as_shipment).replace("/change/", "/decide/")
    assert client.post(f"{where}?kind=exclude", {"chosen": [report.reference], "reason": " "}).status_code == 200
    assert not Decision.objects.exists()
    answer = client.post(f"{where}?kind=exclude", {"chosen": [report.reference], "reason": "It is about June."})
    assert answer.status_code == 302
    decision = Decision.objects.get()
    assert (decision.kind, decision.reason) == ("exclude", "It is about June.")
    assert ReportLink.objects.filter(report=decision.report, target_report=report, kind="concerns").exists()

    answer = client.post(page_of(decision).replace("/change/", "/withdraw/"), {"reason": "I misread it."})
    assert answer.status_code == 302
    assert Report.objects.filter(kind="retract", links__target_event_id=decision.report.event_id).exists()


def test_a_grant_names_one_reader_and_is_withdrawn_with_a_reason_not_deleted():
    shipment, client = ShipmentFactory(), signed_in()
    reader = client.session["_auth_user_id"]
    form = {"subject": shipment.pk, "marking": int(Marking.GREEN), "reason": "They asked."}
    assert client.post("/admin/shipments/readinggrant/add/", form).status_code == 200
    assert client.post("/admin/shipments/readinggrant/add/", {**form, "user": reader}).status_code == 302
    grant = ReadingGrant.objects.get()
    assert str(grant.granted_by_id) == reader
    withdraw = {"action": "withdraw", "_selected_action": grant.pk, "index": 0}
    for said, told in (({}, shipment.reference), ({"reason": " "}, "Say why")):
        assert told in client.post("/admin/shipments/readinggrant/", {**withdraw, **said}).content.decode()
        grant.refresh_from_db()
        assert not grant.withdrawn_at
    answer = client.post("/admin/shipments/readinggrant/", {**withdraw, "reason": "They left."}, follow=True)
    assert b"1 withdrawn" in answer.content
    grant.refresh_from_db()
    assert grant.withdrawn_at
    assert AuditEntry.objects.get(action="withdraw_grant").reason == "They left."


def plan_of(leg: Leg, **changes: object) -> dict[str, object]:
    """The form of a shipment's page with its one leg."""
    shipment = leg.shipment
    form = {"title": shipment.title, "marking": 0, "mode": "air", "recipient": shipment.recipient_id}
    for prefix in ("party_rows", "lines", "identifiers"):
        form |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    row = {"id": leg.pk, "shipment": shipment.pk, "key": leg.key, "sequence": 1, "role": leg.role}
    row |= {"origin": leg.origin_id, "destination": leg.destination_id, **changes}
    return form | {"legs-TOTAL_FORMS": 1, "legs-INITIAL_FORMS": 1} | {f"legs-0-{name}": row[name] for name in row}


def test_a_changed_plan_is_worked_into_the_picture():
    leg = LegFactory()
    client = signed_in()
    assert client.post(page_of(leg.shipment), plan_of(leg, role="positioning")).status_code == 302
    leg.refresh_from_db()
    assert leg.role == "positioning"
    assert is_due(leg.shipment)
    assert AuditEntry.objects.filter(action="change", object_reference=leg.shipment.reference).exists()


def test_a_leg_that_was_spoken_of_stays_and_nobody_is_told_by_whom():
    leg = LegFactory()
    report = ReportFactory(subject=leg.shipment, leg=leg, marking=Marking.RED)
    answer = signed_in().post(page_of(leg.shipment), plan_of(leg, DELETE="on"))
    assert b"Something that was said refers to" in answer.content
    assert report.reference.encode() not in answer.content
    assert Leg.objects.filter(pk=leg.pk).exists()


def opened(client, leg: Leg) -> str:
    """What the page of a shipment keeps of what it showed."""
    return seen_on(client.get(page_of(leg.shipment)))


def changed_meanwhile(answer) -> list[str]:
    """What the page says that somebody changed since it was opened."""
    (said,) = re.findall(r"changed this since you opened it: ([^.]*)\. Nothing", answer.content.decode())
    return said.split(", ")


def test_the_second_of_two_who_save_one_page_is_told_what_the_first_changed():
    leg = LegFactory()
    one, other = signed_in(), signed_in()
    first, second = opened(one, leg), opened(other, leg)
    assert one.post(page_of(leg.shipment), {**plan_of(leg), "title": "Mended", "seen": first}).status_code == 302
    late = other.post(page_of(leg.shipment), {**plan_of(leg), "mode": "sea", "seen": second})
    assert late.status_code == 200
    assert "title (now Mended)" in changed_meanwhile(late)
    leg.shipment.refresh_from_db()
    assert (leg.shipment.title, leg.shipment.mode) == ("Mended", "air")
    again = {**plan_of(leg), "title": "Mended", "mode": "sea", "seen": opened(other, leg)}
    assert other.post(page_of(leg.shipment), again).status_code == 302


def test_rows_that_somebody_changed_meanwhile_are_told_and_what_the_service_keeps_is_no_change():
    leg = LegFactory()
    client = signed_in()
    seen = opened(client, leg)
    Subject.objects.filter(pk=leg.shipment.pk).update(version=F("version") + 1)
    assert client.post(page_of(leg.shipment), {**plan_of(leg, sequence=2), "seen": seen}).status_code == 302
    late = client.post(page_of(leg.shipment), {**plan_of(leg, sequence=3), "seen": seen})
    assert "legs" in changed_meanwhile(late)
    assert "title" not in changed_meanwhile(late)
    leg.refresh_from_db()
    assert leg.sequence == 2


def test_rows_that_are_hidden_from_somebody_are_no_change_to_them():
    leg = LegFactory()
    client = signed_in()
    seen = opened(client, leg)
    ShipmentPartyFactory(shipment=leg.shipment, actor=ActorFactory(marking=Marking.RED))
    assert client.post(page_of(leg.shipment), {**plan_of(leg), "title": "Mended", "seen": seen}).status_code == 302
