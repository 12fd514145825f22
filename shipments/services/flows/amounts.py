"""Amounts as intervals with units, and how they add up. Pure; an end that is not known is None, never 0."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

# UNECE Recommendation 20 codes of mass in tonnes; the one conversion made, since it is exact.
TONNES = {"TNE": Decimal(1), "KGM": Decimal("0.001")}
MEASURES = ("tonnes", "doses", "people", "money", "other")
# More digits than any sum of columns of 30 can have, so that no order of adding rounds.
DIGITS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """An interval in one unit. ``unit`` is a UNECE Rec 20 code, doses, people, packages or an ISO 4217 currency.

    ``is_bound``: no more than the most that could have been carried; nobody told an amount.
    """

    measure: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    is_contested: bool = False
    is_bound: bool = False

    @property
    def slot(self) -> tuple[str, str]:
        """What it may be added to."""
        return self.measure, self.unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """The sum of some amounts of one unit. ``contested`` is the share of it that rests on contested beliefs.

    ``low`` adds up the lower ends that are known, and is None where none is; ``high`` is None as soon as
    one upper end is not known. ``value`` is there only where both ends meet.
    """

    measure: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    contested: Decimal | None

    @property
    def value(self) -> Decimal | None:
        """The amount itself, where it is known."""
        return self.low if self.low == self.high else None


def amount_in(unit: str, low: Decimal | None, high: Decimal | None) -> Amount:
    """An amount of goods or people; kilograms are told as tonnes."""
    if unit in TONNES:
        with localcontext(prec=DIGITS):
            factor = TONNES[unit]
            low, high = (end if end is None else end * factor for end in (low, high))
        return Amount(measure="tonnes", unit="TNE", low=low, high=high)
    return Amount(measure=unit if unit in ("doses", "people") else "other", unit=unit, low=low, high=high)


def money_in(currency: str, low: Decimal | None, high: Decimal | None) -> Amount:
    """An amount of money in its own currency; never converted."""
    return Amount(measure="money", unit=currency, low=low, high=high)


def hull(one: Amount, other: Amount) -> Amount:
    """The interval that holds both: two tellings of one thing that cannot be compared are not added."""
    return replace(
        one,
        low=None if one.low is None or other.low is None else min(one.low, other.low),
        high=None if one.high is None or other.high is None else max(one.high, other.high),
        is_contested=one.is_contested or other.is_contested,
    )


def merged(amounts: Iterable[Amount]) -> dict[tuple[str, str], Amount]:
    """One amount a unit: the hull of those that tell of the same thing, and a bound only where none does."""
    found: dict[tuple[str, str], Amount] = {}
    for amount in sorted(amounts, key=lambda each: each.is_bound):
        known = found.get(amount.slot)
        if known is None:
            found[amount.slot] = amount
        elif known.is_bound == amount.is_bound:
            found[amount.slot] = hull(known, amount)
    return found
