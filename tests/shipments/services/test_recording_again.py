"""What was stored before is not stored once more, however many are sent again at once."""

import pytest
from msgspec.structs import replace

from actors.factories import PartnerKeyFactory, SourceFactory
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import OutboxEvent, Report
from shipments.services import inserting, recording
from shipments.services.inserting import FEW
from shipments.services.recording import Sender, record

pytestmark = pytest.mark.django_db


def test_many_that_are_there_are_found_before_they_are_stored(monkeypatch):
    one = ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject=ShipmentFactory().reference)
    drafts = [replace(one, event_id=f"evt-{n}") for n in range(FEW + 4)]
    record(drafts[:-2], sender=Sender())
    monkeypatch.delattr(inserting, "_insert_staged")

    results = [outcome.result for outcome in record(drafts, sender=Sender())]
    assert results == [*["duplicate"] * (len(drafts) - 2), *["accepted"] * 2]
    # Nor is what another one may read stored once more where they pass it on.
    relay = PartnerKeyFactory(scopes=["reports:write", "reports:relay"])
    assert {outcome.result for outcome in record(drafts, sender=Sender(key=relay))} == {"duplicate"}


@pytest.mark.parametrize("few", [4, 16])
def test_what_somebody_else_stored_meanwhile_is_a_duplicate_and_the_rest_is_stored(monkeypatch, few):
    monkeypatch.setattr(inserting, "FEW", few)
    monkeypatch.setattr(recording, "FEW", few)
    one = ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject=ShipmentFactory().reference)
    drafts = [replace(one, event_id=f"evt-{n}") for n in range(10)]
    record(drafts[3:5], sender=Sender())
    # Looked for a moment before.
    monkeypatch.setattr("shipments.services.recording._there", lambda rows: {})

    results = [outcome.result for outcome in record(drafts, sender=Sender())]

    assert results == [*["accepted"] * 3, *["duplicate"] * 2, *["accepted"] * 5]
    assert Report.objects.count() == OutboxEvent.objects.count() == 10
