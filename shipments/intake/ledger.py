"""What partners enter into the ledger: appeals, offers, shipments with their legs and lines, actors, places.

Each is known by the partner's own ``external_id``. Names in it lead to what is there already: our reference
(``ACT-7K2M9QXD``), or ``source:external_id`` for what the partner entered before. What happened is never
said here: that is a report.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shipments.intake.fields import (
    Amount,
    Country,
    Currency,
    Day,
    Language,
    Latitude,
    LedgerAmount,
    Longitude,
    Moment,
    Name10,
    Name20,
    Name60,
    Name200,
    Name300,
    Script,
    Slug,
    TimeZone,
    Words,
    is_too_fine,
    whole,
)
from shipments.intake.values import BasisWord, QualifierWord, Strict, in_order, together

Sequence = Annotated[int, Field(ge=1, le=32767), BeforeValidator(whole)]
# Which units there are is a table's to say, not this form's: shipments.services.fitting looks them up.
PlannedUnit = Annotated[Name20, WithJsonSchema({"x-name": "PlannedUnit"})]
MarkingWord = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
ActorName = Annotated[Name200, Field(description="An actor: ACT-…, or source:external_id as you entered it.")]
PlaceName = Annotated[Name200, Field(description="A place: its code, or source:external_id as you entered it.")]
AppealName = Annotated[Name200, Field(description="An appeal: APL-…, or source:external_id.")]
OfferName = Annotated[Name200, Field(description="An offer: OFR-…, or source:external_id.")]
ShipmentName = Annotated[Name200, Field(description="A shipment: SHP-…, or source:external_id.")]


class EntryIn(Strict):
    """What every entry has: the sender's own name for it."""

    external_id: Name200 = Field(description="Your own name for it, for good. The same again is the same entry.")


class SubjectIn(EntryIn):
    """What every subject has."""

    title: Name300
    crisis: Name200 | None = Field(None, description="The crisis: CRS-….")
    marking: MarkingWord = Field("CLEAR", description="At most what your key reads; it can be raised, not lowered.")


class AppealIn(SubjectIn):
    """A request for help."""

    requester: ActorName
    addressee: ActorName | None = Field(None, description="Left out: to all.")
    asked_for: Words | None = None

    @model_validator(mode="after")
    def check_sides(self) -> "AppealIn":
        differ(self.requester, self.addressee, names=("requester", "addressee"))
        return self


class QuantityIn(Strict):
    """A planned quantity; no end where none was said."""

    low: Amount = None
    high: Amount = None
    unit: PlannedUnit
    qualifier: QualifierWord = "unknown"
    basis: BasisWord = "reported"

    @model_validator(mode="after")
    def check_ends(self) -> "QuantityIn":
        in_order(self.low and Decimal(self.low), self.high and Decimal(self.high), ends=("low", "high"))
        if self.qualifier == "exact" and (self.low is None or self.low != self.high):
            raise PydanticCustomError(
                "contradiction", "An exact amount has low and high alike.", {"fields": ["low", "high"]}
            )
        return self


class ItemIn(Strict):
    """One item."""

    key: Slug = Field(description="The name that reports use for it.")
    item: Name200
    category: Name60 | None = None
    quantity: QuantityIn | None = None


class OfferLineIn(ItemIn):
    """One item of an offer; money with its currency."""

    model_config = ConfigDict(json_schema_extra=together("amount", "currency"))

    amount: LedgerAmount = None
    currency: Currency | None = Field(None, description="ISO 4217.")

    @model_validator(mode="after")
    def check_money(self) -> "OfferLineIn":
        if (self.amount is None) != (self.currency is None):
            detail = "Money is an amount and its currency, or neither."
            raise PydanticCustomError("incomplete", detail, {"fields": ["amount", "currency"]})
        if self.currency and is_too_fine(self.amount, self.currency):
            detail = "{code} has fewer decimals than this amount."
            raise PydanticCustomError("too_fine", detail, {"code": self.currency, "fields": ["amount", "currency"]})
        return self


class LineIn(ItemIn):
    """One item of a shipment; each may have a donor of its own."""

    donor: ActorName | None = None
    lot: Name60 | None = None
    expires_on: Day | None = None
    cold_chain: Name60 | None = Field(None, description="For example +2 to +8 C.")


class LegIn(Strict):
    """One movement from place to place."""

    key: Slug = Field(description="The name that reports use for it, for example out-1.")
    sequence: Sequence = Field(description="Legs with one number run side by side.")
    role: Literal["carrying", "positioning"] = "carrying"
    origin: PlaceName
    destination: PlaceName
    carrier: ActorName | None = None
    flight_number: Name10 | None = None
    vehicle: Name60 | None = None
    registration: Name20 | None = None
    planned_departure: Moment | None = None
    planned_arrival: Moment | None = None

    @model_validator(mode="after")
    def check_way(self) -> "LegIn":
        differ(self.origin, self.destination, names=("origin", "destination"))
        in_order(self.planned_departure, self.planned_arrival, ends=("planned_departure", "planned_arrival"))
        return self


class PartyIn(Strict):
    """An actor in one role: a donor is not a supplier is not a manufacturer."""

    role: Literal["donor", "supplier", "manufacturer", "consignee"]
    actor: ActorName


class OfferIn(SubjectIn):
    """Help that a donor puts forward. Whether it was taken up is for reports to say."""

    donor: ActorName
    recipient: ActorName
    form: Literal["in_kind", "money", "personnel", "technical", "general"]
    answers: AppealName | None = None
    conditions: Words | None = None
    lines: list[OfferLineIn] = Field([], max_length=200)

    @model_validator(mode="after")
    def check_sides(self) -> "OfferIn":
        differ(self.donor, self.recipient, names=("donor", "recipient"))
        keys_differ(self.lines, "lines")
        return self


class ShipmentIn(SubjectIn):
    """A cargo flight, a vaccine delivery, a convoy, a team of people."""

    mode: Literal["air", "sea", "road", "rail", "personnel", "unknown"]
    recipient: ActorName
    carrier: ActorName | None = None
    offer: OfferName | None = Field(None, description="The offer that it fulfils: OFR-…, or source:external_id.")
    parent: ShipmentName | None = Field(None, description="The whole of a part delivery: SHP-….")
    destination: PlaceName | None = None
    parties: list[PartyIn] = Field([], max_length=100)
    legs: list[LegIn] = Field([], max_length=100)
    lines: list[LineIn] = Field([], max_length=500)

    @model_validator(mode="after")
    def check_keys(self) -> "ShipmentIn":
        keys_differ(self.legs, "legs")
        keys_differ(self.lines, "lines")
        if len({(party.role, party.actor) for party in self.parties}) < len(self.parties):
            detail = "One actor is named in one role more than once."
            raise PydanticCustomError("repeated_key", detail, {"fields": ["parties"]})
        return self


class NameIn(Strict):
    """Another name of an actor, in its own letters."""

    name: Name200
    language: Language | None = Field(None, description="BCP 47.")
    script: Script | None = Field(None, description="ISO 15924.")


class ActorIn(EntryIn):
    """Who takes part."""

    kind: Literal[
        "state", "ministry", "embassy", "igo", "un_agency", "ngo", "company", "carrier", "media", "person", "group"
    ]
    name: Name200
    country: Country | None = Field(None, description="ISO 3166-1 alpha-2.")
    parent: ActorName | None = Field(None, description="What it is a part of.")
    names: list[NameIn] = Field([], max_length=50)
    marking: MarkingWord = Field("CLEAR", description="At most what your key reads; it can be raised, not lowered.")

    @model_validator(mode="after")
    def check_names(self) -> "ActorIn":
        if len({(each.name, each.language) for each in self.names}) < len(self.names):
            raise PydanticCustomError("repeated_key", "One name is given more than once.", {"fields": ["names"]})
        return self


class PlaceIn(EntryIn):
    """Where things leave from or arrive at. Everybody may read of places."""

    model_config = ConfigDict(json_schema_extra=together("latitude", "longitude"))

    kind: Literal["airport", "port", "border_point", "city", "country", "site"]
    name: Name200
    country: Country = Field(description="ISO 3166-1 alpha-2.")
    iata: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    icao: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{3}$")] | None = None
    unlocode: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")] | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    time_zone: TimeZone | None = Field(None, description="IANA, for example Asia/Pyongyang.")
    within: PlaceName | None = Field(None, description="What contains it: its code, or source:external_id.")

    @model_validator(mode="after")
    def check_coordinates(self) -> "PlaceIn":
        if (self.latitude is None) != (self.longitude is None):
            detail = "A point has a latitude and a longitude, or neither is known."
            raise PydanticCustomError("contradiction", detail, {"fields": ["latitude", "longitude"]})
        return self


FORMS: dict[str, type[EntryIn]] = {
    "appeal": AppealIn,
    "offer": OfferIn,
    "shipment": ShipmentIn,
    "actor": ActorIn,
    "place": PlaceIn,
}
# What belongs to an entry and has a key of its own there: (kind, part) -> its form.
PARTS: dict[tuple[str, str], type[LegIn] | type[ItemIn]] = {
    ("shipment", "legs"): LegIn,
    ("shipment", "lines"): LineIn,
    ("offer", "lines"): OfferLineIn,
}


def differ(one: str, other: str | None, *, names: tuple[str, str]) -> None:
    """Raise where both sides of something are one."""
    if one == other:
        detail = "{first} and {second} are the same."
        first, second = names
        raise PydanticCustomError(
            "same_on_both_sides", detail, {"first": first, "second": second, "fields": [first, second]}
        )


def keys_differ(rows: Iterable[LegIn | ItemIn], name: str) -> None:
    """Raise where two rows have one key."""
    if any(count > 1 for count in Counter(row.key for row in rows).values()):
        raise PydanticCustomError("repeated_key", "Two of them have one key.", {"fields": [name]})
