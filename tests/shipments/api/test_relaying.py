"""Passing on what others said: whoever passes on what is hidden from them learns nothing by it."""

import pytest

from actors.factories import SourceFactory, UserFactory
from actors.marking import Marking
from shipments.factories import ShipmentFactory
from shipments.models import Report
from shipments.services.curating import attach_report
from tests.people import ALL_SCOPES, make_analyst, make_partner
from tests.shipments.api.conftest import day, reconcile, record_report


@pytest.fixture
def relay(db):
    return make_partner(scopes=ALL_SCOPES)


@pytest.fixture
def said(db):
    """What the wire says of a shipment that all may see; for analysts alone."""
    SourceFactory(code="wire", grade="B")
    return {
        "source": "wire",
        "event_id": "w-1",
        "subject": ShipmentFactory().reference,
        "code": "departed",
        "occurred": "2022-05-16",
        "asserted_at": "2022-05-16T09:00:00+00:00",
        "marking": "AMBER",
    }


def pass_on(relay, said):
    """All that a relay sees when it passes something on, without what differs from one request to the next."""
    answers = [relay.post("reports/", said), relay.post("reports/", said)]
    batch = relay.post("reports/batch/", [said])
    reference = answers[0].json()["reference"]
    reconcile()
    read = relay.get(f"reports/{reference}/")
    listed = [row["reference"] for row in relay.get("reports/").json()["results"]]
    told = [(each["type"], each["report"]) for each in relay.get("changes/").json()["results"]]
    shown = {name: value for name, value in read.json().items() if name != "received_at"}
    is_new = read.status_code == 200 and read.json()["received_at"] > "2026"
    results = [(each.status_code, each.json()) for each in answers]
    return [results, batch.json(), read.status_code, shown, is_new, listed, told], reference


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["marked", "held", "bound to what is hidden"])
def test_passing_on_what_is_hidden_looks_like_something_new(relay, said, why):
    if why != "marked":
        said |= {"marking": "CLEAR", "subject": "awb:784-12345675"}
    alone, reference = pass_on(relay, said)
    assert alone[0][0][1]["result"] == ("accepted" if why == "marked" else "held")

    other = {**said, "event_id": "w-2"}
    hidden = record_report(day(16), **other)
    if why == "bound to what is hidden":
        hides = ShipmentFactory(marking=Marking.RED)
        attach_report(Report.objects.get(reference=hidden), hides, by=UserFactory(), reason="The same waybill.")
    assert relay.get(f"reports/{hidden}/").status_code == 404
    beside, theirs = pass_on(relay, other)

    assert theirs == hidden
    renamed = str(beside).replace(theirs, reference).replace("w-2", "w-1")
    assert renamed != str(beside)
    assert sorted(beside[5]) == sorted([reference, theirs])
    for before, after in zip(alone[:5], beside[:5], strict=True):
        assert str(after).replace(theirs, reference).replace("w-2", "w-1") == str(before)


@pytest.mark.django_db
def test_whoever_reads_both_is_shown_the_statement_once_and_it_counts_once(relay, said):
    record_report(day(16), **said)
    reconcile()
    analyst = make_analyst()
    path = f"shipments/{said['subject']}/"
    before = analyst.get(path).json()

    reference = relay.post("reports/", said).json()["reference"]
    reconcile()

    assert Report.objects.count() == 2
    assert analyst.get(path).json() == before
    assert analyst.get(f"reports/{reference}/").status_code == 200
    assert [row["reference"] for row in analyst.get("reports/").json()["results"]] == [reference]
    (claim,) = {each["report"] for each in analyst.get(f"{path}explain/").json()["results"]}
    assert claim == reference


@pytest.mark.django_db
def test_passing_on_what_one_may_read_is_a_duplicate(relay, said):
    stored = record_report(day(16), **said | {"marking": "GREEN"})
    answer = relay.post("reports/", said | {"marking": "GREEN"})
    assert (answer.status_code, answer.json()["reference"]) == (200, stored)
    assert Report.objects.count() == 1


@pytest.mark.django_db
def test_a_source_is_not_told_that_others_have_passed_on_its_words_where_it_may_not_read_them(relay, said):
    own = make_partner(source=SourceFactory(code="ministry", grade="B", actor=relay.key.actor), clearance=Marking.CLEAR)
    other = make_partner(scopes=ALL_SCOPES)
    words = {**said, "source": "ministry", "marking": "GREEN"}
    assert other.post("reports/", words).json()["result"] == "accepted"
    assert own.post("reports/", words).json()["result"] == "accepted"
    assert own.post("reports/", words).json()["result"] == "duplicate"
