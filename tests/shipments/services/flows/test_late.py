"""While more waits to be added up than is read beside the totals, flows tell all but that, and say so."""

from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from actors.access import Reader
from actors.factories import StateFactory
from actors.marking import Marking
from shipments.models import FlowDue, Subject
from shipments.services.errors import TooMuchToRead
from shipments.services.flows import keeping, kept, late
from shipments.services.flows.keeping import fold_flows
from shipments.services.flows.paging import read_flows
from tests.shipments.api.flowing import offer, shipment
from tests.shipments.services.flows.both import fold_all, read_without_late

pytestmark = pytest.mark.django_db
PUBLIC = Reader(clearance=Marking.CLEAR)


def test_what_waits_is_left_out_and_named_until_it_is_added_up() -> None:
    pair = {"donor": StateFactory(), "recipient": StateFactory()}
    offer("made", **pair)
    fold_all()
    before = timezone.now()
    offer("made", **pair)
    page = read_without_late(PUBLIC)
    assert [flow.silence.unanswered for flow in page.flows] == [1]
    assert page.late
    assert page.late.subjects == 1
    assert page.late.since > before
    fold_all()
    page = read_without_late(PUBLIC)
    assert [flow.silence.unanswered for flow in page.flows] == [2]
    assert page.late is None


def test_what_is_restricted_while_it_waits_is_neither_told_nor_counted() -> None:
    hidden = offer("made")
    fold_all()
    Subject.objects.filter(pk=hidden.pk).update(marking=Marking.RED)
    page = read_without_late(PUBLIC)
    assert (page.flows, page.late) == ([], None)


def test_an_offer_that_waits_to_be_added_up_is_not_named_among_those_without_an_answer() -> None:
    pair = {"donor": StateFactory(), "recipient": StateFactory()}
    first, _ = offer("made", **pair), offer("made", **pair)
    fold_all()
    FlowDue.objects.create(subject_id=first.pk)
    (flow,) = read_without_late(PUBLIC).flows
    assert (flow.silence.unanswered, len(flow.silence.waiting)) == (1, 1)
    assert flow.silence.waiting[0].offer != first.reference


def test_a_whole_and_its_parts_are_left_out_together() -> None:
    one, recipient = StateFactory(), StateFactory()
    whole = shipment("departed", donors=[one], recipient=recipient)
    part = shipment("departed", donors=[one], recipient=recipient, parent=whole)
    fold_all()
    for due in (whole, part):
        FlowDue.objects.create(subject_id=due.pk)
        page = read_without_late(PUBLIC)
        assert page.flows == []
        assert page.late
        assert page.late.subjects == 2
        fold_all()


def test_rows_of_one_that_hide_what_else_waits_leave_out_all() -> None:
    busy, hidden = offer("made"), offer("made")
    fold_all()
    FlowDue.objects.bulk_create(FlowDue(subject_id=busy.pk) for _ in range(kept.ROWS_OF_ONE + 1))
    Subject.objects.filter(pk=hidden.pk).update(marking=Marking.RED)
    with patch.object(kept, "MOST_BESIDE", 1):
        page = read_flows(PUBLIC, now=timezone.now())
    assert page.flows == []
    assert page.late
    assert page.late.subjects == 1


def test_where_too_much_is_to_be_taken_away_it_can_be_asked_for_again() -> None:
    made = offer("made")
    fold_all()
    FlowDue.objects.create(subject_id=made.pk)
    with patch.object(late, "MOST_TAKEN_AWAY", 0), pytest.raises(TooMuchToRead) as refused:
        read_without_late(PUBLIC)
    assert refused.value.is_passing


def test_who_fails_waits_for_as_long_as_before() -> None:
    made = offer("made")
    (since,) = FlowDue.objects.filter(subject_id=made.pk).values_list("since", flat=True)[:1]
    with patch.object(keeping, "keep", side_effect=ValueError("no such amount")):
        assert fold_flows() == 0
    assert since in FlowDue.objects.filter(subject_id=made.pk).values_list("since", flat=True)


def test_who_waits_is_looked_for_once_a_page() -> None:
    offer("made")
    with CaptureQueriesContext(connection) as asked:
        assert read_without_late(PUBLIC).late
    assert sum("kindred" in str(each["sql"]) for each in asked.captured_queries) == 1
