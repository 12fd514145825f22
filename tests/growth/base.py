"""A base with every kind of subject, made by the services and factories and then copied in the database.

sixty stories and as many of each other kind ── once ──> copies ──> 240, then 2,400 of each
one of each kind that nothing else is like ── never copied: what a rare filter finds
"""

from datetime import timedelta
from typing import Any

import psycopg

from actors.factories import NOON, ActorFactory, SourceFactory, StateFactory
from actors.models import Actor, PartnerKey, Source
from shipments.factories import (
    AppealFactory,
    ConflictFactory,
    ContactFactory,
    CrisisFactory,
    DeliveryFactory,
    DocumentFactory,
    FindingFactory,
    InquiryFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    PictureFactory,
    PlaceFactory,
    ReportFactory,
    ReportPayloadFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
    SubscriptionFactory,
)
from shipments.models import Subject
from tests.bench.base import COPIED, KEY, NUMBER, REFERENCE, SUFFIX, Base

STORIES, OUTLET = 60, "news-of-all"
SIZES = (240, 2400)
BESIDE: dict[str, tuple[str, dict[str, str]]] = {
    "shipments_offer": ("subject_id", {"subject_id": KEY, "answers_id": KEY}),
    "shipments_offerline": ("offer_id", {"id": NUMBER, "offer_id": KEY}),
    "shipments_appeal": ("subject_id", {"subject_id": KEY}),
    "shipments_contact": ("subject_id", {"subject_id": KEY}),
    "shipments_contact_participants": ("contact_id", {"id": NUMBER, "contact_id": KEY}),
    "shipments_inquiry": ("subject_id", {"subject_id": KEY}),
    "shipments_crisis": ("subject_id", {"subject_id": KEY}),
    "shipments_document": ("id", {"id": KEY, "reference": REFERENCE, "key": SUFFIX}),
    "shipments_outboxevent": ("subject_id", {"id": NUMBER, "uid": KEY, "subject_id": KEY, "sequence": NUMBER}),
    "shipments_delivery": ("subject_id", {"id": KEY, "webhook_id": SUFFIX, "event_uid": KEY, "subject_id": KEY}),
}
# What appeals and offers tell of themselves: that they were made, on a day.
MADE = {
    "milestone": "made",
    "leg": None,
    "state": "single_source",
    "confidence": 850,
    "margin": 1735,
    "place": None,
    "origins": ["outlet-0"],
    "unresolved": 0,
    "because": [],
    "stands_for": None,
    "at": {"from": "2022-05-10T00:00:00+00:00", "to": "2022-05-10T23:59:59.999999+00:00", "precision": "day"},
}
# Registers grow with the number of those who take part, not with what is said and moved.
GROWING = COPIED.keys() | BESIDE.keys()


def make(key: PartnerKey) -> Base:
    """The first rows of everything."""
    base = Base(stories=STORIES)
    donor, recipient, asker = StateFactory(name="Donoria"), StateFactory(name="Recipientia"), ActorFactory()
    subscription, outlet = SubscriptionFactory(key=key), SourceFactory(code=OUTLET)
    crises = CrisisFactory.create_batch(STORIES, glide="", title="Common flood")
    subjects: list[Subject] = [*crises]
    for _ in range(STORIES):
        appeal = AppealFactory(requester=recipient, addressee=donor, title="Common request", crisis=crises[0])
        offer = OfferFactory(donor=donor, recipient=recipient, answers=appeal, title="Common gift", crisis=crises[0])
        OfferLineFactory(offer=offer)
        contact = ContactFactory(participants=[donor, recipient], title="Common call", crisis=crises[0])
        inquiry = InquiryFactory(asked_by=asker, asked=donor, title="Common question", crisis=crises[0])
        subjects += [appeal, offer, contact, inquiry]
        DocumentFactory(source=outlet, title="Common news", received_at=NOON)
    status = dict.fromkeys((Subject.Kind.OFFER, Subject.Kind.APPEAL), "made")
    for subject in subjects:
        known(subject, status.get(subject.kind, ""), outlet)
    base.begin()
    for subject in Subject.objects.exclude(kind=Subject.Kind.CRISIS)[: 2 * STORIES]:
        DeliveryFactory(subscription=subscription, subject=subject, type="picture.changed", state="delivered",
                        told_at=NOON, finished_at=NOON)  # fmt: skip
    return base


def known(subject: Subject, status: str, outlet: Source, **picture: Any) -> None:
    """Two pictures in turn, the second with a finding and a conflict, and a report with its quote."""
    later = NOON + timedelta(days=1)
    picture |= {"timeline": [MADE] if status == "made" else []}
    PictureFactory(subject=subject, status=status, known_to=later, **picture)
    PictureFactory(subject=subject, status=status, version=2, known_from=later, contested=True, **picture)
    FindingFactory(subject=subject)
    ConflictFactory(subject=subject)
    ReportPayloadFactory(report=ReportFactory(subject=subject, source=outlet, milestone=""))


def make_rare() -> dict[str, str]:
    """One subject of each kind and one document that stay alone; what finds them, by the filter's name."""
    actor, other = ActorFactory(name="Lonelyland", kind=Actor.Kind.STATE), ActorFactory(name="Elsewhere")
    outlet = Source.objects.get(code=OUTLET)
    crisis = CrisisFactory(glide="", title="Lonely quake", countries=["VU"])
    place = PlaceFactory(code="LONELY", name="Lonely strip", country="VU")
    appeal = AppealFactory(requester=actor, addressee=other, title="Lonely request", crisis=crisis)
    offer = OfferFactory(donor=actor, recipient=other, answers=appeal, form="technical", crisis=crisis)
    offer_told = OfferFactory(donor=other, recipient=actor, title="Lonely gift", crisis=crisis, form="money")
    OfferLineFactory(offer=offer_told)
    contact = ContactFactory(participants=[actor, other], title="Lonely letter", form="letter", crisis=crisis)
    inquiry = InquiryFactory(asked_by=actor, asked=other, title="Lonely question", crisis=crisis)
    asked = InquiryFactory(asked_by=other, asked=actor, title="Was it so", crisis=crisis)
    told = AppealFactory(requester=other, addressee=actor, title="Please", crisis=crisis)
    shipment = ShipmentFactory(recipient=actor, carrier=actor, offer=offer, destination=place, mode="rail",
                               crisis=crisis, title="Lonely train")  # fmt: skip
    ShipmentPartyFactory(shipment=shipment, actor=actor)
    LegFactory(shipment=shipment, destination=place)
    LineFactory(shipment=shipment, item="Lonely tents")
    SubjectIdentifierFactory(subject=shipment)
    for subject in (crisis, appeal, offer, offer_told, contact, inquiry, asked, told, shipment):
        known(subject, "lost" if subject == shipment else "", outlet, state="retracted")
    report = ReportFactory(subject=shipment, source__code="lonely-source", event_id="lonely-1",
                           milestone="return_started", kind="observe")  # fmt: skip
    DocumentFactory(source=report.source, title="Lonely news", kind="image")
    return {
        **dict.fromkeys(("donor", "recipient", "carrier", "requester", "addressee", "participant", "asked"),
                        actor.reference),
        "asked_by": actor.reference, "crisis": crisis.reference, "offer": offer.reference, "place": "LONELY",
        "answers": appeal.reference, "item": "Lonely", "q": "Lonely", "country": "VU", "mode": "rail",
        "source": "lonely-source", "event_id": "lonely-1", "milestone": "return_started", "status": "lost",
        "subject": shipment.reference, "state": "retracted",
    }  # fmt: skip


def superuser(url: str) -> psycopg.Connection:
    """A connection that may copy."""
    return psycopg.connect(url, autocommit=True)
