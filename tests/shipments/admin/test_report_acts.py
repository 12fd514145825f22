"""From a report's page an analyst goes on to what it waits for, or to a decision on it."""

import pytest

from actors.factories import SourceFactory, UserFactory
from actors.marking import Marking
from shipments.factories import AttachmentFactory, LegFactory, OfferFactory, ReadingGrantFactory, ReportFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


def acts_of(report, **who) -> str:
    shown = signed_in(**who).get(page_of(report)).text
    return shown.partition('aria-label="Act"')[2].partition("</nav>")[0]


def test_a_held_report_leads_to_where_it_is_bound_and_is_chosen_there():
    held = ReportFactory(subject=None)
    where = f"/admin/shipments/attachment/add/?report={held.pk}"
    assert where in acts_of(held)
    form = signed_in().get(where).text
    assert f'<option value="{held.pk}" selected' in form
    assert "counts in the picture of the subject from now on" in form


def test_a_report_that_was_bound_is_not_bound_again():
    bound = AttachmentFactory(report=ReportFactory(subject=None)).report
    assert "attachment/add" not in acts_of(bound)


def test_a_report_of_an_unknown_code_leads_to_where_its_meaning_is_said():
    report = ReportFactory(code_scheme="wfp", code_said="ZZ", code_is_known=False, milestone="")
    assert "/admin/shipments/codemapping/add/?scheme=wfp&amp;code=ZZ" in acts_of(report)


def test_a_report_leads_to_decisions_in_which_it_is_chosen():
    report = ReportFactory()
    where = page_of(report.subject.as_shipment).replace("/change/", "/decide/")
    asked = f"?kind=exclude&report={report.reference}"
    assert where + asked.replace("&", "&amp;") in acts_of(report)
    form = signed_in().get(where + asked).text
    assert f'value="{report.reference}"' in form
    assert "checked" in form


def test_whoever_reads_by_a_grant_alone_is_led_to_no_decision():

    report, reader = ReportFactory(subject__marking=Marking.AMBER), UserFactory(clearance=Marking.CLEAR)
    ReadingGrantFactory(subject=report.subject, actor=None, user=reader, marking=Marking.AMBER)
    assert "decide" not in acts_of(report, person=reader)


def test_a_source_leads_to_its_grade_and_is_chosen_there():
    source = SourceFactory()
    where = f"/admin/actors/sourcerating/add/?source={source.pk}"
    assert where in acts_of(source)
    assert f'<option value="{source.pk}" selected' in signed_in().get(where).text


def test_what_has_no_legs_is_asked_for_no_leg_and_offered_no_step_of_one():
    decide = page_of(OfferFactory()).replace("/change/", "/decide/")
    asked = signed_in().get(decide).text
    assert 'name="leg"' not in asked
    assert 'value="departed"' not in asked
    assert 'value="refused"' in asked
    decide = page_of(LegFactory().shipment).replace("/change/", "/decide/")
    assert 'name="leg"' in signed_in().get(decide).text
