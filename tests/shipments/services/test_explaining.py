"""Every claim is told: what became of it, and by how much; to each reader only what is theirs."""

import pytest

from actors.access import Reader
from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory
from actors.marking import Marking
from shipments.factories import OccurredFactory, ReportDraftFactory
from shipments.intake.draft import Pointer
from shipments.models import Shipment
from shipments.services.explaining import explain, picture_for, reads_beyond_tier
from shipments.services.recording import Sender, record
from tests.shipments.services.conftest import hours

pytestmark = pytest.mark.django_db
ANALYST = Reader(clearance=Marking.AMBER)


def fates(claims):
    return {claim.source: claim.fate for claim in claims}


def test_every_claim_has_a_fate_a_weight_and_its_origins(say, shipment):
    say("delivered", 60, by="wire", grade="B")
    say("delivered", 60, by="paper", grade="C", cites=(Pointer(source="wire"),))
    say("lost", 60, by="blog", grade="D")

    claims = explain(shipment, ANALYST)

    assert fates(claims) == {"wire": "used", "paper": "echo", "blog": "outweighed"}
    by_source = {claim.source: claim for claim in claims}
    assert by_source["wire"].weight == 1735
    assert by_source["paper"].origins == ("wire",)
    assert by_source["blog"].short_by > 0


def test_one_attribute_can_be_asked_for(say, shipment):
    say("departed", 24)
    say("arrived", 30)

    assert {claim.about for claim in explain(shipment, ANALYST, attribute="arrived")} == {"milestone:arrived"}


def test_a_moment_before_a_report_does_not_know_it(say, shipment):
    say("departed", 24)
    say("arrived", 30)

    assert {claim.about for claim in explain(shipment, ANALYST, known_at=hours(29))} == {"milestone:departed"}


def test_a_reader_is_told_nothing_of_what_they_may_not_see(say, shipment):
    say("departed", 24)
    say("arrived", 30, marking="AMBER")

    assert len(explain(shipment, Reader(clearance=Marking.GREEN))) == 1
    assert len(explain(shipment, ANALYST)) == 2


def test_a_partner_reads_a_picture_with_its_own_restricted_reports_in_it(say, shipment):
    say("departed", 24)
    actor = ActorFactory()
    source = SourceFactory(code="carrier", actor=actor)
    key = PartnerKeyFactory(actor=actor, source=source, scopes=["reports:write"], clearance=Marking.GREEN)
    at = OccurredFactory(earliest=hours(30))
    mine = ReportDraftFactory(source="carrier", subject=shipment.reference, code="arrived", occurred=at, marking="RED")
    record([mine], sender=Sender(key=key))
    me, stranger = Reader.of_key(key), Reader(clearance=Marking.GREEN)

    assert reads_beyond_tier(shipment, me)
    assert not reads_beyond_tier(shipment, stranger)
    assert picture_for(shipment, me).leading == "arrived"
    assert picture_for(shipment, stranger).leading == "departed"


def test_a_grant_on_a_subject_above_ones_clearance_needs_a_fold_whatever_its_reports_are_marked(say, shipment):
    say("departed", 24)
    Shipment.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    shipment.refresh_from_db()

    assert reads_beyond_tier(shipment, Reader(clearance=Marking.GREEN))
    assert not reads_beyond_tier(shipment, ANALYST)
