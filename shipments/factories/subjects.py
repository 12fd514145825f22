"""What reports are about, and where it goes."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from actors.factories import (
    NOON,
    ActorFactory,
    PartnerKeyFactory,
    StateFactory,
    UserFactory,
    numbered_reference,
)
from actors.models import Actor
from shipments.models import (
    Appeal,
    Contact,
    Crisis,
    Inquiry,
    LedgerEntry,
    Leg,
    Line,
    Offer,
    OfferLine,
    Place,
    ReadingGrant,
    Receipt,
    Shipment,
    ShipmentParty,
    SubjectIdentifier,
)

# Code, name, country, IATA, ICAO, time zone; the code is the one reports use.
AIRPORTS = [
    ("CNSHE", "Shenyang Taoxian", "CN", "SHE", "ZYTX", "Asia/Shanghai"),
    ("KPFNJ", "Pyongyang", "KP", "FNJ", "ZKPY", "Asia/Pyongyang"),
    ("KRICN", "Incheon", "KR", "ICN", "RKSI", "Asia/Seoul"),
    ("AEDXB", "Dubai", "AE", "DXB", "OMDB", "Asia/Dubai"),
    ("KENBO", "Nairobi Jomo Kenyatta", "KE", "NBO", "HKJK", "Africa/Nairobi"),
]


class PlaceFactory(DjangoModelFactory[Place]):
    """An airport. A code that is there already gives that place, as vocabularies may have brought it."""

    class Meta:
        model = Place
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: AIRPORTS[n][0] if n < len(AIRPORTS) else f"airstrip-{n}")
    kind = Place.Kind.AIRPORT
    name = factory.Sequence(lambda n: AIRPORTS[n][1] if n < len(AIRPORTS) else f"Airstrip {n}")
    country = factory.Sequence(lambda n: AIRPORTS[n % len(AIRPORTS)][2])
    iata = factory.Sequence(lambda n: AIRPORTS[n][3] if n < len(AIRPORTS) else "")
    icao = factory.Sequence(lambda n: AIRPORTS[n][4] if n < len(AIRPORTS) else "")
    time_zone = factory.Sequence(lambda n: AIRPORTS[n % len(AIRPORTS)][5])


class CrisisFactory(DjangoModelFactory[Crisis]):
    """An outbreak in one country."""

    class Meta:
        model = Crisis

    reference = factory.Sequence(lambda n: numbered_reference("CRS", n))
    title = "COVID-19 outbreak in North Korea"
    glide = factory.Sequence(lambda n: f"EP-2022-{n + 123:06d}-PRK")
    countries = factory.LazyFunction(lambda: ["KP"])
    began_on = date(2022, 5, 12)


class AppealFactory(DjangoModelFactory[Appeal]):
    """A state asks another for help."""

    class Meta:
        model = Appeal

    reference = factory.Sequence(lambda n: numbered_reference("APL", n))
    title = "Request for medical supplies"
    requester = factory.SubFactory(StateFactory, name="Democratic People's Republic of Korea", country="KP")
    addressee = factory.SubFactory(StateFactory, name="Russian Federation", country="RU")
    asked_for = "Medicines, masks and test kits"


class OfferFactory(DjangoModelFactory[Offer]):
    """A state offers vaccines to another."""

    class Meta:
        model = Offer

    reference = factory.Sequence(lambda n: numbered_reference("OFR", n))
    title = "Offer of vaccines and medicines"
    donor = factory.SubFactory(StateFactory, name="Republic of Korea", country="KR")
    recipient = factory.SubFactory(StateFactory, name="Democratic People's Republic of Korea", country="KP")
    form = Offer.Form.IN_KIND


class OfferLineFactory(DjangoModelFactory[OfferLine]):
    """Half a million doses."""

    class Meta:
        model = OfferLine

    offer = factory.SubFactory(OfferFactory)
    key = factory.Sequence(lambda n: f"item-{n}")
    item = "COVID-19 vaccine"
    quantity_low = Decimal(500_000)
    quantity_high = Decimal(500_000)
    unit = "doses"
    qualifier = "about"


class ContactFactory(DjangoModelFactory[Contact]):
    """A call between two parties; name them by ``participants=[...]``."""

    class Meta:
        model = Contact
        skip_postgeneration_save = True

    reference = factory.Sequence(lambda n: numbered_reference("CTC", n))
    title = "Call about pandemic relief"
    form = Contact.Form.CALL
    held_on = date(2022, 5, 16)

    @factory.post_generation
    def participants(self: Contact, create: bool, extracted: list[Actor] | None) -> None:
        if create:
            self.participants.set(extracted or StateFactory.create_batch(2))


class InquiryFactory(DjangoModelFactory[Inquiry]):
    """A newspaper asks a ministry whether help was requested."""

    class Meta:
        model = Inquiry

    reference = factory.Sequence(lambda n: numbered_reference("INQ", n))
    title = "Was help requested?"
    asked_by = factory.SubFactory(ActorFactory, kind=Actor.Kind.MEDIA)
    asked = factory.SubFactory(ActorFactory, kind=Actor.Kind.MINISTRY)
    asked_on = date(2022, 5, 16)
    question = "Did the other side ask for vaccines?"


class ShipmentFactory(DjangoModelFactory[Shipment]):
    """A cargo flight to one recipient, with a carrier and no known offer. Legs and lines are separate."""

    class Meta:
        model = Shipment

    reference = factory.Sequence(lambda n: numbered_reference("SHP", n))
    title = factory.Sequence(lambda n: f"Relief flight {n + 1}")
    mode = Shipment.Mode.AIR
    recipient = factory.SubFactory(StateFactory, name="Democratic People's Republic of Korea", country="KP")
    carrier = factory.SubFactory(ActorFactory, kind=Actor.Kind.CARRIER, name="Air Koryo", country="KP")
    destination = factory.SubFactory(PlaceFactory, code="KPFNJ", name="Pyongyang", country="KP")


class ShipmentPartyFactory(DjangoModelFactory[ShipmentParty]):
    """The donor of a shipment."""

    class Meta:
        model = ShipmentParty

    shipment = factory.SubFactory(ShipmentFactory)
    actor = factory.SubFactory(StateFactory)
    role = ShipmentParty.Role.DONOR


class LegFactory(DjangoModelFactory[Leg]):
    """A flight from Shenyang to Pyongyang, planned for two hours from noon."""

    class Meta:
        model = Leg

    shipment = factory.SubFactory(ShipmentFactory)
    key = factory.LazyAttribute(lambda o: f"leg-{o.sequence}")
    sequence = factory.Sequence(lambda n: n % 1000 + 1)
    origin = factory.SubFactory(PlaceFactory, code="CNSHE", name="Shenyang Taoxian", country="CN")
    destination = factory.SubFactory(PlaceFactory, code="KPFNJ", name="Pyongyang", country="KP")
    flight_number = "JS152"
    vehicle = "Il-76"
    planned_departure = NOON
    planned_arrival = factory.LazyAttribute(lambda o: o.planned_departure + timedelta(hours=2))


class LineFactory(DjangoModelFactory[Line]):
    """Nine tonnes of medicines, by the manifest."""

    class Meta:
        model = Line

    shipment = factory.SubFactory(ShipmentFactory)
    key = factory.Sequence(lambda n: f"item-{n}")
    item = "Antibiotics and antipyretics"
    category = "medicines"
    quantity_low = Decimal(9)
    quantity_high = Decimal(9)
    unit = "TNE"
    qualifier = "exact"
    basis = "manifest"


class ReceiptFactory(DjangoModelFactory[Receipt]):
    """The consignee counted a line and took all of it."""

    class Meta:
        model = Receipt

    line = factory.SubFactory(LineFactory)
    report = factory.SubFactory(
        "shipments.factories.evidence.ReportFactory",
        subject=factory.SelfAttribute("..line.shipment"),
        milestone="received",
    )
    received_on = NOON.date()
    accepted = Decimal(9)


class SubjectIdentifierFactory(DjangoModelFactory[SubjectIdentifier]):
    """An air waybill; its last digit is the first seven modulo 7."""

    class Meta:
        model = SubjectIdentifier

    subject = factory.SubFactory(ShipmentFactory)
    scheme = "air-waybill"
    value = factory.Sequence(lambda n: air_waybill("120", 1_234_567 + n))


class ReadingGrantFactory(DjangoModelFactory[ReadingGrant]):
    """One organisation may read one subject up to AMBER."""

    class Meta:
        model = ReadingGrant

    subject = factory.SubFactory(ShipmentFactory)
    actor = factory.SubFactory(ActorFactory)
    marking = 2
    granted_by = factory.SubFactory(UserFactory)
    reason = "They run the airport and asked for the manifest."


def air_waybill(prefix: str, serial: int) -> str:
    """An air waybill's number: the carrier's prefix, seven digits and their remainder by 7 (IATA Resolution 600a)."""
    return f"{prefix}-{serial:07d}{serial % 7}"


class LedgerEntryFactory(DjangoModelFactory[LedgerEntry]):
    """A shipment that a partner entered."""

    class Meta:
        model = LedgerEntry

    partner_key = factory.SubFactory(PartnerKeyFactory)
    source = factory.SelfAttribute("partner_key.source")
    kind = LedgerEntry.Kind.SHIPMENT
    external_id = factory.Sequence(lambda n: f"S-{n}")
    subject = factory.SubFactory(ShipmentFactory, provisional=True)
    said = factory.LazyAttribute(lambda entry: {"external_id": entry.external_id})
    fingerprint = hashlib.sha256(b"{}").digest()
