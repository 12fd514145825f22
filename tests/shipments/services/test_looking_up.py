"""What drafts speak of is found as far as their sender may see it; each query is built once for all alike."""

import pytest
from msgspec.structs import replace

from actors.access import Reader
from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from shipments.factories import ReportDraftFactory
from shipments.intake.draft import Pointer
from shipments.services.looking_up import look_up
from shipments.services.recording import Sender, record

pytestmark = pytest.mark.django_db


def test_a_held_report_is_found_by_those_cleared_for_it_whoever_looked_before():
    held = ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject="SHP-00000000")
    assert [each.result for each in record([held], sender=Sender())] == ["held"]
    target = Pointer(source="yonhap", event_id=held.event_id)
    retraction = replace(held, kind="retract", code="", event_id="evt-r", target=target)
    partner = ActorFactory().pk
    for clearance, found in ((Marking.GREEN, False), (Marking.AMBER, True), (Marking.CLEAR, False)):
        reader = Reader(clearance=clearance, actor_id=partner)
        assert (target in look_up([retraction], reader).targets) == found
