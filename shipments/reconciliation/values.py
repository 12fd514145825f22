"""Typed values of facts, and the rule by which two values of an attribute are compared.

Times are integer microseconds since 1970-01-01 UTC; amounts are Decimal; there is no float here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from shipments.reconciliation.vocabulary import Basis, Compare, Precision, Qualifier, ValueType


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Interval:
    """A time as it was said: from ``earliest`` to ``latest``, both inclusive, microseconds UTC."""

    earliest: int
    latest: int
    precision: Precision = Precision.INSTANT

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise ValueError(f"interval ends before it begins: {self.earliest} > {self.latest}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Free words (a description of a cargo), compared by equality or by the rule's pairs."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A value of a closed list (channel, disclosure, outcome, mode)."""

    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Time:
    """A time as a value (ETA, expiry of an offer)."""

    at: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount interval in one ISO 4217 currency; ``measure`` as for a quantity."""

    low: Decimal | None
    high: Decimal | None
    currency: str
    qualifier: Qualifier = Qualifier.EXACT
    measure: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"amount ends before it begins: {self.low} > {self.high}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place by its natural key (UN/LOCODE, ISO country, our slug)."""

    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """An actor by its natural key."""

    actor: str


Value = Text | Code | Time | Quantity | Money | Place | Actor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AttributeRule:
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
