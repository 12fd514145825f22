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


class Text(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """Free words (a description of a cargo), compared by equality or by the rule's pairs."""

    text: str


class Code(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """A value of a closed list (channel, disclosure, outcome, mode)."""

    code: str


class Time(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """A time as a value (ETA, expiry of an offer)."""

    at: Interval


class Quantity(Struct, frozen=True, kw_only=True):
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


class Money(Struct, frozen=True, kw_only=True):
    """An amount interval in one ISO 4217 currency; ``measure`` as for a quantity."""

    low: Decimal | None
    high: Decimal | None
    currency: str
    qualifier: Qualifier = Qualifier.EXACT
    measure: str = ""

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"amount ends before it begins: {self.low} > {self.high}")


class Place(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """A place by its natural key (UN/LOCODE, ISO country, our slug)."""

    place: str


class Actor(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """An actor by its natural key."""

    actor: str


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
