"""Before a decision, its withdrawal or a merge is done, its page shows what it would change, and nothing is."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.factories import ActorFactory, SourceFactory, SourceInterestFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry
from shipments.admin.foreseen import MOST_FORESEEN
from shipments.factories import (
    ContactFactory,
    LegFactory,
    PlaceFactory,
    ReportFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
)
from shipments.models import Attachment, Decision, Due, OutboxEvent, Place, Report, Subject
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

PREVIEW = {"preview": "yes"}


def told(answer) -> str:
    """What the page says would change, without its tags."""
    assert answer.status_code == 200
    (_, _, shown) = answer.text.partition('aria-label="What would change"')
    return unescape(shown.partition("</section>")[0])


def stored() -> list[int]:
    return [model.objects.count() for model in (Report, Decision, Attachment, AuditEntry, Due, OutboxEvent)]


@pytest.fixture
def report():
    return ReportFactory(subject__title="Flight of May", milestone="departed")


def decide(report, kind: str) -> str:
    return f"{page_of(report.subject.as_shipment).replace('/change/', '/decide/')}?kind={kind}"


def test_what_an_exclusion_would_change_is_shown_without_a_reason_and_nothing_is_stored(report):
    client, before = signed_in(), stored()
    shown = told(client.post(decide(report, "exclude"), {"chosen": [report.reference], **PREVIEW}))
    for said in ("Flight of May", "departed", "yes, single source, 60", "unknown", "Nothing has been done yet"):
        assert said in shown
    assert stored() == before


def test_what_a_move_would_change_is_shown_of_both_subjects(report):
    other = ShipmentFactory(title="Flight of June")
    asked = {"chosen": [report.reference], "belongs_to": other.reference, **PREVIEW}
    shown = told(signed_in().post(decide(report, "two_events"), asked))
    assert "Flight of May" in shown
    assert "Flight of June" in shown
    assert not Attachment.objects.exists()


def test_what_changes_nothing_says_so(report):
    other = ReportFactory(subject=report.subject, milestone="departed", source=report.source)
    shown = told(signed_in().post(decide(report, "exclude"), {"chosen": [other.reference], **PREVIEW}))
    assert "Nothing that you see" in shown


def test_what_would_be_refused_is_refused_where_it_is_foreseen(report):
    answer = signed_in().post(
        decide(report, "two_events"), {"chosen": [report.reference], "belongs_to": "x", **PREVIEW}
    )
    assert "There is no other shipment" in answer.text
    assert 'aria-label="What would change"' not in answer.text


def test_what_a_withdrawal_would_change_is_shown_and_then_done(report):
    client = signed_in()
    client.post(decide(report, "exclude"), {"chosen": [report.reference], "reason": "It is about June."})
    decision, before = Decision.objects.get(), stored()
    where = page_of(decision).replace("/change/", "/withdraw/")
    assert "yes, single source, 60" in told(client.post(where, PREVIEW))
    assert stored() == before
    assert "in force" in client.get(page_of(decision)).text
    assert "../withdraw/" in client.get(page_of(decision)).text
    done = client.post(where, {"reason": "I misread it."}, follow=True)
    assert "exclude: withdrawn" in done.text
    assert "../withdraw/" not in done.text


def test_what_a_merge_would_change_is_shown_and_then_done(report):
    Subject.objects.filter(pk=report.subject_id).update(provisional=True)
    into, client = ShipmentFactory(title="Flight of June"), signed_in()
    where, before = f"/admin/shipments/shipment/merge/?row={report.subject_id}", stored()
    shown = told(client.post(where, {"into": into.reference, **PREVIEW}))
    assert "Flight of June" in shown
    assert "yes, single source, 60" in shown
    assert stored() == before
    assert not Subject.objects.exclude(merged_into=None).exists()
    done = client.post(where, {"into": into.reference, "reason": "One flight."}, follow=True)
    assert f"Merge: done for {report.subject.reference}" in done.text


def merged(kind: str, row, into: str, **said):
    app = "actors" if kind == "actor" else "shipments"
    return f"/admin/{app}/{kind}/merge/?row={row.pk}", {"into": into, **said}


@pytest.fixture
def twin():
    """An airline that a partner entered, and the same one as it is known."""
    return ActorFactory(name="Koryo", provisional=True), ActorFactory(name="Air Koryo")


def test_what_a_merge_of_actors_would_change_is_shown_in_plans_and_then_done(twin):
    row, into = twin
    client, other = signed_in(), ActorFactory(name="Koryo Cargo", parent=row)
    flight = ShipmentFactory(title="Flight of May", carrier=row)
    LegFactory(shipment=flight, carrier=row)
    ShipmentPartyFactory(shipment=flight, actor=row)
    ContactFactory(title="A call", participants=[row, into])
    where, said = merged("actor", row, into.reference)
    before = stored()
    shown = told(client.post(where, {**said, **PREVIEW}))
    once, then = f"Koryo ({row.reference})", f"Air Koryo ({into.reference})"
    for subject, what, now in (
        ("Flight of May", "carrier", once),
        ("Flight of May", "carrier of a leg", once),
        ("Flight of May", "party", once),
        ("A call", "participant", f"{then}; {once}"),
        (f"Koryo Cargo ({other.reference})", "parent", once),
    ):
        assert line(subject, what, now, then) in shown
    assert stored() == before
    assert Actor.objects.get(pk=row.pk).merged_into is None
    assert "Merge: done" in client.post(where, {**said, "reason": "One airline."}, follow=True).text

    undone = where.replace("/merge/", "/unmerge/")
    shown = told(client.post(undone, PREVIEW))
    assert line("Flight of May", "carrier", then, once) in shown
    assert line("A call", "participant", then, f"{then}; {once}") in shown
    assert "Undo the merge: done" in client.post(undone, {"reason": "Two."}, follow=True).text


def test_what_a_merge_of_actors_would_change_is_shown_in_pictures(twin):
    row, into = twin
    source = SourceFactory(grade="B", name="Wire")
    SourceInterestFactory(source=source, actor=into)
    flight = ReportFactory(subject__title="Flight of May", source=source, milestone="departed").subject.as_shipment
    flight.carrier = row
    flight.save()
    where, said = merged("actor", row, into.reference)
    assert "yes, single source" in told(signed_in().post(where, {**said, **PREVIEW}))


def test_what_a_merge_of_places_would_change_is_shown_in_plans_and_pictures():
    row = PlaceFactory(code="FNJ-2", name="Sunan strip", provisional=True)
    into = PlaceFactory(code="FNJ", name="Sunan")
    flight = ShipmentFactory(title="Flight of May", destination=into)
    PlaceFactory(code="FNJ-APRON", name="Apron", within=row)
    for each in (row, into):
        seen = [{"attribute": "place", "value": {"place": each.code}}]
        ReportFactory(subject=flight, source=SourceFactory(grade="B"), milestone="", facts=seen)
    LegFactory(shipment=flight, key="home", destination=row)
    where, said = merged("place", row, into.code)
    client, before = signed_in(), stored()
    shown = told(client.post(where, {**said, **PREVIEW}))
    assert line("Flight of May", "destination of a leg", "Sunan strip (FNJ-2)", "Sunan (FNJ)") in shown
    (pictured,) = re.findall(r'What">place</td><td data-label="Now">([^<]*)</td><td data-label="Then">([^<]*)<', shown)
    assert pictured[0].startswith("contested")
    assert "corroborated" in pictured[1]
    assert line("Apron (FNJ-APRON)", "within", "Sunan strip (FNJ-2)", "Sunan (FNJ)") in shown
    assert stored() == before
    assert Place.objects.get(pk=row.pk).merged_into is None


def test_what_would_change_in_what_is_hidden_is_neither_shown_nor_counted(twin):
    row, into = twin
    ShipmentFactory(title="Flight of May", carrier=row)
    where, said = merged("actor", row, into.reference, **PREVIEW)
    client = signed_in()
    before = told(client.post(where, said))
    for number in range(MOST_FORESEEN + 1):
        ShipmentFactory(title=f"Hidden flight {number}", carrier=row, marking=Marking.RED)
    ActorFactory(name="Hidden branch", parent=row, marking=Marking.RED)
    assert told(client.post(where, said)) == before


def test_of_many_subjects_the_newest_are_looked_at_and_the_rest_is_counted(twin):
    row, into = twin
    where, said = merged("actor", row, into.reference, **PREVIEW)
    client, costs = signed_in(), []
    for _ in range(2):
        for _ in range(MOST_FORESEEN):
            ShipmentFactory(carrier=row)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            shown = told(client.post(where, said))
        costs.append(len(asked))
    assert shown.count('data-label="Subject"') == MOST_FORESEEN
    assert f"{MOST_FORESEEN} more that it touches were not looked at" in shown
    assert costs[0] == costs[1]


def test_of_many_that_are_a_part_of_it_as_many_are_shown_and_the_rest_is_counted(twin):
    row, into = twin
    for number in range(MOST_FORESEEN + 3):
        ActorFactory(name=f"Branch {number}", parent=row)
    where, said = merged("actor", row, into.reference, **PREVIEW)
    shown = told(signed_in().post(where, said))
    assert shown.count('data-label="Subject"') == MOST_FORESEEN
    assert "3 more that it touches were not looked at" in shown


def line(subject: str, what: str, now: str, then: str) -> str:
    cells = zip(("Subject", "What", "Now", "Then"), (subject, what, now, then), strict=True)
    return "".join(f'<td data-label="{name}">{said}</td>' for name, said in cells)
