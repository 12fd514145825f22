from shipments.models.diplomacy import Appeal, Contact, Inquiry, Offer, OfferLine
from shipments.models.entries import LedgerEntry
from shipments.models.evidence import Document, Report, ReportPayload
from shipments.models.flows import FlowDue, FlowShare, FlowTotal
from shipments.models.links import Attachment, Decision, ReportLink
from shipments.models.picture import Conflict, Finding, Picture
from shipments.models.places import Place
from shipments.models.queue import Due, IdempotentRequest, OutboxEvent
from shipments.models.shipment import Leg, Line, Receipt, Shipment, ShipmentParty
from shipments.models.subject import Crisis, ReadingGrant, Subject, SubjectIdentifier
from shipments.models.vocabulary import Attribute, CodeMapping, Containment, PolicyVersion
from shipments.models.webhooks import Delivery, DeliveryAttempt, EventType, Subscription, SubscriptionSecret

__all__ = [
    "Appeal",
    "Attachment",
    "Attribute",
    "CodeMapping",
    "Conflict",
    "Contact",
    "Containment",
    "Crisis",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "Document",
    "Due",
    "EventType",
    "Finding",
    "FlowDue",
    "FlowShare",
    "FlowTotal",
    "IdempotentRequest",
    "Inquiry",
    "LedgerEntry",
    "Leg",
    "Line",
    "Offer",
    "OfferLine",
    "OutboxEvent",
    "Picture",
    "Place",
    "PolicyVersion",
    "ReadingGrant",
    "Receipt",
    "Report",
    "ReportLink",
    "ReportPayload",
    "Shipment",
    "ShipmentParty",
    "Subject",
    "SubjectIdentifier",
    "Subscription",
    "SubscriptionSecret",
]
