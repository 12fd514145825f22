"""A page of flows at two sizes and after many sweeps, what it tells being the same: what it touches is the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.db.models import F
from django.utils import timezone

from actors.access import Reader
from actors.marking import Marking
from shipments.factories import ReportFactory
from shipments.models import FlowTotal, Picture, Subject
from shipments.services.flows.paging import Page, read_flows
from shipments.services.flows.reading import Narrowing
from tests.bench.base import Base, add_up_flows
from tests.growth.base import superuser
from tests.growth.plans import GROWTH, cost_of, statements
from tests.people import make_partner
from tests.servers import addresses

STORIES, LARGER, SWEEPS = 60, 1200, 20
ANYBODY = Reader(clearance=Marking.GREEN)
pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("committed_db")]


@dataclass(frozen=True, kw_only=True)
class Added:
    """Some shipments, all that is told of them added up, and a connection that may do anything."""

    base: Base
    connection: psycopg.Connection


@pytest.fixture
def added() -> Iterator[Added]:
    """Totals written with the room that their table has now."""
    base = Base(stories=STORIES)
    with superuser(addresses().superuser_url(addresses().database)) as connection:
        base.grow(2 * STORIES, connection)
        connection.execute("VACUUM (FULL, ANALYZE) shipments_flowtotal")
        yield Added(base=base, connection=connection)


def pages(reader: Reader = ANYBODY, contested: bool | None = None) -> tuple[int, Page]:
    """What a page of all flows touches, and the page."""
    with statements() as found:
        page = read_flows(reader, now=timezone.now(), narrowing=Narrowing(contested=contested))
    return cost_of(found).pages, page


def test_a_page_touches_the_same_when_ten_times_as_much_is_added_up(added: Added) -> None:
    asked = (None, True, False)
    before = [pages(contested=each) for each in asked]
    added.base.grow(LARGER, added.connection)
    after = [pages(contested=each) for each in asked]
    for (few, one), (many, other) in zip(before, after, strict=True):
        assert one.flows
        assert [flow.key for flow in other.flows] == [flow.key for flow in one.flows]
        assert many <= few * GROWTH, (few, many)


def test_a_page_of_who_sent_something_restricted_touches_the_same_when_more_is_counted(added: Added) -> None:
    key = make_partner(clearance=Marking.GREEN).key
    assert key
    many = []
    ReportFactory(subject=Subject.objects.filter(kind="shipment")[0], marking=Marking.RED, partner_key=key)
    for size in (2 * STORIES, LARGER):
        added.base.grow(size, added.connection)
        # Each line is counted, by whoever told of its shipment first.
        added.connection.execute(
            """
            INSERT INTO shipments_receipt (report_id, line_id, received_on, accepted, rejected, rejection_reason)
            SELECT report.id, line.id, now(), 1, 0, ''
              FROM shipments_line AS line, LATERAL (
                   SELECT id FROM shipments_report WHERE subject_id = shipment_id AND marking = 0 LIMIT 1) AS report
                ON CONFLICT DO NOTHING
            """
        )
        add_up_flows()
        added.connection.execute("VACUUM (ANALYZE)")
        many.append(pages(Reader.of_key(key))[0])
    assert many[1] <= many[0] * GROWTH + 10, many


def test_a_page_touches_the_same_after_sweeps_that_changed_every_total(added: Added) -> None:
    few, before = pages()
    # Twice over, so that it tells again what it told.
    for _ in range(SWEEPS):
        Picture.objects.filter(known_to=None).update(contested=~F("contested"))
        add_up_flows()
        # What comes by itself in a service. A session knows what is dead by itself, but not while a long test runs
        # in another database.
        added.connection.execute("VACUUM shipments_flowtotal, shipments_flowdue")
    many, after = pages()
    assert after.flows == before.flows
    assert FlowTotal.objects.count() > 30
    assert many <= few * GROWTH, (few, many)
