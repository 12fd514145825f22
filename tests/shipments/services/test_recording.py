"""What was said is stored once, whole, and marks its subject due in the same transaction."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from actors.access import Reader
from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.prepared import own_slots
from shipments.factories import (
    CodeMappingFactory,
    DocumentFactory,
    LegFactory,
    OfferFactory,
    ReportDraftFactory,
    ShipmentFactory,
    SubjectIdentifierFactory,
)
from shipments.intake.draft import FactDraft, Pointer
from shipments.models import Due, OutboxEvent, Report, ReportLink, ReportPayload
from shipments.services import inserting, inserting_reports, recording
from shipments.services.flows import rows
from shipments.services.recording import Sender, record

pytestmark = pytest.mark.django_db
CASE = Sender()
T0 = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def shipment():
    return ShipmentFactory()


@pytest.fixture
def draft(shipment):
    return ReportDraftFactory(source=SourceFactory(code="yonhap").code, subject=shipment.reference)


@pytest.fixture
def partner():
    actor = ActorFactory()
    source = SourceFactory(code="wfp-lss", actor=actor)
    return PartnerKeyFactory(actor=actor, source=source, scopes=["reports:write"], clearance=Marking.GREEN)


def test_a_report_is_stored_with_its_due_row_and_its_event(draft, shipment):
    (outcome,) = record([draft], sender=CASE, received_at=T0)

    assert outcome.result == "accepted"
    report = Report.objects.get(reference=outcome.reference)
    assert (report.subject_id, report.milestone, report.received_at) == (shipment.pk, "departed", T0)
    assert Due.objects.get().from_moment == T0
    event = OutboxEvent.objects.get()
    assert event.type == "report.recorded"
    assert event.body == {"report": report.reference, "subject": shipment.reference}


def test_a_key_that_several_documents_have_names_the_senders_own_or_none(draft, partner):
    named = replace(draft, source="wfp-lss", document="release-1")
    for _ in range(2):
        DocumentFactory(key="release-1", url="", sender=ActorFactory())
    (refused,) = record([named], sender=Sender(key=partner))
    assert [(each.pointer, each.code) for each in refused.problems] == [("/document", "not_found")]
    own = DocumentFactory(key="release-1", url="", sender=partner.actor)
    record([named], sender=Sender(key=partner))
    assert Report.objects.get().document == own


def test_the_same_report_again_is_a_duplicate_and_changes_nothing(draft):
    record([draft], sender=CASE)
    Due.objects.all().delete()

    (again,) = record([draft], sender=CASE)

    assert again.result == "duplicate"
    assert again.reference == Report.objects.get().reference
    assert not Due.objects.exists()
    assert OutboxEvent.objects.count() == 1


@pytest.mark.parametrize("build", [recording._stored, inserting_reports.reports_known, rows._said_at])
def test_each_reference_is_looked_up_by_itself(build):
    """What is found by hash is compared once more, of an array with all of it: 80 us each of a thousand, not 2.5."""
    anybody = Reader(clearance=Marking.CLEAR)
    references = "RPT-1,RPT-2" if build is recording._stored else ["RPT-1", "RPT-2"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {build(anybody).text}", {**own_slots(anybody), "references": references})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "unnest" in plan, plan
    assert "reference)::text = ANY" not in plan, plan


def test_one_event_id_with_other_content_is_a_second_report(draft):
    record([draft, replace(draft, code="arrived")], sender=CASE)

    assert Report.objects.count() == 2


def test_twice_in_one_batch_with_an_event_id_is_once(draft):
    first, second = record([draft, draft], sender=CASE)

    assert (first.result, second.result) == ("accepted", "duplicate")
    assert (first.reference, Report.objects.count()) == (second.reference, 1)


def test_identical_rows_without_an_event_id_are_counted_within_a_batch_and_once_over_batches(draft):
    row = replace(draft, event_id="")

    assert [each.result for each in record([row, row], sender=CASE)] == ["accepted", "accepted"]
    assert [each.result for each in record([row, row], sender=CASE)] == ["duplicate", "duplicate"]
    assert sorted(Report.objects.values_list("ordinal", flat=True)) == [0, 1]


def test_an_unknown_subject_is_held_and_marks_nothing_due(draft):
    (outcome,) = record([replace(draft, subject="awb:120-00000000")], sender=CASE)

    assert outcome.result == "held"
    assert Report.objects.held().get().subject_said == "awb:120-00000000"
    assert not Due.objects.exists()


def test_an_unknown_foreign_code_is_held_and_never_guessed(draft):
    (outcome,) = record([replace(draft, code="ZZZ", code_scheme="iata-fsu")], sender=CASE)

    assert outcome.result == "held"
    report = Report.objects.get()
    assert (report.milestone, report.code_said, report.code_scheme) == ("", "ZZZ", "iata-fsu")


def test_a_known_foreign_code_is_mapped_on_arrival_and_kept_as_said(draft):
    CodeMappingFactory(scheme="their-scheme", code="TOFF", milestone="departed")

    (outcome,) = record([replace(draft, code="TOFF", code_scheme="their-scheme")], sender=CASE)

    report = Report.objects.get(reference=outcome.reference)
    assert (outcome.result, report.milestone, report.code_said) == ("accepted", "departed", "TOFF")


def test_an_unknown_leg_of_a_known_shipment_is_held(draft, shipment):
    LegFactory(shipment=shipment, key="back-1")

    known, unknown = record([replace(draft, leg="back-1"), replace(draft, leg="back-9")], sender=CASE)

    assert (known.result, unknown.result) == ("accepted", "held")


def test_a_subject_is_found_by_anybodys_identifier(draft, shipment):
    SubjectIdentifierFactory(subject=shipment, scheme="case:dprk", value="flight-1")

    (outcome,) = record([replace(draft, subject="case:dprk:flight-1")], sender=CASE)

    assert outcome.result == "accepted"


def test_a_merged_subject_leads_to_what_it_became_where_the_sender_may_see_that(draft, shipment, partner):
    middle = ShipmentFactory(merged_into=shipment)
    first = ShipmentFactory(merged_into=middle)
    record([replace(draft, subject=first.reference)], sender=CASE)
    assert Report.objects.get().subject_id == shipment.pk

    secret = ShipmentFactory(marking=Marking.AMBER)
    public = ShipmentFactory(merged_into=secret)
    (outcome,) = record([replace(draft, source="wfp-lss", subject=public.reference)], sender=Sender(key=partner))
    assert outcome.result == "held"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"source": "nobody"}, "/source", "not_found"),
        ({"attributed_to": "nobody"}, "/attributed_to", "not_found"),
        ({"cites": (Pointer(), Pointer(source="nobody"))}, "/cites/1/source", "not_found"),
        ({"document": "DOC-0"}, "/document", "not_found"),
        ({"code": "depated"}, "/code", "unknown_code"),
        ({"facts": (FactDraft(attribute="quantty", value={"text": "x"}),)}, "/facts/0/attribute", "unknown_attribute"),
        ({"facts": (FactDraft(attribute="quantity", value={"text": "x"}),)}, "/facts/0/value", "wrong_type"),
    ],
)
def test_what_cannot_be_found_is_refused_with_its_path(draft, change, pointer, code):
    (outcome,) = record([replace(draft, **change)], sender=CASE)

    assert outcome.result == "refused"
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in outcome.problems]
    assert not Report.objects.exists()


def test_every_problem_of_a_draft_is_told_at_once(draft):
    (outcome,) = record([replace(draft, source="nobody", code="depated", document="DOC-0")], sender=CASE)

    assert {problem.pointer for problem in outcome.problems} == {"/source", "/code", "/document"}
    assert "Did you mean departed?" in " ".join(problem.detail for problem in outcome.problems)


def test_one_bad_draft_does_not_stop_the_others(draft):
    bad, good = record([replace(draft, source="nobody"), draft], sender=CASE)

    assert (bad.result, good.result) == ("refused", "accepted")


def test_a_milestone_of_another_kind_of_subject_is_refused(draft):
    (outcome,) = record([replace(draft, subject=OfferFactory().reference)], sender=CASE)

    assert [problem.code for problem in outcome.problems] == ["unknown_code"]


def test_a_partner_speaks_for_itself_and_relays_only_with_the_scope(draft, partner):
    own = replace(draft, source="wfp-lss")

    assert record([own], sender=Sender(key=partner))[0].result == "accepted"
    (refused,) = record([draft], sender=Sender(key=partner))
    assert [problem.code for problem in refused.problems] == ["insufficient_scope"]
    partner.scopes = [PartnerKey.Scope.REPORTS_WRITE, PartnerKey.Scope.REPORTS_RELAY]
    assert record([draft], sender=Sender(key=partner))[0].result == "accepted"


def test_a_subject_that_the_sender_may_not_see_is_held_like_one_that_does_not_exist(draft, partner):
    hidden = ShipmentFactory(marking=Marking.AMBER)
    drafts = [replace(draft, source="wfp-lss", subject=name) for name in (hidden.reference, "SHP-00000000")]

    outcomes = record(drafts, sender=Sender(key=partner))

    assert [outcome.result for outcome in outcomes] == ["held", "held"]
    assert not Due.objects.exists()


def test_links_and_payload_are_stored_beside_the_report(draft):
    cites = (Pointer(source="yonhap"), Pointer(source="yonhap", event_id="evt-77"), Pointer())
    record([replace(draft, cites=cites, quote="Three aircraft …", language="ko", raw={"a": 1})], sender=CASE)

    links = ReportLink.objects.values_list("target_source__code", "target_event_id")
    assert sorted(links, key=str) == sorted([("yonhap", ""), ("yonhap", "evt-77"), (None, "")], key=str)
    payload = ReportPayload.objects.get()
    assert (payload.quote, payload.raw) == ("Three aircraft …", {"a": 1})
    assert len(bytes(payload.report.payload_hash)) == 32


def test_a_retraction_points_at_what_it_takes_back(draft):
    retraction = replace(
        draft, kind="retract", code="", event_id="evt-2", target=Pointer(source="yonhap", event_id=draft.event_id)
    )
    record([retraction], sender=CASE)

    link = ReportLink.objects.get()
    assert (link.kind, link.target_event_id) == (ReportLink.Kind.RETRACTS, draft.event_id)


def test_a_held_correction_knows_its_target_in_the_same_batch(draft):
    target = Pointer(source="yonhap", event_id=draft.event_id)
    held = replace(draft, kind="correct", subject="SHP-00000000", event_id="evt-2", target=target)

    assert record([draft, held], sender=CASE)[1].unknown == ("subject",)


def test_an_earlier_moment_wins_on_the_due_row(draft):
    record([draft], sender=CASE, received_at=T0)
    record([replace(draft, event_id="evt-late")], sender=CASE, received_at=T0 - timedelta(days=3))

    due = Due.objects.get()
    assert (due.from_moment, due.generation) == (T0 - timedelta(days=3), 2)


def test_a_batch_costs_the_same_queries_as_one(draft):
    def queries(number):
        drafts = [replace(draft, event_id=f"evt-{number}-{n}", quote="…") for n in range(number)]
        with CaptureQueriesContext(connection) as captured:
            record(drafts, sender=CASE)
        return len(captured)

    assert queries(100) == queries(20) <= 8
    assert queries(10) == queries(1) == 2


def test_a_few_that_are_passed_on_cost_no_query_more(draft, partner, django_assert_num_queries):
    partner.scopes = ["reports:write", "reports:relay"]
    drafts = [replace(draft, event_id=f"evt-{n}") for n in range(4)]
    record(drafts[:2], sender=Sender(key=partner))
    with django_assert_num_queries(2):
        outcomes = record(drafts, sender=Sender(key=partner))
    assert [each.result for each in outcomes] == ["duplicate", "duplicate", "accepted", "accepted"]


def test_a_few_are_stored_as_one_is_and_as_many_are(draft, monkeypatch):
    drafts = [
        replace(draft, event_id="evt-a", quote="\\x41 \t‘quoted’", raw={"flight": ["JS", 1, None]}, interested=True),
        replace(draft, event_id="evt-b", cites=(Pointer(source="", event_id=""),), occurred=None, credibility=2),
        replace(draft, event_id="evt-c", place="CNSHE", subject="air-waybill:120-99999992", flags={"delayed": False}),
    ]

    def stored(batches):
        with transaction.atomic():
            for each in batches:
                record(each, sender=CASE, received_at=T0)
            tables = (Report, ReportPayload, ReportLink, Due, OutboxEvent)
            new = {"id", "uid", "report_id", "generation", "created_at", "due_since", "not_before"}
            rows = [
                (table, {k: v for k, v in row.items() if k not in new})
                for table in tables
                for row in table.objects.order_by("pk").values()
            ]
            transaction.set_rollback(True)
        return [
            (table, {k: bytes(v) if isinstance(v, memoryview) else v for k, v in row.items()}) for table, row in rows
        ]

    monthly = [replace(draft, event_id=f"evt-{n}") for n in range(3)]
    one_by_one = stored([[each] for each in drafts + monthly])
    assert stored([drafts + monthly]) == one_by_one
    for module in (inserting, recording):
        monkeypatch.setattr(module, "FEW", 1)
    assert stored([drafts + monthly]) == one_by_one
