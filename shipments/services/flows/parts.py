"""What one offer or shipment is of: its lines as planned, with what reports tell of them. Pure.

A finding counts before the plan. Where a source tells a total in a unit and nobody tells its lines in it, the
total counts and the plan of the lines in that unit does not: there is never a second total.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shipments.reconciliation.compare import span
from shipments.reconciliation.values import Quantity
from shipments.reconciliation.vocabulary import Qualifier
from shipments.services.flows.amounts import Amount, amount_in, merged, money_in
from shipments.services.flows.sums import add_up
from shipments.services.flows.told import Part

Slot = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class LineTold:
    """One line of the plan. ``counts``: what receivers accepted of it, as (day, source, amount)."""

    key: str
    item: str = ""
    names: tuple[str, ...] = ()
    donors: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    unit: str = ""
    counts: tuple[tuple[date, str, Decimal], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FactTold:
    """A finding of a quantity or a value, of one line or of the whole (``line`` empty)."""

    line: str
    scope: str
    is_money: bool
    is_actual: bool
    state: str
    low: Decimal | None
    high: Decimal | None


def planned_amount(*, low: Decimal | None, high: Decimal | None, unit: str, qualifier: str) -> tuple[Amount, ...]:
    """The quantity of a line as it is planned; none, where the plan names no unit."""
    if not unit:
        return ()
    said = Qualifier.EXACT if qualifier == Qualifier.UNKNOWN else Qualifier(qualifier)
    return (amount_in(unit, *span(Quantity(low=low, high=high, unit=unit, qualifier=said))),)


def parts_of(lines: Sequence[LineTold], facts: Iterable[FactTold], donors: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of one offer or shipment; ``donors`` are those of the whole. One part where nothing is told."""
    told = _amounts_told(facts)
    whole = told.pop("", {})
    by_lines = {slot for amounts in told.values() for slot in amounts}
    amounts = {line.key: {**merged(line.amounts), **told.get(line.key, {})} for line in lines}
    totals = {slot: amount for slot, amount in whole.items() if slot not in by_lines}
    if any(amount.low is not None or amount.high is not None for each in amounts.values() for amount in each.values()):
        totals = {slot: amount for slot, amount in totals.items() if not amount.is_bound}
    if not lines:
        return (Part(donors=donors, amounts=_in_order(totals)),)
    if len(lines) == 1:
        (line,) = lines
        return (_part(line, {**amounts[line.key], **totals}, donors),)
    parts = []
    for line in lines:
        own = {slot: amount for slot, amount in amounts[line.key].items() if slot not in totals}
        part = _part(line, own, donors)
        parts.append(replace(part, is_covered=not own and bool(totals)))
    if totals:
        giving = {line.donors or donors for line in lines}
        jointly = giving.pop() if len(giving) == 1 else tuple(sorted({each for some in giving for each in some}))
        parts.append(Part(donors=jointly, amounts=_in_order(totals)))
    return tuple(parts)


def _part(line: LineTold, amounts: Mapping[Slot, Amount], donors: tuple[str, ...]) -> Part:
    received = _counted(line)
    return Part(
        donors=line.donors or donors,
        item=line.item,
        names=line.names,
        amounts=_in_order(amounts),
        received=None if received is None else _in_order({**_money(amounts), received.slot: received}),
    )


def _money(amounts: Mapping[Slot, Amount]) -> dict[Slot, Amount]:
    return {slot: amount for slot, amount in amounts.items() if amount.measure == "money"}


def _in_order(amounts: Mapping[Slot, Amount]) -> tuple[Amount, ...]:
    return tuple(amounts[slot] for slot in sorted(amounts))


def _amounts_told(facts: Iterable[FactTold]) -> dict[str, dict[Slot, Amount]]:
    """The amounts that reports tell, by line and unit. What is planned counts where nothing actual is told."""
    actual: defaultdict[str, list[Amount]] = defaultdict(list)
    ahead: defaultdict[str, list[Amount]] = defaultdict(list)
    for fact in facts:
        # A total beside the sum of its lines is kept under this scope, and is not added to it.
        if fact.scope.startswith("stated|") or fact.state == "retracted":
            continue
        (actual if fact.is_actual else ahead)[fact.line].append(_amount(fact))
    return {line: {**merged(ahead[line]), **merged(actual[line])} for line in sorted({*actual, *ahead})}


def _amount(fact: FactTold) -> Amount:
    unit, _, measure = fact.scope.partition(":")
    if fact.is_money:
        found = money_in(unit, fact.low, fact.high)
    else:
        is_capacity = measure.endswith(":capacity")
        found = amount_in(unit, None if is_capacity else fact.low, fact.high)
        found = replace(found, is_bound=is_capacity or (fact.state == "unknown" and fact.low is None))
    return replace(found, is_contested=fact.state in ("contested", "denied"))


def _counted(line: LineTold) -> Amount | None:
    """What receivers accepted of a line: the days added up; sources that counted on one day are rivals."""
    if not line.counts or not line.unit:
        return None
    by_day: defaultdict[date, defaultdict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for day, source, amount in line.counts:
        by_day[day][source].append(amount)
    days = []
    for sources in by_day.values():
        sums = [sum(amounts, Decimal(0)) for amounts in sources.values()]
        days.append(replace(amount_in(line.unit, min(sums), max(sums)), is_contested=min(sums) != max(sums)))
    (total,) = add_up(days)
    return replace(days[0], low=total.low, high=total.high, is_contested=any(each.is_contested for each in days))
