"""Words of a report that lead nowhere, or do not fit its subject, are told for what they are."""

import pytest

from actors.marking import Marking
from shipments.factories import OfferFactory, ReportFactory, ShipmentFactory
from shipments.models import Report
from tests.people import faults_of


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
