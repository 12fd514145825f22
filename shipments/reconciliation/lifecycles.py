"""The four lifecycles as data. Source: the project's vocabulary (docs), one table each.

Ranks are in tenths, so that ``refused`` (9.3) sits between 9 and 10 as an integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from shipments.reconciliation.model import Lifecycle, Milestone

Pairs = Iterator[tuple[str, str]]


def _ladder(names: Iterable[tuple[str, int]], *, terminal: frozenset[str]) -> tuple[Milestone, ...]:
    return tuple(Milestone(name=n, rank=r, is_terminal=n in terminal) for n, r in names)


def _branch(name: str, rank: int, *, is_terminal: bool = False, implies: tuple[str, ...] = ()) -> Milestone:
    return Milestone(name=name, rank=rank, is_progress=False, is_terminal=is_terminal, implies=implies)


def _upward(milestones: Iterable[Milestone]) -> Pairs:
    ladder = tuple(milestones)
    return ((a.name, b.name) for a, b in product(ladder, ladder) if a.rank < b.rank)


def _below(milestones: Iterable[Milestone], rank: int) -> tuple[str, ...]:
    return tuple(m.name for m in milestones if m.rank < rank)


_SHIPMENT = _ladder(
    (
        ("planned", 0),
        ("booked", 10),
        ("ready", 20),
        ("departed", 30),
        ("in_transit", 40),
        ("arrived", 50),
        ("customs", 60),
        ("cleared", 70),
        ("received", 80),
        ("out_for_delivery", 90),
        ("delivered", 100),  # soft terminal: only `verified` follows, but it is no hard end
        ("verified", 110),
    ),
    terminal=frozenset({"verified"}),
)

SHIPMENT = Lifecycle(
    name="shipment",
    milestones=(
        *_SHIPMENT,
        _branch("refused", 93),
        _branch("return_started", 96),
        _branch("returned", 120, is_terminal=True, implies=("return_started",)),
        _branch("lost", 120, is_terminal=True),
        _branch("destroyed", 120, is_terminal=True),
        _branch("cancelled", 120, is_terminal=True),
    ),
    allowed=frozenset(
        (
            *_upward(_SHIPMENT),
            *product(("planned", "booked", "ready"), ("cancelled",)),
            *product(
                _below(_SHIPMENT, 91),
                ("lost", "destroyed", "refused", "return_started", "returned"),
            ),
            *product(
                ("refused",),
                ("return_started", "returned", "destroyed", "delivered", "verified"),
            ),
            *product(("return_started",), ("returned", "lost", "destroyed")),
        )
    ),
    flag_names=(
        "delayed",
        "diverted",
        "held_customs",
        "held_sanctions",
        "held_documents",
        "offloaded",
        "misrouted",
        "missing",
        "partial",
        "quantity_mismatch",
        "damaged",
        "seal_broken",
        "stolen_partial",
        "temperature_alarm",
        "vvm_discard",
        "quarantined",
    ),
    flag_ends=(
        ("held_customs", "cleared"),
        ("held_sanctions", "cleared"),
        ("held_documents", "cleared"),
        ("delayed", "*"),
        ("offloaded", "*"),
        ("misrouted", "*"),
        ("missing", "*"),
    ),
)

_LEG = _ladder(
    (("planned", 0), ("departed", 10), ("in_transit", 20), ("arrived", 30)),
    terminal=frozenset(),
)

LEG = Lifecycle(
    name="leg",
    milestones=(*_LEG, _branch("diverted", 25), _branch("cancelled", 40, is_terminal=True)),
    allowed=frozenset(
        (
            *_upward(_LEG),
            ("planned", "cancelled"),
            ("departed", "diverted"),
            ("in_transit", "diverted"),
            ("diverted", "arrived"),  # arrived elsewhere: the place of the step says where
        )
    ),
    flag_names=SHIPMENT.flag_names,
    flag_ends=SHIPMENT.flag_ends,
)

_OFFER = _ladder(
    (
        ("floated", 0),
        ("made", 10),
        ("acknowledged", 20),
        ("conditional", 25),
        ("refused", 30),
        ("accepted_partly", 32),
        ("accepted", 34),
        ("committed", 40),
        ("in_delivery", 50),
        ("fulfilled", 60),
    ),
    terminal=frozenset(),
)

OFFER = Lifecycle(
    name="offer",
    milestones=(
        *_OFFER,
        _branch("withdrawn", 70, is_terminal=True),
        _branch("lapsed", 70, is_terminal=True),
    ),
    allowed=frozenset((*_upward(_OFFER), *product(_below(_OFFER, 34), ("withdrawn", "lapsed")))),
    only_later=frozenset(
        (
            ("conditional", "refused"),
            *product(("refused",), ("accepted_partly", "accepted", "committed")),
        )
    ),
)

_APPEAL = _ladder((("made", 10), ("acknowledged", 20), ("answered", 30), ("closed", 40)), terminal=frozenset())

APPEAL = Lifecycle(
    name="appeal",
    milestones=(*_APPEAL, _branch("withdrawn", 50, is_terminal=True)),
    allowed=frozenset((*_upward(_APPEAL), *product(_below(_APPEAL, 40), ("withdrawn",)))),
)

LIFECYCLES = {one.name: one for one in (SHIPMENT, LEG, OFFER, APPEAL)}
