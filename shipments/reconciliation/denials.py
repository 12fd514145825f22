"""Denials: "not so, as of T". All of them on one subject are walked, the lowest milestone first.

What is denied as of T is denied as of any time before. So the denials of one milestone come in layers,
the latest T first: a layer weighs what its votes add to those that hold for longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from shipments.reconciliation.model import Lifecycle
from shipments.reconciliation.weights import Vote, Way, edges, value


class Denial(Struct, kw_only=True, eq=False):
    """The denials of a milestone (and of all that implies it) as of ``until``, and what they add."""

    milestone: str
    rank: int
    is_progress: bool
    until: int
    votes: list[Vote]
    weight: int


def collect(votes: Iterable[Vote], lifecycle: Lifecycle, *, length: int) -> list[Denial]:
    """The denials by milestone from the lowest on, each milestone's by time from the latest on.

    Votes without weight deny nothing. Progress and branches are walked apart.
    """
    by_name: dict[str, list[Vote]] = {}
    for vote in votes:
        if vote.weight:
            by_name.setdefault(vote.word.name, []).append(vote)
    names = sorted(by_name, key=lambda name: (lifecycle.named(name).rank, name))
    walked: dict[bool, list[Way]] = {True: [], False: []}
    found: list[Denial] = []
    for name in names:
        milestone = lifecycle.named(name)
        lower = walked[milestone.is_progress]
        holding: list[Vote] = []
        before = value(lower, length=length)
        for until, layer in groupby(sorted(by_name[name], key=_latest_first), key=lambda vote: vote.word.latest):
            added = list(layer)
            holding += added
            now = value([*lower, edges(holding)], length=length)
            found.append(
                Denial(
                    milestone=name,
                    rank=milestone.rank,
                    is_progress=milestone.is_progress,
                    until=until,
                    votes=added,
                    weight=now - before,
                )
            )
            before = now
        lower.append(edges(holding))
    return found


def _latest_first(vote: Vote) -> tuple[object, ...]:
    return -vote.word.latest, vote.word.key, vote.pool
