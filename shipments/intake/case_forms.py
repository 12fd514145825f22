"""The forms of a case file's sections: what each entry may hold, and of which type.

They are strict: an unknown field, a number in quotes or a time without a zone is a fault with a path.
Names in them (``donor``, ``document``, ``crisis`` …) are the file's own; ``case.read_case`` checks that
each leads somewhere.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from actors.wording import shown
from shipments.intake.fields import Amount, Name60, Name200
from shipments.intake.values import BasisWord, QualifierWord

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(max_length=12)]
Grade = Literal["A", "B", "C", "D", "E", "F"]
MarkingCode = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]


class Form(BaseModel):
    """What all entries share: nothing unknown, nothing coerced, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Case(Form):
    """The file's head. Ratings and interests hold, and are known, from ``rated_from`` on."""

    name: Key
    title: Words
    rated_from: AwareDatetime


class Name(Form):
    name: Words
    language: Language = ""
    script: Annotated[str, StringConstraints(pattern=r"^([A-Z][a-z]{3})?$")] = ""


class Identifier(Form):
    scheme: Name60
    value: Name200


class Actor(Form):
    code: Key
    kind: Literal[
        "state", "ministry", "embassy", "igo", "un_agency", "ngo", "company", "carrier", "media", "person", "group"
    ]
    name: Words
    country: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    parent: str = ""
    names: list[Name] = []
    identifiers: list[Identifier] = []
    marking: MarkingCode = "CLEAR"


class Rating(Form):
    grade: Grade
    reason: Words
    topic: Annotated[str, StringConstraints(max_length=60)] = ""


class Source(Form):
    code: Key
    name: Words
    kind: Literal[
        "outlet", "agency", "ministry", "embassy", "un_agency", "state_media", "partner_system", "sensor", "analyst"
    ]
    actor: str = ""
    protected: bool = False
    interests: list[str] = []
    ratings: list[Rating] = []
    marking: MarkingCode = "CLEAR"


class Document(Form):
    """``received_at`` is publication where it is not given; the reports read in it take both times."""

    key: Name200
    source: str
    kind: Literal["article", "release", "message", "file_row", "image"]
    title: Words
    url: Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=500)] = ""
    language: Language = ""
    published_at: AwareDatetime
    received_at: AwareDatetime | None = None
    marking: MarkingCode = "CLEAR"


class Subject(Form):
    key: Key
    title: Words
    marking: MarkingCode = "CLEAR"


class Crisis(Subject):
    countries: list[Country] = []
    glide: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}-[0-9]{4}-[0-9]{6}-[A-Z]{3})?$")] = ""
    began_on: date | None = None


class Appeal(Subject):
    requester: str
    addressee: str = ""
    asked_for: str = ""
    crisis: str = ""


class Item(Form):
    key: Key
    item: Name200
    category: Annotated[str, StringConstraints(max_length=60)] = ""
    quantity_low: Amount = None
    quantity_high: Amount = None
    unit: Annotated[str, StringConstraints(max_length=20)] = ""
    qualifier: QualifierWord = "unknown"
    basis: BasisWord = "reported"


class OfferLine(Item):
    amount: Amount = None
    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = ""


class Offer(Subject):
    donor: str
    recipient: str
    form: Literal["in_kind", "money", "personnel", "technical", "general"]
    answers: str = ""
    conditions: str = ""
    lines: list[OfferLine] = []
    crisis: str = ""


class Party(Form):
    actor: str
    role: Literal["donor", "supplier", "manufacturer", "consignee"]


class Leg(Form):
    key: Key
    sequence: Annotated[int, Field(ge=1, le=32767)]
    role: Literal["carrying", "positioning"] = "carrying"
    origin: str
    destination: str
    carrier: str = ""
    flight_number: Annotated[str, StringConstraints(max_length=10)] = ""
    vehicle: Annotated[str, StringConstraints(max_length=60)] = ""
    registration: Annotated[str, StringConstraints(max_length=20)] = ""
    planned_departure: AwareDatetime | None = None
    planned_arrival: AwareDatetime | None = None


class Line(Item):
    donor: str = ""
    lot: Annotated[str, StringConstraints(max_length=60)] = ""
    expires_on: date | None = None
    cold_chain: Annotated[str, StringConstraints(max_length=60)] = ""


class Shipment(Subject):
    mode: Literal["air", "sea", "road", "rail", "personnel", "unknown"]
    recipient: str
    carrier: str = ""
    offer: str = ""
    parent: str = ""
    destination: str = ""
    parties: list[Party] = []
    legs: list[Leg] = []
    lines: list[Line] = []
    crisis: str = ""


class Contact(Subject):
    form: Literal["meeting", "call", "letter"]
    participants: list[str] = []
    held_on: date | None = None
    place: str = ""
    crisis: str = ""


class Inquiry(Subject):
    asked: str
    asked_by: str = ""
    asked_on: date | None = None
    question: str = ""
    crisis: str = ""


class Spread(BaseModel):
    """What a report's entry may hold beside the fields of a report itself (``intake.report``)."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    legs: list[str] = []
    codes: list[str] = []
    received_at: AwareDatetime | None = None
    interested: bool | None = None

    @property
    def report(self) -> dict[str, Any]:
        """The report's own fields."""
        return dict(self.__pydantic_extra__ or {})

    def over(self, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """``common`` once for each leg and code, each with an event id of its own."""
        for leg in self.legs or [""]:
            for code in self.codes or [""]:
                said = {name: value for name, value in (("leg", leg), ("code", code)) if value}
                if said and "event_id" in common:
                    said["event_id"] = "-".join([str(common["event_id"]), *said.values()])
                yield {**common, **said}


def local_day(occurred: object) -> object:
    """A report's time from a day as it was counted somewhere; any other form of time as it is.

    ``{on = 2022-05-16, zone = "Asia/Pyongyang"}``, with ``until`` for several days. Raises ValueError.
    """
    if not (isinstance(occurred, dict) and "on" in occurred):
        return occurred
    first, last, zone = occurred["on"], occurred.get("until", occurred["on"]), occurred.get("zone")
    if occurred.keys() - {"on", "until", "zone"} or not isinstance(zone, str):
        raise ValueError('A local day is written {on = 2022-05-16, zone = "Asia/Pyongyang"}, with until or without.')
    if not (_is_day(first) and _is_day(last)) or last < first:
        raise ValueError("on and until are days, and until is not before on.")
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"No such time zone: {shown(zone)}.") from None
    begin = datetime.combine(first, time(), place)
    end = datetime.combine(last + timedelta(days=1), time(), place) - timedelta(microseconds=1)
    return {"from": begin.isoformat(), "to": end.isoformat(), "precision": "day" if first == last else "range"}


def _is_day(said: object) -> TypeGuard[date]:
    return isinstance(said, date) and not isinstance(said, datetime)
