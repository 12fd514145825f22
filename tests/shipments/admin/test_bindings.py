"""Pages tell what a report is about by now, and not what it was said of before it was bound or moved."""

import pytest
from django.utils import timezone

from actors.marking import Marking
from shipments.factories import AttachmentFactory, ReportFactory, ShipmentFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/shipments/report/"


def shown(where: str) -> str:
    return signed_in().get(where).text


@pytest.fixture
def bound():
    """A report that was held and then bound."""
    held = ReportFactory(subject=None, subject_said="name:some-flight", milestone="departed")
    return AttachmentFactory(report=held, subject=ShipmentFactory(title="Flight of May")).report


@pytest.fixture
def moved():
    """A report that was taken for one flight and moved to another."""
    report = ReportFactory(subject__title="Flight of May", milestone="departed")
    return AttachmentFactory(report=report, subject=ShipmentFactory(title="Flight of June")).report


def test_what_was_bound_is_held_no_more(bound):
    page = shown(page_of(bound))
    assert "nobody has said what it is about" not in page
    assert "carries the picture" in page
    assert "name:some-flight" not in page.partition("By whom")[0]
    for where in (LIST, "/admin/", page_of(bound)):
        assert "Flight of May" in shown(where), where


def test_what_was_bound_leads_to_decisions_on_what_it_is_about(bound):
    (attachment,) = bound.attachments.all()
    assert f"{page_of(attachment.subject.as_shipment).replace('/change/', '/decide/')}?kind=exclude" in shown(
        page_of(bound)
    )


def test_what_was_moved_is_told_of_where_it_is_and_what_it_was_first_taken_for(moved):
    for where in (LIST, page_of(moved)):
        assert "first taken for Flight of May" in shown(where), where
    page = shown(page_of(moved))
    assert "carries the picture" in page
    (attachment,) = moved.attachments.all()
    assert f"{page_of(attachment.subject.as_shipment).replace('/change/', '/decide/')}?kind=exclude" in page


def test_where_it_was_moved_to_is_hidden_from_whoever_may_not_see_that(moved):
    hidden = ShipmentFactory(title="Flight of July", marking=Marking.RED)
    AttachmentFactory(report=moved, subject=hidden, recorded_at=timezone.now())
    for where in (LIST, "/admin/", page_of(moved)):
        assert "Flight of July" not in shown(where), where
        assert "nobody has said" not in shown(where), where
