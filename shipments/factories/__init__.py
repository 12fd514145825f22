"""Rows of this app, made one at a time, for tests and for the generator of data.

Evidence is made in forms that the service itself would record: a report's hash and reference are
worked out from its content, a correction has its target, a decision its report.
"""

from shipments.factories.drafts import FactDraftFactory, OccurredFactory, ReportDraftFactory
from shipments.factories.evidence import (
    AttachmentFactory,
    DecisionFactory,
    DocumentFactory,
    ReportFactory,
    ReportLinkFactory,
    ReportPayloadFactory,
)
from shipments.factories.picture import ConflictFactory, FindingFactory, PictureFactory
from shipments.factories.queue import DueFactory, IdempotentRequestFactory, OutboxEventFactory
from shipments.factories.subjects import (
    AppealFactory,
    ContactFactory,
    CrisisFactory,
    InquiryFactory,
    LedgerEntryFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ReceiptFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
)
from shipments.factories.vocabulary import (
    AttributeFactory,
    CodeMappingFactory,
    ContainmentFactory,
    PolicyVersionFactory,
)
from shipments.factories.webhooks import (
    DeliveryAttemptFactory,
    DeliveryFactory,
    SubscriptionFactory,
    SubscriptionSecretFactory,
)

__all__ = [
    "AppealFactory",
    "AttachmentFactory",
    "AttributeFactory",
    "CodeMappingFactory",
    "ConflictFactory",
    "ContactFactory",
    "ContainmentFactory",
    "CrisisFactory",
    "DecisionFactory",
    "DeliveryAttemptFactory",
    "DeliveryFactory",
    "DocumentFactory",
    "DueFactory",
    "FactDraftFactory",
    "FindingFactory",
    "IdempotentRequestFactory",
    "InquiryFactory",
    "LedgerEntryFactory",
    "LegFactory",
    "LineFactory",
    "OccurredFactory",
    "OfferFactory",
    "OfferLineFactory",
    "OutboxEventFactory",
    "PictureFactory",
    "PlaceFactory",
    "PolicyVersionFactory",
    "ReadingGrantFactory",
    "ReceiptFactory",
    "ReportDraftFactory",
    "ReportFactory",
    "ReportLinkFactory",
    "ReportPayloadFactory",
    "ShipmentFactory",
    "ShipmentPartyFactory",
    "SubjectIdentifierFactory",
    "SubscriptionFactory",
    "SubscriptionSecretFactory",
]
