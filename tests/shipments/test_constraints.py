"""What must never be false of subjects, evidence, queue and picture is refused by the database itself."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db.models import F
from factory.django import DjangoModelFactory

from actors.factories import NOON, ActorFactory, UserFactory
from shipments.factories import (
    AppealFactory,
    AttachmentFactory,
    CodeMappingFactory,
    ConflictFactory,
    ContainmentFactory,
    CrisisFactory,
    DecisionFactory,
    DeliveryAttemptFactory,
    DeliveryFactory,
    DocumentFactory,
    DueFactory,
    FindingFactory,
    IdempotentRequestFactory,
    LedgerEntryFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    OutboxEventFactory,
    PictureFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ReceiptFactory,
    ReportFactory,
    ReportLinkFactory,
    ReportPayloadFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
    SubscriptionFactory,
    SubscriptionSecretFactory,
)
from shipments.models import FlowShare, FlowTotal, Place, Shipment, Subject
from tests.constraints import Offence, Offences, assert_bites, cases, named_constraints

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)
# A claim is three columns, all filled or all empty.
CLAIM = {"claim_token": uuid4(), "leased_until": NOON, "claimed_generation": 1}


def twice(factory: type[DjangoModelFactory], *same: str, **given: object) -> Offence:
    """Make a row, then another that shares the columns ``same`` with it."""

    def offence() -> None:
        first = factory(**given)
        factory(**given, **{name: getattr(first, name) for name in same})

    return offence


def _say_twice() -> None:
    first = ReportFactory()
    same = {name: getattr(first, name) for name in ("source", "event_id", "content_hash", "ordinal")}
    ReportFactory(**same, reference="RPT-ANOTHER")


def _document_twice_of_one_sender() -> None:
    first = DocumentFactory(sender=ActorFactory())
    DocumentFactory(source=first.source, key=first.key, sender=first.sender)


def _picture_twice_from_one_moment() -> None:
    first = PictureFactory(known_to=LATER)
    PictureFactory(subject=first.subject, known_from=first.known_from)


def _picture_twice_current() -> None:
    first = PictureFactory()
    PictureFactory(subject=first.subject, known_from=LATER)


def _offer_to_its_donor() -> None:
    donor = ActorFactory()
    OfferFactory(donor=donor, recipient=donor)


def _appeal_to_its_maker() -> None:
    maker = ActorFactory()
    AppealFactory(requester=maker, addressee=maker)


def _leg_to_where_it_began() -> None:
    place = PlaceFactory()
    LegFactory(origin=place, destination=place)


OFFENCES: Offences = {
    # places
    "place_country_is_iso_3166": [
        lambda: PlaceFactory(code="nowhere", country="Kp"),
        lambda: PlaceFactory(code="nowhere", country=""),
    ],
    "place_unlocode_is_well_formed": [
        lambda: PlaceFactory(code="nowhere", unlocode="KP FN"),
        lambda: PlaceFactory(code="nowhere", unlocode="KPFN1"),
    ],
    "place_latitude_is_on_earth": [
        lambda: PlaceFactory(code="nowhere", latitude=91),
        lambda: PlaceFactory(code="nowhere", latitude=-91),
    ],
    "place_longitude_is_on_earth": [
        lambda: PlaceFactory(code="nowhere", longitude=181),
        lambda: PlaceFactory(code="nowhere", longitude=-181),
    ],
    "place_is_not_merged_into_itself": [
        lambda: Place.objects.filter(pk=PlaceFactory().pk).update(merged_into=F("pk")),
    ],
    # what partners entered
    "ledger_entry_is_made_once": [twice(LedgerEntryFactory, "source", "kind", "external_id")],
    "ledger_entry_is_of_its_kind": [
        lambda: LedgerEntryFactory(subject=None),
        lambda: LedgerEntryFactory(kind="actor"),
        lambda: LedgerEntryFactory(actor=ActorFactory()),
        lambda: LedgerEntryFactory(kind="place", actor=ActorFactory(), subject=None),
        lambda: LedgerEntryFactory(kind="crisis"),
    ],
    # subjects
    "subject_kind_is_one_of_six": [lambda: Subject.objects.filter(pk=ShipmentFactory().pk).update(kind="parcel")],
    "subject_is_not_merged_into_itself": [
        lambda: Subject.objects.filter(pk=ShipmentFactory().pk).update(merged_into=F("pk")),
    ],
    "subject_identifier_names_one_subject": [twice(SubjectIdentifierFactory, "scheme", "value")],
    "reading_grant_names_one_reader": [
        lambda: ReadingGrantFactory(actor=None),
        lambda: ReadingGrantFactory(user=UserFactory()),
    ],
    "crisis_glide_is_well_formed": [
        lambda: CrisisFactory(glide="EP-2022-123-PRK"),
        lambda: CrisisFactory(glide="EP-2022-000123"),
    ],
    "crisis_glide_names_one_crisis": [twice(CrisisFactory, "glide")],
    "appeal_is_not_addressed_to_its_maker": [_appeal_to_its_maker],
    "offer_is_not_to_its_donor": [_offer_to_its_donor],
    "offerline_quantity_is_not_negative": [
        lambda: OfferLineFactory(quantity_low=-1),
        lambda: OfferLineFactory(quantity_low=None, quantity_high=-1),
    ],
    "offerline_quantity_low_is_not_above_high": [lambda: OfferLineFactory(quantity_low=2, quantity_high=1)],
    "offerline_key_is_used_once": [twice(OfferLineFactory, "offer", "key")],
    "offerline_amount_has_a_currency": [
        lambda: OfferLineFactory(amount=Decimal("9.50")),
        lambda: OfferLineFactory(currency="USD"),
        lambda: OfferLineFactory(amount=-1, currency="USD"),
        lambda: OfferLineFactory(amount=1, currency="usd"),
    ],
    "shipment_is_not_its_own_parent": [
        lambda: Shipment.objects.filter(pk=ShipmentFactory().pk).update(parent=F("subject")),
    ],
    "shipment_party_has_a_role_once": [twice(ShipmentPartyFactory, "shipment", "actor", "role")],
    "leg_key_is_used_once": [twice(LegFactory, "shipment", "key")],
    "leg_goes_somewhere": [_leg_to_where_it_began],
    "leg_is_not_planned_to_arrive_before_it_departs": [
        lambda: LegFactory(planned_departure=LATER, planned_arrival=NOON),
    ],
    "line_quantity_is_not_negative": [
        lambda: LineFactory(quantity_low=-1),
        lambda: LineFactory(quantity_low=None, quantity_high=-1),
    ],
    "line_quantity_low_is_not_above_high": [lambda: LineFactory(quantity_low=2, quantity_high=1)],
    "line_key_is_used_once": [twice(LineFactory, "shipment", "key")],
    "receipt_is_counted_once": [twice(ReceiptFactory, "line", "report")],
    "receipt_quantities_are_not_negative": [
        lambda: ReceiptFactory(accepted=-1),
        lambda: ReceiptFactory(rejected=-1, rejection_reason="counted twice"),
    ],
    "receipt_rejection_has_a_reason": [lambda: ReceiptFactory(accepted=8, rejected=1)],
    # evidence
    "document_is_kept_once": [
        twice(DocumentFactory, "source", "key"),
        _document_twice_of_one_sender,
    ],
    "document_url_is_of_the_web": [lambda: DocumentFactory(url="javascript:alert(1)")],
    "report_is_said_once": [_say_twice],
    "report_occurred_from_is_not_after_to": [
        lambda: ReportFactory(occurred_from=LATER, occurred_to=NOON),
        lambda: ReportFactory(occurred_from=None, occurred_to=NOON, content_hash=b"half"),
        lambda: ReportFactory(occurred_from=NOON, occurred_to=None, content_hash=b"half"),
    ],
    "report_unknown_code_has_no_milestone": [
        lambda: ReportFactory(code_is_known=False),
        lambda: ReportFactory(code_is_known=False, milestone=""),
    ],
    "report_credibility_is_admiralty": [lambda: ReportFactory(credibility=0), lambda: ReportFactory(credibility=7)],
    "report_payload_is_erased_with_a_reason": [
        lambda: ReportPayloadFactory(erased_at=NOON, erased_because="asked by the source"),
        lambda: ReportPayloadFactory(erased_at=NOON, erased_because="asked by the source", quote=""),
        lambda: ReportPayloadFactory(erased_at=NOON, erased_because="", quote="", raw=None),
    ],
    "report_link_is_drawn_once": [
        twice(ReportLinkFactory, "report", target=None),
        twice(ReportLinkFactory, "report", "target_source"),
    ],
    "report_link_event_has_a_source": [lambda: ReportLinkFactory(target=None, target_event_id="evt-1")],
    "report_link_points_one_way": [lambda: ReportLinkFactory(target_report=ReportFactory())],
    "report_link_only_cites_whole_sources": [lambda: ReportLinkFactory(kind="retracts")],
    "attachment_has_a_reason": [lambda: AttachmentFactory(reason="")],
    "attachment_is_recorded_once": [twice(AttachmentFactory, "report", "recorded_at")],
    "decision_has_a_reason": [lambda: DecisionFactory(reason="")],
    # vocabularies
    "containment_is_listed_once": [twice(ContainmentFactory, "attribute", "coarser", "finer")],
    "containment_is_between_two": [lambda: ContainmentFactory(coarser="masks", finer="masks")],
    "code_mapping_is_recorded_once": [twice(CodeMappingFactory, "scheme", "code", "recorded_at")],
    "code_mapping_means_something": [lambda: CodeMappingFactory(milestone="", flag="")],
    # picture
    "picture_is_known_for_a_while": [lambda: PictureFactory(known_to=NOON)],
    "picture_begins_once": [_picture_twice_from_one_moment],
    "picture_is_current_once": [_picture_twice_current],
    "finding_is_known_for_a_while": [lambda: FindingFactory(known_to=NOON)],
    "finding_begins_once": [twice(FindingFactory, "subject")],
    "conflict_is_known_for_a_while": [lambda: ConflictFactory(known_to=NOON)],
    "conflict_begins_once": [twice(ConflictFactory, "subject", "stable_id")],
    # flows
    "flow_share_is_for_somebody": [
        lambda: FlowShare.objects.create(
            subject_id=uuid4(), total=FlowTotal.objects.create(pk=uuid4(), donors=[]), least=2, above=2, sums="{}"
        )
    ],
    # queue
    "due_claim_is_not_ahead": [lambda: DueFactory(**CLAIM | {"claimed_generation": 2})],
    "due_claim_is_whole": [lambda missing=missing: DueFactory(**CLAIM | {missing: None}) for missing in CLAIM],
    "outbox_sequence_is_given_once": [twice(OutboxEventFactory, marking=1, sequence=1)],
    "idempotent_request_is_kept_once": [twice(IdempotentRequestFactory, "partner_key", "key")],
    # webhooks
    "subscription_is_disabled_for_a_reason": [
        lambda: SubscriptionFactory(disabled_at=NOON),
        lambda: SubscriptionFactory(disabled_reason="gone"),
    ],
    "subscription_asks_for_what_there_is": [
        lambda: SubscriptionFactory(event_types=[]),
        lambda: SubscriptionFactory(event_types=["picture.changed", "picture.corrected"]),
    ],
    "subscription_url_is_http": [lambda: SubscriptionFactory(url="file:///etc/passwd")],
    "subscription_secret_is_current_once": [twice(SubscriptionSecretFactory, "subscription")],
    "delivery_is_made_once": [lambda: twice(DeliveryFactory, "subscription", event_uid=uuid4())()],
    "delivery_claim_is_whole": [
        lambda: DeliveryFactory(claim_token=uuid4()),
        lambda: DeliveryFactory(leased_until=NOON),
    ],
    "delivery_is_finished_when_it_is_not_pending": [
        lambda: DeliveryFactory(state="delivered"),
        lambda: DeliveryFactory(finished_at=NOON),
        lambda: DeliveryFactory(state="failed", finished_at=NOON, claim_token=uuid4(), leased_until=NOON),
    ],
    "delivery_attempt_is_numbered_once": [twice(DeliveryAttemptFactory, "delivery", number=1)],
    "delivery_attempt_has_an_outcome": [lambda: DeliveryAttemptFactory(status=None)],
}


def test_every_named_constraint_is_tested() -> None:
    assert named_constraints("shipments") == OFFENCES.keys()


@pytest.mark.parametrize(("constraint", "offence"), cases(OFFENCES))
def test_constraint_bites(constraint: str, offence: Offence) -> None:
    assert_bites(constraint, offence)
