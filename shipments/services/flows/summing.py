"""From what is told of each offer and shipment to flows: donor by recipient, every rung added up. Pure.

Nothing is counted twice: a part delivery only where its whole is not counted, a line under one donor (or under
several jointly), an amount by its lines or by its total.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median
from uuid import UUID

from shipments.services.flows.amounts import Amount, Total, add_up
from shipments.services.flows.ladder import RUNGS, Reached

# The standing of what no accepted status says anything of.
UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one line (or the whole, where no lines are told) is of. ``donors`` are references; several: jointly.

    ``names`` are its category and its name. ``received`` is what receivers counted, where they did.
    ``is_covered``: its amount is in another part, the total of the whole.
    """

    donors: tuple[str, ...] = ()
    item: str = ""
    names: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    received: tuple[Amount, ...] | None = None
    is_covered: bool = False

    def is_of(self, item: str) -> bool:
        """Whether that is a part of its category or of its name."""
        return any(item.lower() in name.lower() for name in self.names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """How long, in whole days; ``most`` is None where it is not known when it began."""

    least: int
    most: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An offer that nobody answered. ``is_said``: somebody says so; else only nobody tells of an answer."""

    offer: str
    days: Days
    is_said: bool
    is_contested: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One offer or shipment as far as flows are concerned.

    ``open_low`` names the rungs that some unknown part of it reached. ``whole`` is what it is a part
    delivery of.
    """

    pk: UUID
    kind: str
    recipient: str = ""
    crisis: str = ""
    month: str = ""
    year: str = ""
    status: str = UNCONFIRMED
    is_contested: bool = False
    reached: Mapping[str, Reached] = field(default_factory=dict)
    parts: tuple[Part, ...] = (Part(),)
    open_low: Collection[str] = ()
    whole: UUID | None = None
    waiting: Waiting | None = None
    is_answered: bool = False
    answered_in: Days | None = None


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
    """Offers without an answer, the longest wait first, and how long answers took (least and most, in the median)."""

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


def flows_of(told: Collection[Told], group_by: Collection[str] = ()) -> list[Flow]:
    """The flows that ``told`` adds up to, by key. ``group_by``: crisis, item, month or year."""
    counted = _counted(told)
    rows: defaultdict[Key, list[Told]] = defaultdict(list)
    for each in told:
        parts: defaultdict[Key, list[Part]] = defaultdict(list)
        for part in each.parts:
            parts[_key(each, part, group_by)].append(part)
        for key, some in parts.items():
            rows[key].append(replace(each, parts=tuple(some)))
    return [_flow(key, rows[key], counted) for key in sorted(rows)]


def _key(told: Told, part: Part, group_by: Collection[str]) -> Key:
    return Key(
        recipient=told.recipient,
        donors=part.donors,
        crisis=told.crisis if "crisis" in group_by else "",
        item=part.item if "item" in group_by else "",
        period=told.month if "month" in group_by else told.year if "year" in group_by else "",
    )


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


def _flow(key: Key, told: Sequence[Told], counted: Mapping[str, set[UUID]]) -> Flow:
    return Flow(
        key=key,
        contested=sum(each.is_contested for each in told),
        offers=_statuses(told, "offer"),
        shipments=_statuses(told, "shipment"),
        rungs={
            rung: _rung(rung, [each for each in told if each.kind == kind and each.pk in counted[rung]])
            for kind, rungs in RUNGS.items()
            for rung in rungs
        },
        silence=_silence(told),
    )


def _statuses(told: Iterable[Told], kind: str) -> dict[str, int]:
    return dict(sorted(Counter(each.status for each in told if each.kind == kind).items()))


def _rung(rung: str, told: Sequence[Told]) -> Rung:
    amounts: list[Amount] = []
    contested = {each.pk for each in told if each.reached[rung].is_contested}
    unknown = set()
    for each in told:
        has_total = any(part.amounts and not part.is_covered for part in each.parts)
        for part in each.parts:
            said = part.received if rung == "received" and part.received is not None else part.amounts
            amounts += (_at(amount, rung, each) for amount in said)
            if any(amount.is_contested for amount in said):
                contested.add(each.pk)
            is_told = any(amount.low is not None for amount in said) or (part.is_covered and has_total)
            if rung in each.open_low or not is_told:
                unknown.add(each.pk)
    return Rung(
        count=sum(each.reached[rung].is_accepted for each in told),
        unconfirmed=sum(not each.reached[rung].is_accepted for each in told),
        contested=len(contested),
        unknown=len(unknown),
        amounts=add_up(amounts),
    )


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


def _silence(told: Iterable[Told]) -> Silence:
    offers = [each for each in told if each.kind == "offer"]
    waiting = [each.waiting for each in offers if each.waiting]
    took = [each.answered_in for each in offers if each.answered_in]
    most = [days.most for days in took if days.most is not None]
    return Silence(
        waiting=sorted(waiting, key=lambda each: (-each.days.least, each.offer)),
        answered=sum(each.is_answered for each in offers),
        median_least=median(days.least for days in took) if took else None,
        median_most=median(most) if most and len(most) == len(took) else None,
    )
