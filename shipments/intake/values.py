"""The forms of a fact's value. One telling field says which: text, code, place, actor, from, currency, unit."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from shipments.intake.fields import (
    Amount,
    Beginning,
    Currency,
    End,
    MoneyAmount,
    Name30,
    Name60,
    Name200,
    ShortWords,
    is_too_fine,
)

QualifierWord = Literal["exact", "about", "at_least", "up_to", "range", "unknown"]
BasisWord = Literal["manifest", "counted", "reported", "capacity", "derived"]
PrecisionWord = Literal["instant", "minute", "hour", "day", "month", "year", "range", "unknown"]


class Strict(BaseModel):
    """Nothing is coerced, nothing unknown is taken."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextValue(Strict):
    """Free words, for example a description of a cargo."""

    text: ShortWords


class CodeValue(Strict):
    """A word of the attribute's own list."""

    code: Name60


class PlaceValue(Strict):
    """A place by its code: CNSHE, KP."""

    place: Name200


class ActorValue(Strict):
    """An actor by reference or name."""

    actor: Name200


class TimeValue(Strict):
    """A time; from and to may be one day."""

    since: Beginning = Field(alias="from")
    until: End = Field(alias="to")
    precision: PrecisionWord = "range"

    @model_validator(mode="after")
    def check_order(self) -> "TimeValue":
        in_order(self.since, self.until, ends=("from", "to"))
        return self


class Amounts(Strict):
    """What quantities and money share. ``low`` and ``high`` are the ends of what was said; no end, no bound."""

    low: Amount = None
    high: Amount = None
    qualifier: QualifierWord | None = None
    measure: Name60 | None = Field(None, description="The definition: fever_cases, confirmed_cases.")

    @model_validator(mode="after")
    def check_ends(self) -> "Amounts":
        if self.low is None and self.high is None and self.qualifier != "unknown":
            raise PydanticCustomError(
                "says_nothing", "Give low or high, or say that the amount is not known: qualifier unknown."
            )
        in_order(self.low and Decimal(self.low), self.high and Decimal(self.high), ends=("low", "high"))
        if self.qualifier == "exact" and self.low != self.high:
            detail = "An exact amount has low and high alike."
            raise PydanticCustomError("contradiction", detail, {"fields": ["low", "high"]})
        return self

    @property
    def said_as(self) -> str:
        """The qualifier: the sender's, or what the ends amount to."""
        if self.qualifier:
            return self.qualifier
        if self.low is None:
            return "up_to"
        if self.high is None:
            return "at_least"
        return "exact" if Decimal(self.low) == Decimal(self.high) else "range"


class QuantityValue(Amounts):
    """An amount of something, in a unit."""

    unit: Annotated[Name30, Field(description="A code of UNECE Recommendation 20, or doses, people.")]
    basis: BasisWord = "reported"


class MoneyValue(Amounts):
    """An amount of money in one currency."""

    low: MoneyAmount = None
    high: MoneyAmount = None
    currency: Currency

    @model_validator(mode="after")
    def check_decimals(self) -> "MoneyValue":
        if is_too_fine(self.low, self.currency) or is_too_fine(self.high, self.currency):
            detail = "{code} has fewer decimals than this amount."
            fine = [end for end in ("low", "high") if is_too_fine(getattr(self, end), self.currency)]
            raise PydanticCustomError("too_fine", detail, {"code": self.currency, "fields": fine})
        return self


def together(*names: str) -> dict[str, Any]:
    """What JSON Schema says of fields that are all there or none."""
    return {"dependentRequired": {name: [other for other in names if other != name] for name in names}}


def in_order(first: Any, last: Any, *, ends: tuple[str, str]) -> None:
    """Raise where an interval ends before it begins, with the names of both ends."""
    if first is not None and last is not None and first > last:
        detail = "{first} is after {last}."
        raise PydanticCustomError(
            "ends_before_it_begins", detail, {"first": ends[0], "last": ends[1], "fields": list(ends)}
        )


# A tag never meets a name of the sender's: NUL is refused before any form is looked for.
FORMS = {
    "text": "\0text",
    "code": "\0code",
    "place": "\0place",
    "actor": "\0actor",
    "currency": "\0money",
    "unit": "\0quantity",
    "from": "\0time",
    "to": "\0time",
}


def form_of(said: Any) -> str | None:
    """Which form a value has, by its telling field; None where it has none."""
    if isinstance(said, dict):
        return next((tag for name, tag in FORMS.items() if name in said), None)
    return None


Value = Annotated[
    Annotated[TextValue, Tag("\0text")]
    | Annotated[CodeValue, Tag("\0code")]
    | Annotated[PlaceValue, Tag("\0place")]
    | Annotated[ActorValue, Tag("\0actor")]
    | Annotated[MoneyValue, Tag("\0money")]
    | Annotated[QuantityValue, Tag("\0quantity")]
    | Annotated[TimeValue, Tag("\0time")],
    Discriminator(form_of),
]


def value_json(value: Any) -> dict[str, Any]:
    """The JSON form that is kept: what was said, with the defaults that give it one reading."""
    if isinstance(value, TimeValue):
        return {"from": _iso(value.since), "to": _iso(value.until), "precision": value.precision}
    said: dict[str, Any] = value.model_dump(exclude_none=True)
    if isinstance(value, Amounts):
        said = {"low": value.low, "high": value.high, **said, "qualifier": value.said_as}
    return said


def _iso(moment: datetime) -> str:
    return moment.isoformat()
