"""From what is told of each offer and shipment to flows: donor by recipient, every rung added up. Pure.

Nothing is counted twice: a part delivery only where its whole is not counted, a line under one donor (or under
several jointly), an amount by its lines or by its total.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from shipments.services.flows.amounts import Amount, Total
from shipments.services.flows.ladder import RUNGS
from shipments.services.flows.sums import Pile, Sums, add, median_of, pile_of, totals_of
from shipments.services.flows.told import Part, Told, Waiting

MONTH = len("2022-05")
# Waiting offers that are named in a flow; how many there are is told in full.
MOST_WAITING = 10
# The counts of a rung, in the order in which they are summed.
RUNG = ("count", "unconfirmed", "contested", "unknown")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Key:
    """What a flow is a flow of; "" for what is not known, or not asked for. Flows are in this order."""

    recipient: str
    donors: tuple[str, ...]
    crisis: str = ""
    item: str = ""
    period: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """How many got so far, and how much. ``unconfirmed`` ones add to the high ends alone."""

    count: int
    unconfirmed: int
    contested: int
    unknown: int
    amounts: Sequence[Total]


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """Offers without an answer, the longest waits, and how long answers took (least and most, in the median)."""

    unanswered: int
    waiting: Sequence[Waiting]
    answered: int
    median_least: float | None
    median_most: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Everything that went, or was to go, from the donors to the recipient."""

    key: Key
    contested: int
    offers: Mapping[str, int]
    shipments: Mapping[str, int]
    rungs: Mapping[str, Rung]
    silence: Silence


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What one offer or shipment adds to one flow."""

    pk: UUID
    key: Key
    sums: Sums
    waiting: Waiting | None


def added_up(shares: Iterable[Share]) -> list[Flow]:
    """The flows that ``shares`` add up to, by key."""
    sums: defaultdict[Key, Sums] = defaultdict(dict)
    waiting: defaultdict[Key, list[Waiting]] = defaultdict(list)
    for share in shares:
        add(sums[share.key], share.sums)
        if share.waiting:
            waiting[share.key].append(share.waiting)
    return [flow_of(key, sums[key], waiting[key]) for key in sorted(sums)]


def shares_of(
    told: Iterable[Told], group_by: Collection[str] = (), *, beside: Collection[Told] | None = None
) -> Iterator[Share]:
    """What each of ``told`` adds to which flow; which are counted is decided among all that are ``beside`` it.

    ``group_by``: crisis, item, month or year.
    """
    told = list(told)
    counted = _counted(told if beside is None else beside)
    for each in told:
        parts: defaultdict[Key, list[Part]] = defaultdict(list)
        for part in each.parts:
            parts[_key(each, part, group_by)].append(part)
        for key, some in parts.items():
            yield Share(pk=each.pk, key=key, sums=_sums(each, some, counted), waiting=each.waiting)


def _key(told: Told, part: Part, group_by: Collection[str]) -> Key:
    return Key(
        recipient=told.recipient,
        donors=part.donors,
        crisis=told.crisis if "crisis" in group_by else "",
        item=part.item if "item" in group_by else "",
        period=period_in(told.month or told.year, group_by),
    )


def period_in(period: str, group_by: Collection[str]) -> str:
    """A month, or a year where no month is known, as finely as it is asked for; "period" is as finely as known."""
    if "period" in group_by:
        return period
    if "month" in group_by:
        return period if len(period) == MONTH else ""
    return period[:4] if "year" in group_by else ""


def _counted(told: Collection[Told]) -> dict[str, set[UUID]]:
    """Which count at each rung: the whole where its own getting there is accepted, else its parts.

    A part delivery goes to the recipient of its whole; what goes elsewhere (a recall) is a flow of its own.
    """
    by_pk = {each.pk: each for each in told}
    above = {each.pk: list(_wholes(each, by_pk)) for each in told}
    counted: dict[str, set[UUID]] = defaultdict(set)
    for rung in (rung for rungs in RUNGS.values() for rung in rungs):
        there = {each.pk for each in told if rung in each.reached}
        accepted = {pk for pk in there if by_pk[pk].reached[rung].is_accepted}
        stand_in = {whole for pk in there for whole in above[pk]}
        counted[rung] = {
            pk for pk in there if not accepted.intersection(above[pk]) and (pk in accepted or pk not in stand_in)
        }
    return counted


def _wholes(told: Told, by_pk: Mapping[UUID, Told]) -> Iterator[UUID]:
    """What ``told`` is a part of, upwards; nothing, where that leads round in a circle."""
    chain: list[UUID] = []
    whole = by_pk.get(told.whole) if told.whole else None
    while whole is not None and whole.recipient == told.recipient:
        if whole.pk == told.pk or whole.pk in chain:
            return
        chain.append(whole.pk)
        whole = by_pk.get(whole.whole) if whole.whole else None
    yield from chain


def _sums(told: Told, parts: Sequence[Part], counted: Mapping[str, set[UUID]]) -> Sums:
    """What some parts of ``told``, all of one flow, add to it."""
    found: Sums = {f"{told.kind} {told.status}": [1]}
    if told.is_contested:
        found["contested"] = [1]
    for rung in RUNGS[told.kind]:
        if rung in told.reached and told.pk in counted[rung]:
            _add_rung(rung, told, parts, found)
    if told.waiting:
        found["unanswered"] = [1]
    if told.is_answered:
        found["answered"] = [1]
    if told.answered_in:
        most = "" if told.answered_in.most is None else f" {told.answered_in.most}"
        found |= {f"least {told.answered_in.least}": [1], f"most{most}": [1]}
    return found


def _add_rung(rung: str, told: Told, parts: Sequence[Part], found: Sums) -> None:
    reached = told.reached[rung]
    is_contested, is_unknown = reached.is_contested, False
    has_total = any(part.amounts and not part.is_covered for part in parts)
    for part in parts:
        said = part.received if rung == "received" and part.received is not None else part.amounts
        for amount in said:
            add(found, {f"{rung} {amount.measure} {amount.unit}": pile_of(_at(amount, rung, told))})
        is_contested |= any(amount.is_contested for amount in said)
        is_told = any(amount.low is not None for amount in said) or (part.is_covered and has_total)
        is_unknown |= rung in told.open_low or not is_told
    found[rung] = [int(reached.is_accepted), int(not reached.is_accepted), int(is_contested), int(is_unknown)]


def _at(amount: Amount, rung: str, told: Told) -> Amount:
    """The amount at a rung: of what is not accepted, at least nothing; of some part, at most the whole."""
    low = None if rung in told.open_low else amount.low
    reached = told.reached[rung]
    if low is amount.low and reached.is_accepted and not reached.is_contested:
        return amount
    return replace(
        amount,
        low=low if reached.is_accepted else Decimal(0),
        is_contested=amount.is_contested or reached.is_contested,
    )


def flow_of(key: Key, sums: Sums, waiting: Iterable[Waiting]) -> Flow:
    """The flow that adds up to ``sums``; ``waiting`` holds its longest waits."""
    standing: dict[str, dict[str, int]] = {kind: {} for kind in RUNGS}
    piles: defaultdict[str, dict[tuple[str, str], Pile]] = defaultdict(dict)
    took: dict[str, dict[int, int]] = {"least": {}, "most": {}}
    for name, numbers in sums.items():
        head, *rest = name.split(" ", 2)
        if head in standing:
            standing[head][rest[0]] = int(numbers[0])
        elif head in took and rest:
            took[head][int(rest[0])] = int(numbers[0])
        elif rest:
            piles[head][rest[0], rest[1]] = Pile(*numbers)

    def counts(name: str) -> list[int]:
        return [int(each) for each in sums.get(name, (0, 0, 0, 0))]

    return Flow(
        key=key,
        contested=counts("contested")[0],
        offers=dict(sorted(standing["offer"].items())),
        shipments=dict(sorted(standing["shipment"].items())),
        rungs={
            rung: Rung(**dict(zip(RUNG, counts(rung), strict=True)), amounts=totals_of(piles[rung]))
            for rungs in RUNGS.values()
            for rung in rungs
        },
        silence=Silence(
            unanswered=counts("unanswered")[0],
            waiting=sorted(waiting, key=lambda each: each.turn)[:MOST_WAITING],
            answered=counts("answered")[0],
            median_least=median_of(took["least"]),
            median_most=None if "most" in sums else median_of(took["most"]),
        ),
    )
