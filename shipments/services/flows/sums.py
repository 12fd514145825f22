"""Sums that can be added to and taken from: what an offer or shipment adds to a flow, and flows out of what adds up.

Everything that a flow tells is made of such numbers, so that a sum of parts kept somewhere, less what of it has
changed, more what it is now, is the sum itself. Pure.

    "shipment arrived"       [1]                            stands there
    "contested"              [1]
    "dispatched"             [accepted, unconfirmed, contested, unknown]
    "dispatched doses doses" the nine numbers of ``Pile``
    "unanswered", "answered" [1]
    "least 3", "most 4"      [1]                            answered in so many days; "most" alone: nobody knows
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import NamedTuple

import msgspec

from shipments.services.flows.amounts import DIGITS, MEASURES, Amount, Total

Number = Decimal | int
Sums = dict[str, list[Number]]

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(dict[str, list[Decimal]]).decode


class Pile(NamedTuple):
    """Amounts in one unit on a pile: how many there are, and their ends and sizes (upper end, else lower) added up."""

    amounts: Number
    with_low: Number
    low: Number
    with_high: Number
    high: Number
    size: Number
    contested: Number
    contested_without_size: Number
    contested_size: Number


def pile_of(amount: Amount) -> Pile:
    """One amount as a pile of its own."""
    size = amount.high if amount.high is not None else amount.low
    return Pile(
        amounts=1,
        with_low=int(amount.low is not None),
        low=amount.low or 0,
        with_high=int(amount.high is not None),
        high=amount.high or 0,
        size=size or 0,
        contested=int(amount.is_contested),
        contested_without_size=int(amount.is_contested and size is None),
        contested_size=(size or 0) if amount.is_contested else 0,
    )


def totals_of(piles: Mapping[tuple[str, str], Pile]) -> list[Total]:
    """What each pile adds up to, in a fixed order."""
    with localcontext(prec=DIGITS):
        return [
            _total(slot, piles[slot]) for slot in sorted(piles, key=lambda each: (MEASURES.index(each[0]), each[1]))
        ]


def add_up(amounts: Iterable[Amount]) -> list[Total]:
    """The sum of each unit, in a fixed order; the order of ``amounts`` does not matter."""
    found: Sums = {}
    for amount in amounts:
        add(found, {f"{amount.measure} {amount.unit}": pile_of(amount)})
    slots = {name: name.split(" ", 1) for name in found}
    return totals_of({(slots[name][0], slots[name][1]): Pile(*numbers) for name, numbers in found.items()})


def _total(slot: tuple[str, str], pile: Pile) -> Total:
    return Total(
        measure=slot[0],
        unit=slot[1],
        low=Decimal(pile.low) if pile.with_low else None,
        high=Decimal(pile.high) if pile.with_high == pile.amounts else None,
        contested=_share(pile),
    )


def _share(pile: Pile) -> Decimal | None:
    """The contested part of what has a size; None where something contested has none, or nothing has."""
    if not pile.contested:
        return Decimal(0)
    if pile.contested_without_size or not pile.size:
        return None
    return (Decimal(pile.contested_size) / Decimal(pile.size)).quantize(Decimal("0.001"))


def add(sums: Sums, other: Mapping[str, Iterable[Number]], *, times: int = 1) -> None:
    """Add ``other`` to ``sums`` so many times; what comes to nothing is left out."""
    with localcontext(prec=DIGITS):
        for name, numbers in other.items():
            known = sums.get(name)
            if known is None:
                found = [each * times for each in numbers]
            else:
                found = [one + each * times for one, each in zip(known, numbers, strict=True)]
            if any(found):
                sums[name] = found
            else:
                sums.pop(name, None)


def written(sums: Mapping[str, Iterable[Number]]) -> str:
    """Sums as text to be kept; the same sums give the same text."""
    with localcontext(prec=DIGITS):
        plain = {name: [_plain(each) for each in sums[name]] for name in sorted(sums)}
    return _encode(plain).decode()


def _plain(number: Number) -> Number:
    return number if isinstance(number, int) else number.normalize()


def read(text: str) -> Sums:
    """Sums from their text."""
    return _decode(text)  # type: ignore[return-value]


def is_contested(sums: Sums) -> bool:
    """Whether these are what something contested adds, or a sum that has any."""
    return "contested" in sums


def contested_at(level: int) -> str:
    """Where a total holds what contested offers and shipments add at a clearance, beside what all add."""
    return f"{level} contested"


def median_of(counts: Mapping[int, int]) -> float | None:
    """The median of whole numbers, of each of which there are so many."""
    many = sum(counts.values())
    if not many:
        return None
    middle = ((many - 1) // 2, many // 2)
    passed, found = 0, []
    for number in sorted(counts):
        passed += counts[number]
        found += [number] * sum(passed - counts[number] <= place < passed for place in middle)
    return sum(found) / 2
