"""Typed values of facts, and the rule by which two values of an attribute are compared.

Times are integer microseconds since 1970-01-01 UTC; amounts are Decimal; there is no float here.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from shipments.reconciliation.vocabulary import Basis, Compare, Precision, Qualifier, ValueType


class Interval(Struct, frozen=True, kw_only=True, order=True, array_like=True, tag=True):
    """A time as it was said: from ``earliest`` to ``latest``, both inclusive, microseconds UTC."""

    earliest: int
    latest: int
    precision: Precision = Precision.INSTANT

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise ValueError(f"interval ends before it begins: {self.earliest} > {self.latest}")


class _Typed(Struct, frozen=True, kw_only=True):
    """A typed value. ``label`` is its plain form: stable, and readable enough for a table."""

    @property
    def scope(self) -> str:
        """What it may be compared within."""
        return ""


class Text(_Typed, frozen=True, kw_only=True, array_like=True, tag=True):
    """Free words (a description of a cargo), compared by equality or by the rule's pairs."""

    text: str

    @property
    def label(self) -> str:
        return self.text


class Code(_Typed, frozen=True, kw_only=True, array_like=True, tag=True):
    """A value of a closed list (channel, disclosure, outcome, mode)."""

    code: str

    @property
    def label(self) -> str:
        return self.code


class Time(_Typed, frozen=True, kw_only=True, array_like=True, tag=True):
    """A time as a value (ETA, expiry of an offer); its plain form are its two ends in microseconds."""

    at: Interval

    @property
    def label(self) -> str:
        return f"{self.at.earliest}..{self.at.latest}"


class Quantity(_Typed, frozen=True, kw_only=True):
    """An interval of amounts; ``None`` on an end means: not bounded by what was said.

    ``unit`` is a UNECE Rec 20 code or a plain noun; ``measure`` is the definition (fever_cases,
    confirmed_cases): other unit or other measure means not comparable.
    """

    low: Decimal | None
    high: Decimal | None
    unit: str
    qualifier: Qualifier = Qualifier.EXACT
    basis: Basis = Basis.REPORTED
    measure: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"quantity ends before it begins: {self.low} > {self.high}")

    @property
    def label(self) -> str:
        return f"{self.qualifier}:{plain(self.low)}..{plain(self.high)} {self.unit}"

    @property
    def scope(self) -> str:
        """Unit and measure; a capacity apart."""
        return f"{self.unit}:{self.measure}:{'capacity' if self.basis is Basis.CAPACITY else ''}"


class Money(_Typed, frozen=True, kw_only=True):
    """An amount interval in one ISO 4217 currency; ``measure`` as for a quantity."""

    low: Decimal | None
    high: Decimal | None
    currency: str
    qualifier: Qualifier = Qualifier.EXACT
    measure: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"amount ends before it begins: {self.low} > {self.high}")

    @property
    def label(self) -> str:
        return f"{self.qualifier}:{plain(self.low)}..{plain(self.high)} {self.currency}"

    @property
    def scope(self) -> str:
        """Currency and measure."""
        return f"{self.currency}:{self.measure}"


class Place(_Typed, frozen=True, kw_only=True, array_like=True, tag=True):
    """A place by its natural key (UN/LOCODE, ISO country, our slug)."""

    place: str

    @property
    def label(self) -> str:
        return self.place


class Actor(_Typed, frozen=True, kw_only=True, array_like=True, tag=True):
    """An actor by its natural key."""

    actor: str

    @property
    def label(self) -> str:
        return self.actor


def plain(number: Decimal | None) -> str | None:
    """A decimal without exponent or trailing zeros: the one form that is shown and hashed."""
    if number is None:
        return None
    text = str(number)
    if "E" in text:
        text = format(number, "f")  # which takes three times as long
    return text.rstrip("0").rstrip(".") if "." in text else text


Value = Text | Code | Time | Quantity | Money | Place | Actor


class AttributeRule(Struct, frozen=True, kw_only=True, eq=False):
    """How an attribute of facts is compared; one row of the attribute registry. Compared by identity: make each once.

    ``contains`` are (coarser, finer) pairs of natural keys or texts: ("medical supplies",
    "basic medical supplies"), ("CN", "CNSHE"). Their transitive closure counts. ``by_as_of`` gives
    each ``as_of`` a finding of its own. ``topic`` chooses a rating of the source for that topic.
    ``bounds_total`` names the attribute (a quantity) whose high end this one bounds when legs are
    summed (capacity -> quantity). The rule named "place" also compares the places of steps with each
    other and with the planned destination.
    """

    name: str
    type: ValueType
    compare: Compare = Compare.EXACT
    contains: tuple[tuple[str, str], ...] = ()
    by_as_of: bool = False
    topic: str | None = None
    bounds_total: str | None = None
