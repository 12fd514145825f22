"""An analyst's decision is evidence: it wins, it is shown, it can be withdrawn, it may expire."""

import pytest

from actors.factories import UserFactory
from actors.marking import Marking
from actors.models import AuditEntry
from shipments.factories import DecisionFactory, ReportFactory, ShipmentFactory
from shipments.models import Conflict, Picture, Report
from shipments.services.deciding import analyst_source, decide, withdraw
from shipments.services.errors import NotDecidable
from shipments.services.verifying import verify
from tests.shipments.services.conftest import fold, hours

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst():
    return UserFactory(clearance=Marking.AMBER_STRICT)


@pytest.fixture
def contested(say):
    """The carrier says delivered, the customs say lost: neither is accepted."""
    say("departed", 24, by="carrier", grade="B")
    say("arrived", 30, by="wfp")
    say("delivered", 60, by="carrier")
    say("lost", 60, by="customs", grade="B")
    fold()


def status():
    return Picture.objects.get(known_to=None).status


def of(source, code):
    return Report.objects.get(source__code=source, milestone=code)


def test_accept_settles_what_was_contested_and_overrules_the_rival(contested, shipment, analyst):
    assert status() == "arrived"
    decide(shipment, author=analyst, kind="accept", milestone="delivered", reason="Signed delivery note seen.")
    fold()

    assert status() == "delivered"
    assert Picture.objects.get(known_to=None).state == "decided"
    assert Conflict.objects.get(known_to=None, about="milestone:lost").kind == "exclusive_branch"


def test_a_withdrawn_decision_leaves_the_picture_as_it_was(contested, shipment, analyst):
    report = decide(shipment, author=analyst, kind="accept", milestone="delivered", reason="Delivery note.")
    fold()
    withdraw(report, author=analyst, reason="The note was of another flight.")
    fold()

    assert status() == "arrived"
    assert Report.objects.filter(pk=report.pk).exists()
    assert [entry.action for entry in AuditEntry.objects.order_by("id")] == ["decide.accept", "withdraw"]


def test_exclude_takes_a_report_out(contested, shipment, analyst):
    decide(shipment, author=analyst, kind="exclude", reports=[of("customs", "lost")], reason="A mix-up of papers.")
    fold()

    assert status() == "delivered"


def test_mark_echo_counts_two_voices_once(say, shipment, analyst):
    say("arrived", 30, by="wire", grade="B")
    say("arrived", 30, by="paper", grade="B")
    fold()
    assert set(Picture.objects.get(known_to=None).origins) == {"wire", "paper"}
    decide(
        shipment,
        author=analyst,
        kind="mark_echo",
        reports=[of("paper", "arrived")],
        echo_of=of("wire", "arrived"),
        reason="Same text.",
    )
    fold()

    assert Picture.objects.get(known_to=None).origins == ["wire"]


def test_two_events_moves_a_report_to_the_other_subject_from_then_on(contested, shipment, analyst):
    other = ShipmentFactory(destination=None)
    moved = of("customs", "lost")
    decide(
        shipment,
        author=analyst,
        kind="two_events",
        reports=[moved],
        to_subject=other,
        reason="Another consignment's number.",
    )
    fold()

    assert status_of(shipment) == "delivered"
    assert status_of(other) == "lost"
    before = Picture.objects.filter(subject=shipment).order_by("known_from").first()
    assert before.known_from == hours(24)


def moved_to(other, shipment, analyst, report):
    said = {"reports": [report], "to_subject": other, "reason": "Another consignment's number."}
    return decide(shipment, author=analyst, kind="two_events", **said)


def test_two_events_withdrawn_brings_the_report_back_and_it_counts_once(contested, shipment, analyst):
    other = ShipmentFactory(destination=None)
    decision = moved_to(other, shipment, analyst, of("customs", "lost"))
    fold()
    withdraw(decision, author=analyst, reason="It was that consignment after all.")
    fold()

    assert status_of(shipment) == "arrived"
    assert Conflict.objects.filter(subject=shipment, known_to=None, about="milestone:lost").exists()
    assert not Picture.objects.filter(subject=other, known_to=None).exists()
    assert verify() == []


def test_what_was_moved_on_comes_back_step_by_step(contested, shipment, analyst):
    second, third = ShipmentFactory(destination=None), ShipmentFactory(destination=None)
    first = moved_to(second, shipment, analyst, of("customs", "lost"))
    moved_on = moved_to(third, second, analyst, of("customs", "lost"))
    with pytest.raises(NotDecidable, match="moved it since"):
        withdraw(first, author=analyst, reason="A slip.")
    assert believed() == {shipment: "delivered", second: "", third: "lost"}

    withdraw(moved_on, author=analyst, reason="A slip.")
    assert believed() == {shipment: "delivered", second: "lost"}

    withdraw(first, author=analyst, reason="A slip.")
    assert believed() == {shipment: "arrived", second: ""}
    assert verify() == []


def believed():
    """The status of each subject of which something is believed."""
    fold()
    now = Picture.objects.filter(known_to=None).select_related("subject")
    return {each.subject.as_shipment: each.status for each in now}


def test_a_move_that_moved_nothing_is_withdrawn_as_any_decision(shipment, analyst):
    decided = ReportFactory(subject=shipment, kind="decide", source=analyst_source(analyst), event_id="decision-1")
    DecisionFactory(report=decided, kind="two_events", author=analyst)
    withdraw(decided, author=analyst, reason="A slip.")
    assert Report.objects.get(kind="retract").subject == shipment.subject


def test_what_is_about_another_subject_by_now_is_not_moved_from_here(contested, shipment, analyst):
    moved = of("customs", "lost")
    moved_to(ShipmentFactory(destination=None), shipment, analyst, moved)

    with pytest.raises(NotDecidable, match="another"):
        moved_to(ShipmentFactory(destination=None), shipment, analyst, moved)


def test_a_move_does_not_end_by_itself(contested, shipment, analyst):
    said = {"reports": [of("customs", "lost")], "to_subject": ShipmentFactory(), "expires_at": hours(100)}
    with pytest.raises(NotDecidable, match="withdrawn"):
        decide(shipment, author=analyst, kind="two_events", reason="Another consignment's number.", **said)


def status_of(subject):
    return Picture.objects.get(subject=subject, known_to=None).status


def test_keep_open_acknowledges_a_conflict_and_changes_nothing_else(contested, shipment, analyst):
    conflict = Conflict.objects.get(known_to=None, about="milestone:lost")
    decide(shipment, author=analyst, kind="keep_open", conflict=conflict.stable_id, reason="Waiting for the consignee.")
    fold()

    assert status() == "arrived"
    assert Conflict.objects.get(known_to=None, about="milestone:lost").kept_open


def test_a_decision_is_marked_as_high_as_what_its_author_saw(say, shipment, analyst):
    say("departed", 24)
    say("arrived", 30, marking="AMBER")
    report = decide(shipment, author=analyst, kind="accept", milestone="arrived", reason="Seen.")

    assert report.marking == Marking.AMBER


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "accept", "reason": "r"},
        {"kind": "exclude", "reason": "r"},
        {"kind": "mark_echo", "reason": "r"},
        {"kind": "two_events", "reason": "r"},
        {"kind": "not_comparable", "reason": "r"},
        {"kind": "keep_open", "reason": "r"},
        {"kind": "accept", "milestone": "delivered", "reason": " "},
        {"kind": "accept", "milestone": "deliverd", "reason": "r"},
    ],
)
def test_a_decision_that_lacks_something_is_refused_and_leaves_nothing(say, shipment, analyst, wrong):
    with pytest.raises(NotDecidable):
        decide(shipment, author=analyst, **wrong)

    assert not Report.objects.exists()
    assert not AuditEntry.objects.exists()
