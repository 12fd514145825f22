"""What drafts speak of is found as far as their sender may see it; each query is built once for all alike."""

import pytest
from msgspec.structs import replace

from actors.access import Reader
from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory
from actors.marking import Marking
from shipments.factories import (
    AttributeFactory,
    CodeMappingFactory,
    LedgerEntryFactory,
    LegFactory,
    OfferFactory,
    ReportDraftFactory,
    ShipmentFactory,
    SubjectIdentifierFactory,
)
from shipments.intake.draft import FactDraft, Pointer
from shipments.services.looking_up import look_up
from shipments.services.recording import Sender, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner():
    actor = ActorFactory()
    source = SourceFactory(code="lss", actor=actor)
    return PartnerKeyFactory(actor=actor, source=source, scopes=["reports:write"], clearance=Marking.GREEN)


def test_a_held_report_is_found_by_those_cleared_for_it_whoever_looked_before():
    held = ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject="SHP-00000000")
    assert [each.result for each in record([held], sender=Sender())] == ["held"]
    target = Pointer(source="yonhap", event_id=held.event_id)
    retraction = replace(held, kind="retract", code="", event_id="evt-r", target=target)
    partner = ActorFactory().pk
    for clearance, found in ((Marking.GREEN, False), (Marking.AMBER, True), (Marking.CLEAR, False)):
        reader = Reader(clearance=clearance, actor_id=partner)
        assert (target in look_up([retraction], reader).targets) == found


def test_what_only_some_reports_name_is_looked_up_by_the_same_statement(partner, django_assert_num_queries):
    CodeMappingFactory(scheme="theirs", code="TOFF", milestone="departed")
    named, entered, identified = (LegFactory(key="out").shipment for _ in range(3))
    LedgerEntryFactory(partner_key=partner, source=partner.source, external_id="no:7", subject=entered)
    SubjectIdentifierFactory(subject=identified, scheme="case:dprk", value="flight-1")
    remark = FactDraft(attribute=AttributeFactory().name, value={"text": "All is well."})
    names = {named.reference: named, "lss:no:7": entered, "case:dprk:flight-1": identified}
    drafts = [ReportDraftFactory(source="lss", subject=name, leg="out") for name in names]
    drafts.append(ReportDraftFactory(source="lss", subject="lss:no:7", code="TOFF", code_scheme="theirs"))
    drafts.append(ReportDraftFactory(source="lss", subject=named.reference, facts=(remark,)))

    with django_assert_num_queries(2):  # one looks up, one stores
        outcomes = record(drafts, sender=Sender(key=partner))

    assert [each.result for each in outcomes] == ["accepted"] * 5
    found = look_up(drafts, Reader.of_key(partner))
    assert {name: row.pk for name, row in found.subjects.items()} == {name: row.pk for name, row in names.items()}
    assert found.legs.keys() == {(row.pk, "out") for row in names.values()}
    assert found.mappings["theirs", "TOFF"].milestone == "departed"


def test_a_leg_is_found_of_what_the_named_shipment_was_merged_into(partner):
    survivor = LegFactory(key="out").shipment
    merged = ShipmentFactory(merged_into=survivor)
    draft = ReportDraftFactory(source="lss", subject=merged.reference, leg="out")
    assert [each.result for each in record([draft], sender=Sender(key=partner))] == ["accepted"]


@pytest.mark.parametrize("entered", [False, True])
def test_a_hidden_subject_is_found_by_none_of_its_names(partner, entered):
    hidden = ShipmentFactory(marking=Marking.AMBER)
    SubjectIdentifierFactory(subject=hidden, scheme="case", value="1")
    somebody = {} if entered else {"partner_key": partner, "source": partner.source}
    entry = LedgerEntryFactory(subject=hidden, external_id="7", **somebody)
    names = {hidden.reference, "case:1", f"{entry.source.code}:7"}
    drafts = [ReportDraftFactory(source="lss", subject=name, leg="out") for name in names]
    assert look_up(drafts, Reader.of_key(partner)).subjects == {}


def test_a_name_of_ones_own_that_two_things_have_leads_to_neither(partner):
    both = {"partner_key": partner, "source": partner.source, "external_id": "7"}
    LedgerEntryFactory(**both)
    LedgerEntryFactory(**both, kind="offer", subject=OfferFactory())
    draft = ReportDraftFactory(source="lss", subject="lss:7")
    assert look_up([draft], Reader.of_key(partner)).subjects == {}
