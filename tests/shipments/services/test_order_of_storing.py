"""Reports are stored in one order, whichever way they go, so that no two who store them wait in a circle."""

from itertools import groupby
from operator import itemgetter

import pytest
from django.db import connection
from msgspec.structs import replace

from actors.factories import SourceFactory
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import Report
from shipments.services import inserting, recording
from shipments.services.recording import Sender, record

# In the order of their code points, which no language has.
EVENTS = ["", "", "10", "9", "A", "B", "a", "b", "É", "é", "𝒶"]


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["few", "many", "staged"])
def test_reports_are_stored_by_event_and_reference_whichever_way_they_go(way, monkeypatch):
    draft = ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject=ShipmentFactory().reference)
    drafts = [replace(draft, event_id=event, place=f"P{n}") for n, event in enumerate(reversed(EVENTS))]
    if way != "few":
        for module in (inserting, recording):
            monkeypatch.setattr(module, "FEW", 1)
    if way == "staged":
        # Somebody stored the last of all a moment after it was looked for.
        (there,) = record(drafts[:1], sender=Sender())
        monkeypatch.setattr(recording, "_there", lambda rows: {})

    record(drafts, sender=Sender())

    with connection.cursor() as cursor:
        cursor.execute("SELECT (ctid::text::point)[0], event_id, reference FROM shipments_report ORDER BY ctid")
        rows = [row for row in cursor.fetchall() if way != "staged" or row[2] != there.reference]
    # One page after another is filled, and which has room is left from tests before this one.
    pages = sorted([row[1:] for row in page] for _, page in groupby(rows, key=itemgetter(0)))
    stored = [row for page in pages for row in page]
    assert [event for event, _ in stored] == EVENTS[: -1 if way == "staged" else None]
    assert stored == sorted(stored)
    assert Report.objects.count() == len(EVENTS)
