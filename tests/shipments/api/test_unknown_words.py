"""Words of a report that lead nowhere, or do not fit its subject, are told for what they are."""

import pytest

from actors.marking import Marking
from shipments.factories import OfferFactory, ReportFactory, ShipmentFactory
from shipments.models import LedgerEntry, Line, Report
from tests.people import faults_of
from tests.shipments.api.entries import PLURALS

UNITS = ["TNE", "KGM", "C62", "doses", "people", "packages"]


@pytest.fixture
def body(db):
    said = {"event_id": "lss-1", "subject": ShipmentFactory().reference, "code": "departed"}
    return {**said, "asserted_at": "2022-05-16T11:30:00+09:00"}


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        ({"place": "Shenyang"}, ["place"]),
        ({"kind": "correct", "target": {"event_id": "never-sent"}}, ["target"]),
        ({"leg": "l-9", "line": "x"}, ["leg", "line"]),
        ({}, []),
    ],
)
def test_words_that_lead_nowhere_are_told(partner, body, change, unknown):
    said = partner.post("reports/", {**body, **change}).json()
    assert said["unknown"] == unknown
    (item,) = partner.post("reports/batch/", [{**body, **change, "event_id": "lss-2"}]).json()["results"]
    assert item["unknown"] == unknown


@pytest.mark.parametrize(
    ("scheme", "code", "words"),
    [
        ("AfterShip", "Delivered", ["No code_scheme goes by AfterShip.", "Did you mean aftership? One of aftership,"]),
        ("aftership", "delivered", ["aftership has no code delivered that we know.", "Did you mean Delivered?"]),
        ("aftership", "\u2191\u2191", ["aftership has no code \u2191\u2191 that we know."]),
    ],
)
def test_a_code_that_is_held_is_told_with_what_is_known(partner, body, scheme, code, words):
    said = partner.post("reports/", {**body, "code_scheme": scheme, "code": code}).json()
    assert (said["result"], said["unknown"]) == ("held", ["code"])
    assert [each for each in words if each not in said["meaning"]] == []


def test_a_target_that_is_hidden_is_told_as_a_missing_one_is(partner, body):
    hidden = ReportFactory(marking=Marking.RED)
    target = {"source": hidden.source.code, "event_id": hidden.event_id}
    said = partner.post("reports/", {**body, "kind": "correct", "target": target}).json()
    assert said["unknown"] == ["target"]


def test_a_target_in_the_same_batch_is_known(partner, body):
    correction = {**body, "event_id": "lss-2", "kind": "correct", "target": {"event_id": body["event_id"]}}
    results = partner.post("reports/batch/", [body, correction]).json()["results"]
    assert [each["unknown"] for each in results] == [[], []]


def test_what_is_not_said_of_a_kind_of_subject_is_refused_with_what_is(partner, body):
    offer = OfferFactory()
    figure = {"attribute": "deaths_total", "value": {"low": "3", "unit": "people"}}
    said = {**body, "subject": offer.reference, "code": "delivered", "facts": [figure], "flags": {"delayed": True}}
    answer = partner.post("reports/", said)
    assert faults_of(answer) == {
        "/code": "unknown_code",
        "/facts/0/attribute": "unknown_attribute",
        "/flags": "unknown_flag",
    }
    words = " ".join(fault["detail"] for fault in answer.json()["errors"])
    assert "One of floated, made," in words
    assert "not said of an offer" in words
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("unit", "advice"),
    [("widgets", ""), ("H87", ""), ("tonnes", " Did you mean TNE?"), ("Doses", " Did you mean doses?")],
)
def test_reports_and_the_ledger_take_the_same_units_and_refuse_others_alike(sender, bodies, body, unit, advice):
    def told(answer):
        assert answer.status_code == 422, answer.content
        (fault,) = answer.json()["errors"]
        return fault["pointer"], (fault["code"], fault["detail"])

    quantity = {"low": "9", "unit": unit}
    line = {**bodies["shipment"]["lines"][0], "quantity": quantity}
    where, of_report = told(sender.post("reports/", {**body, "facts": [{"attribute": "quantity", "value": quantity}]}))
    assert (where, of_report[0]) == ("/facts/0/value/unit", "wrong_unit")
    assert of_report[1] == f"quantity is not given in {unit}.{advice} One of {', '.join(UNITS)}."
    for kind in ("shipment", "offer"):
        lines = [{**each, "quantity": quantity} for each in bodies[kind]["lines"]]
        answer = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], "lines": lines})
        assert told(answer) == ("/lines/0/quantity/unit", of_report)
    entered = sender.post("shipments/", bodies["shipment"]).headers["Location"]
    assert told(sender.post(f"{entered}lines/", {**line, "key": "gowns"})) == ("/quantity/unit", of_report)
    changed = sender.send("PATCH", f"{entered}lines/masks/", {"quantity": quantity}, **{"idempotency-key": "k"})
    assert told(changed) == ("/quantity/unit", of_report)


def test_a_unit_that_was_taken_before_stays_and_stands_in_no_change_s_way(sender, bodies):
    entered = sender.post("shipments/", bodies["shipment"]).headers["Location"]
    entry = LedgerEntry.objects.get()
    entry.said["lines"][0]["quantity"]["unit"] = "H87"
    entry.save()
    Line.objects.update(unit="H87")
    changed = sender.send("PATCH", f"{entered}lines/masks/", {"lot": "B-7"}, **{"idempotency-key": "k"})
    assert changed.status_code == 200, changed.content
    (line,) = sender.get(entered).json()["lines"]
    assert (line["lot"], line["quantity"]["unit"]) == ("B-7", "H87")
