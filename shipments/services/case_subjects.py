"""Make the subject rows of a case: crises, appeals, offers, shipments with legs and lines, contacts, inquiries."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from actors.marking import Marking
from actors.models import Actor
from shipments.intake import case_forms as forms
from shipments.models import (
    Appeal,
    Contact,
    Crisis,
    Inquiry,
    Leg,
    Line,
    Offer,
    OfferLine,
    Shipment,
    ShipmentParty,
    Subject,
)
from shipments.services.planning import announce_subject


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the names in an entry lead to. The empty name leads to None."""

    actors: Mapping[str, Actor]
    subjects: Mapping[str, Subject]
    places: Mapping[str, UUID]

    def actor(self, code: str) -> Actor | None:
        return self.actors[code] if code else None

    def subject_id(self, key: str) -> UUID | None:
        return self.subjects[key].pk if key else None

    def place_id(self, code: str) -> UUID | None:
        return self.places[code] if code else None


def create_subject(
    entry: forms.Subject, *, actors: Mapping[str, Actor], subjects: Mapping[str, Subject], places: Mapping[str, UUID]
) -> Subject:
    """Insert the subject that ``entry`` describes, with everything that belongs to it."""
    subject = MAKERS[type(entry)](entry, Names(actors=actors, subjects=subjects, places=places))
    announce_subject(subject)
    return subject


def place_fields(entry: forms.Shipment | forms.Contact) -> Iterator[tuple[str, str]]:
    """Every place that an entry names, as (pointer in the entry, code)."""
    if isinstance(entry, forms.Contact):
        named = [("/place", entry.place)]
    else:
        named = [("/destination", entry.destination)]
        named += [(f"/legs/{n}/origin", leg.origin) for n, leg in enumerate(entry.legs)]
        named += [(f"/legs/{n}/destination", leg.destination) for n, leg in enumerate(entry.legs)]
    return ((pointer, code) for pointer, code in named if code)


def _common(entry: Any, names: Names) -> dict[str, Any]:
    return {
        "title": entry.title,
        "marking": Marking.from_code(entry.marking),
        "crisis_id": names.subject_id(getattr(entry, "crisis", "")),
    }


def _crisis(entry: forms.Crisis, names: Names) -> Subject:
    return Crisis.objects.create(
        **_common(entry, names), countries=entry.countries, glide=entry.glide, began_on=entry.began_on
    )


def _appeal(entry: forms.Appeal, names: Names) -> Subject:
    return Appeal.objects.create(
        **_common(entry, names),
        requester=names.actors[entry.requester],
        addressee=names.actor(entry.addressee),
        asked_for=entry.asked_for,
    )


def _offer(entry: forms.Offer, names: Names) -> Subject:
    offer = Offer.objects.create(
        **_common(entry, names),
        donor=names.actors[entry.donor],
        recipient=names.actors[entry.recipient],
        form=entry.form,
        answers_id=names.subject_id(entry.answers),
        conditions=entry.conditions,
    )
    OfferLine.objects.bulk_create(
        OfferLine(offer=offer, **_item(line), amount=_decimal(line.amount), currency=line.currency)
        for line in entry.lines
    )
    return offer


def _shipment(entry: forms.Shipment, names: Names) -> Subject:
    shipment = Shipment.objects.create(
        **_common(entry, names),
        mode=entry.mode,
        recipient=names.actors[entry.recipient],
        carrier=names.actor(entry.carrier),
        offer_id=names.subject_id(entry.offer),
        parent_id=names.subject_id(entry.parent),
        destination_id=names.place_id(entry.destination),
    )
    ShipmentParty.objects.bulk_create(
        ShipmentParty(shipment=shipment, actor=names.actors[party.actor], role=party.role) for party in entry.parties
    )
    Leg.objects.bulk_create(
        Leg(
            shipment=shipment,
            key=leg.key,
            sequence=leg.sequence,
            role=leg.role,
            origin_id=names.places[leg.origin],
            destination_id=names.places[leg.destination],
            carrier=names.actor(leg.carrier),
            flight_number=leg.flight_number,
            vehicle=leg.vehicle,
            registration=leg.registration,
            planned_departure=leg.planned_departure,
            planned_arrival=leg.planned_arrival,
        )
        for leg in entry.legs
    )
    Line.objects.bulk_create(
        Line(
            shipment=shipment,
            **_item(line),
            donor=names.actor(line.donor),
            lot=line.lot,
            expires_on=line.expires_on,
            cold_chain=line.cold_chain,
        )
        for line in entry.lines
    )
    return shipment


def _contact(entry: forms.Contact, names: Names) -> Subject:
    contact = Contact.objects.create(
        **_common(entry, names), form=entry.form, held_on=entry.held_on, place_id=names.place_id(entry.place)
    )
    contact.participants.set([names.actors[code] for code in entry.participants])
    return contact


def _inquiry(entry: forms.Inquiry, names: Names) -> Subject:
    return Inquiry.objects.create(
        **_common(entry, names),
        asked=names.actors[entry.asked],
        asked_by=names.actor(entry.asked_by),
        asked_on=entry.asked_on,
        question=entry.question,
    )


def _item(line: forms.Item) -> dict[str, Any]:
    return {
        "key": line.key,
        "item": line.item,
        "category": line.category,
        "quantity_low": _decimal(line.quantity_low),
        "quantity_high": _decimal(line.quantity_high),
        "unit": line.unit,
        "qualifier": line.qualifier,
        "basis": line.basis,
    }


def _decimal(said: str | None) -> Decimal | None:
    return Decimal(said) if said is not None else None


MAKERS: dict[type[forms.Subject], Callable[[Any, Names], Subject]] = {
    forms.Crisis: _crisis,
    forms.Appeal: _appeal,
    forms.Offer: _offer,
    forms.Shipment: _shipment,
    forms.Contact: _contact,
    forms.Inquiry: _inquiry,
}
