"""What the plan of each kind of subject tells, and in which tables and columns it is.

Columns with keys hold what is named in passing (see shipments.api.named).
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Case, F, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.functions import NullIf

from actors.access import Reader
from actors.models import Actor
from actors.services.entered import external_ids
from actors.services.passing import WrittenList, WrittenObject, digits, moment
from shipments.api.beside import AsRead, Beside, FirstOf
from shipments.api.named import key
from shipments.models import Leg, Line, OfferLine, ShipmentParty, Subject, SubjectIdentifier


def every_plan(reader: Reader) -> dict[str, Any]:
    identifiers = SubjectIdentifier.objects.order_by("scheme", "value")
    merged = Subject.objects.visible_to(reader).order_by("pk")
    return {
        "crisis": key("crisis_id"),
        "merged_from": Beside(rows=merged, link="merged_into_id", json=F("reference")),
        "identifiers": Beside(rows=identifiers, link="subject_id", json=WrittenObject(scheme="scheme", value="value")),
    }


def reference_of(reader: Reader, link: str) -> Subquery:
    """The reference of the subject behind ``link``, where the reader may see it."""
    return Subquery(Subject.objects.visible_to(reader).order_by().filter(pk=OuterRef(link)).values("reference"))


def _external_id(reader: Reader) -> FirstOf:
    names = external_ids(Subject, reader)
    return FirstOf(parts=tuple(Beside(rows=rows, link=link, json=F(name), kind=AsRead) for link, rows, name in names))


def said(column: str) -> NullIf:
    """The words of ``column``; null, not empty, where nothing was said."""
    return NullIf(column, Value(""), output_field=TextField())


_ACTOR = WrittenObject(reference="reference", name="name", kind="kind", country=said("country"))
_QUANTITY = Case(
    When(
        ~Q(unit="", quantity_low=None, quantity_high=None),
        then=WrittenObject(
            low=digits("quantity_low"), high=digits("quantity_high"), unit="unit", qualifier="qualifier", basis="basis"
        ),
    )
)


def _shipment(reader: Reader) -> dict[str, Any]:
    parties = ShipmentParty.objects.order_by("role", "pk")
    legs = Leg.objects.order_by("sequence", "key")
    lines = Line.objects.order_by("key")
    party = WrittenObject(role="role", actor="actor_id")
    leg = WrittenObject(
        key="key",
        sequence="sequence",
        role="role",
        origin="origin_id",
        destination="destination_id",
        carrier="carrier_id",
        flight_number=said("flight_number"),
        vehicle=said("vehicle"),
        registration=said("registration"),
        planned_departure=moment("planned_departure"),
        planned_arrival=moment("planned_arrival"),
    )
    line = WrittenObject(
        key="key",
        item="item",
        category=said("category"),
        donor="donor_id",
        lot=said("lot"),
        expires_on="expires_on",
        cold_chain=said("cold_chain"),
        quantity=_QUANTITY,
    )
    return {
        "external_id": _external_id(reader),
        "mode": F("mode"),
        "recipient": key("recipient_id"),
        "carrier": key("carrier_id"),
        "offer": key("offer_id"),
        "parent": key("parent_id"),
        "destination": key("destination_id"),
        "parties": Beside(rows=parties, link="shipment_id", json=party, kind=AsRead),
        "legs": Beside(rows=legs, link="shipment_id", json=leg, kind=AsRead),
        "lines": Beside(rows=lines, link="shipment_id", json=line, kind=AsRead),
    }


def _offer(reader: Reader) -> dict[str, Any]:
    line = WrittenObject(
        key="key",
        item="item",
        category=said("category"),
        quantity=_QUANTITY,
        amount=digits("amount"),
        currency=said("currency"),
    )
    return {
        "external_id": _external_id(reader),
        "donor": key("donor_id"),
        "recipient": key("recipient_id"),
        "form": F("form"),
        "answers": key("answers_id"),
        "conditions": said("conditions"),
        "lines": Beside(rows=OfferLine.objects.order_by("key"), link="offer_id", json=line),
    }


def _appeal(reader: Reader) -> dict[str, Any]:
    return {
        "external_id": _external_id(reader),
        "requester": key("requester_id"),
        "addressee": key("addressee_id"),
        "asked_for": said("asked_for"),
    }


def _contact(reader: Reader) -> dict[str, Any]:
    met = Actor.objects.visible_to(reader).filter(contacts=OuterRef("pk")).order_by("name", "reference")
    return {
        "form": F("form"),
        "held_on": F("held_on"),
        "place": key("place_id"),
        "participants": WrittenList(met.values(json=_ACTOR)),
    }


def _inquiry(reader: Reader) -> dict[str, Any]:
    return {
        "asked_by": key("asked_by_id"),
        "asked": key("asked_id"),
        "asked_on": F("asked_on"),
        "question": F("question"),
    }


def _crisis(reader: Reader) -> dict[str, Any]:
    return {"glide": said("glide"), "countries": F("countries"), "began_on": F("began_on")}


PLANS: dict[str, Callable[[Reader], dict[str, Any]]] = {
    "shipment": _shipment,
    "offer": _offer,
    "appeal": _appeal,
    "contact": _contact,
    "inquiry": _inquiry,
    "crisis": _crisis,
}
