"""Before a decision, its withdrawal or a merge is done, its page shows what it would change, and nothing is."""

import pytest

from actors.models import AuditEntry
from shipments.factories import ReportFactory, ShipmentFactory
from shipments.models import Attachment, Decision, Due, Report, Subject
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

PREVIEW = {"preview": "yes"}


def told(answer) -> str:
    """What the page says would change, without its tags."""
    assert answer.status_code == 200
    (_, _, shown) = answer.text.partition('aria-label="What would change"')
    return shown.partition("</section>")[0]


def stored() -> list[int]:
    return [model.objects.count() for model in (Report, Decision, Attachment, AuditEntry, Due)]


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
    assert "Nothing in the picture that you see" in shown


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
