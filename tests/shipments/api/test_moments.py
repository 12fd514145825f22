"""Two clocks: what had happened at a moment of the world, and what was known at a moment of ours."""

from datetime import timedelta

import pytest

from actors.marking import Marking
from shipments.factories import ShipmentFactory
from shipments.models import Shipment
from tests.people import faults_of, make_partner
from tests.shipments.api.conftest import day, reconcile, record_report


@pytest.fixture
def path(world):
    return f"shipments/{world.shipment.reference}/"


def status(caller, path, **asked):
    return caller.get(path, asked).json()["picture"]["status"]


@pytest.mark.parametrize(
    ("valid_at", "expected"),
    [
        ("2022-05-15", None),
        ("2022-05-16", "departed"),
        ("2022-05-17T12:00:00Z", "departed"),
        ("2022-05-17", "arrived"),
        ("2022-05-18T09:00:00+09:00", "arrived"),
        ("2030-01-01", "arrived"),
    ],
)
def test_status_at_a_moment_of_the_world(world, partner, path, valid_at, expected):
    then = status(partner, path, valid_at=valid_at)
    assert then["value"] == expected
    assert (then["state"] == "unknown") == (expected is None)
    assert (then["confidence"] is None) == (expected is None)
    found = {
        row["reference"]
        for row in partner.get("shipments/", {"valid_at": valid_at, "status": expected or "lost"}).json()["results"]
    }
    assert found == ({world.shipment.reference} if expected else set())
    for other in ("departed", "arrived", "lost"):
        if other != expected:
            assert partner.get("shipments/", {"valid_at": valid_at, "status": other}).json()["results"] == []


def test_status_now_is_the_status_at_the_end_of_time(world, partner, path):
    now, then = partner.get(path).json()["picture"], partner.get(path, {"valid_at": "2100-01-01"}).json()["picture"]
    assert then["status"] == {**now["status"], "alternatives": []}
    assert then["leading"] == now["leading"]
    assert then["story"]["steps"] == now["story"]["steps"]


def test_step_that_may_have_happened_by_then_is_an_alternative(world, partner, path):
    then = status(partner, path, valid_at="2022-05-17T12:00:00Z")
    assert [each["label"] for each in then["alternatives"]] == ["arrived"]
    assert then["because"] != []
    steps = partner.get(f"{path}timeline/", {"valid_at": "2022-05-17T12:00:00Z"}).json()["steps"]
    assert [step["milestone"] for step in steps] == ["departed"]


def test_moment_of_the_world_as_it_was_known_at_a_moment_of_ours(world, partner, path):
    assert status(partner, path, valid_at="2022-05-17", known_at="2022-05-16")["value"] == "departed"
    assert status(partner, path, valid_at="2022-05-17", known_at="2022-05-17")["value"] == "arrived"
    asked = {"valid_at": "2022-05-17", "known_at": "2022-05-16", "status": "departed"}
    assert len(partner.get("shipments/", asked).json()["results"]) == 1


def test_late_report_changes_what_had_happened(world, partner, path, tell):
    assert status(partner, path, valid_at="2022-05-15")["value"] is None
    tell("wire", "booked", occurred="2022-05-10", event_id="w-0")
    assert status(partner, path, valid_at="2022-05-15")["value"] == "booked"
    assert status(partner, path, valid_at="2022-05-15", known_at="2022-05-18")["value"] is None


def test_moment_of_the_world_is_for_what_has_a_lifecycle(world, partner):
    for plural in ("contacts", "inquiries", "crises"):
        assert faults_of(partner.get(f"{plural}/", {"valid_at": "2022-05-17"})) == {"valid_at": "unknown_parameter"}
    for plural in ("offers", "appeals"):
        assert partner.get(f"{plural}/", {"valid_at": "2022-05-17"}).status_code == 200


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ({"since": "2022-05-16"}, True),
        ({"since": "2022-05-18"}, False),
        ({"until": "2022-05-15"}, False),
        ({"until": "2022-05-16"}, True),
        ({"since": "2022-05-16T10:00:00Z", "until": "2022-05-16T11:00:00Z"}, True),
        ({"since": "2022-05-17T23:59:59.999999Z"}, True),
        ({"since": "2022-05-16", "until": "2022-05-16", "known_at": "2022-05-15"}, False),
    ],
)
def test_shipments_are_found_by_when_something_of_them_happened(world, partner, span, found):
    rows = partner.get("shipments/", span).json()["results"]
    assert [row["reference"] for row in rows] == ([world.shipment.reference] if found else [])


def test_a_step_before_and_one_after_are_none_between(world, partner, tell):
    tell("wire", "booked", occurred="2022-05-01", event_id="w-0")
    between = {"since": "2022-05-02", "until": "2022-05-10"}
    assert partner.get("shipments/", between).json()["results"] == []
    assert len(partner.get("shipments/", {**between, "since": "2022-05-01"}).json()["results"]) == 1


def test_contacts_are_found_by_their_day(world, partner):
    type(world.contact).objects.update(held_on="2022-05-12")
    assert len(partner.get("contacts/", {"since": "2022-05-12", "until": "2022-05-12"}).json()["results"]) == 1
    assert partner.get("contacts/", {"since": "2022-05-13"}).json()["results"] == []
    assert partner.get("contacts/", {"until": "2022-05-11"}).json()["results"] == []


def test_difference_of_one_subject(world, partner, path):
    shown = partner.get(f"{path}diff/", {"known_at": "2022-05-16..2022-05-18"}).json()
    assert shown["status"]["before"]["value"] == "departed"
    assert shown["status"]["after"]["value"] == "arrived"
    assert shown["contested"] == {"before": False, "after": True}
    findings = {(each["kind"], each["attribute"]): each for each in shown["findings"]}
    cargo = findings["fact", "quantity"]
    assert cargo["before"] is None
    assert cargo["after"]["state"] == "contested"
    assert ("milestone", "departed") not in {key for key, each in findings.items() if each["before"] == each["after"]}
    now = partner.get(f"{path}conflicts/", {"known_at": "2022-05-18"}).json()["results"]
    assert shown["conflicts"] == {"appeared": now, "gone": []}


def test_difference_of_nothing_is_nothing(world, partner, path):
    shown = partner.get(f"{path}diff/", {"known_at": "2022-05-18..2022-05-19"}).json()
    assert (shown["status"], shown["findings"]) == (None, [])
    assert shown["conflicts"] == {"appeared": [], "gone": []}
    assert partner.get("shipments/diff/", {"known_at": "2022-05-18..2022-05-19"}).json()["results"] == []


def test_difference_needs_both_moments(partner, world, path):
    for where in (f"{path}diff/", "shipments/diff/"):
        assert faults_of(partner.get(where)) == {"known_at": "missing_parameter"}
        assert faults_of(partner.get(where, {"known_at": "2022-05-18"})) == {"known_at": "invalid_parameter"}


def test_differences_of_all_are_those_of_each(world, partner, analyst, path):
    ShipmentFactory()
    for caller in (partner, analyst):
        for span in (
            "2022-05-15..2022-05-16",
            "2022-05-16..2022-05-18",
            "2022-05-18..2022-05-19",
            "2022-05-15..2022-05-30",
        ):
            own = caller.get(f"{path}diff/", {"known_at": span}).json()
            has_changed = bool(own["status"] or own["findings"] or own["conflicts"]["appeared"])
            listed = caller.get("shipments/diff/", {"known_at": span}).json()["results"]
            assert listed == ([own] if has_changed else []), span
    # What came on the 19th is for analysts.
    assert partner.get("shipments/diff/", {"known_at": "2022-05-18..2022-05-19"}).json()["results"] == []
    assert analyst.get("shipments/diff/", {"known_at": "2022-05-18..2022-05-19"}).json()["results"] != []


def test_conflict_that_is_gone_is_told(world, partner, path):
    record_report(day(21), source="daily", subject=world.shipment.reference, kind="retract", event_id="d-2",
                  target={"source": "daily", "event_id": "d-1"})  # fmt: skip
    reconcile()
    shown = partner.get(f"{path}diff/", {"known_at": "2022-05-20..2022-05-21"}).json()
    assert shown["conflicts"]["gone"]
    assert shown["contested"] == {"before": True, "after": False}


def test_conflict_has_ended_at_the_moment_when_what_ended_it_was_known(world, partner, path):
    record_report(day(21), source="daily", subject=world.shipment.reference, kind="retract", event_id="d-2",
                  target={"source": "daily", "event_id": "d-1"})  # fmt: skip
    reconcile()
    for where in ("conflicts/", f"{path}conflicts/"):
        for moment, is_there in ((day(21) - timedelta(microseconds=1), True), (day(21), False)):
            assert bool(partner.get(where, {"known_at": moment.isoformat()}).json()["results"]) == is_there


def test_differences_come_in_pages(world, partner):
    others = [ShipmentFactory() for _ in range(4)]
    for each in others:
        record_report(day(17), source="wire", subject=each.reference, code="departed", event_id=f"w-{each.reference}")
    reconcile()
    found, path = [], "shipments/diff/?limit=2&known_at=2022-05-15..2022-05-18"
    while path:
        page = partner.get(path).json()
        assert len(page["results"]) <= 2
        found += [row["reference"] for row in page["results"]]
        path = page["next"]
    assert found == [each.reference for each in reversed(others)] + [world.shipment.reference]


def test_hidden_subject_has_no_difference(world, partner, path):
    Shipment.objects.update(marking=Marking.AMBER)
    span = {"known_at": "2022-05-15..2022-05-18"}
    assert partner.get("shipments/diff/", span).json()["results"] == []
    hidden, missing = partner.get(f"{path}diff/", span), partner.get("shipments/SHP-00000000/diff/", span)
    assert hidden.status_code == missing.status_code == 404


def test_sender_of_a_restricted_report_gets_its_own_difference(world, path):
    partner = make_partner()
    said = {"subject": world.shipment.reference, "code": "delivered", "occurred": "2022-05-19", "marking": "RED"}
    assert partner.post("reports/", {**said, "asserted_at": "2022-05-20T12:00:00Z"}).status_code == 201
    reconcile()
    shown = partner.get(f"{path}diff/", {"known_at": "2022-05-20..2100-01-01"}).json()
    assert any(each["attribute"] == "delivered" and each["before"] is None for each in shown["findings"])
    assert make_partner().get(f"{path}diff/", {"known_at": "2022-05-20..2100-01-01"}).json()["findings"] == []
