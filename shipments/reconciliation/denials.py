"""Denials: "not so, as of T". All of them on one subject are walked, the lowest milestone first.

What is denied as of T is denied as of any time before. So the denials of one milestone come in layers,
the latest T first: a layer weighs what its votes add to those that hold for longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from msgspec import Struct

from shipments.reconciliation.model import Lifecycle
from shipments.reconciliation.weights import Vote, Way, edges, halving_sum, value


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
        layers = [list(layer) for _, layer in groupby(sorted(by_name[name], key=_latest_first), key=_latest)]
        for added, weight in zip(layers, _gains(layers, lower, length), strict=True):
            found.append(
                Denial(
                    milestone=name,
                    rank=milestone.rank,
                    is_progress=milestone.is_progress,
                    until=_latest(added[0]),
                    votes=added,
                    weight=weight,
                )
            )
        lower.append(edges(list(chain(*layers))))
    return found


def _gains(layers: Sequence[list[Vote]], lower: Sequence[Way], length: int) -> Iterator[int]:
    """What each layer adds to those before it and to the ways ``lower``."""
    ways = [*lower, edges(list(chain(*layers)))]
    if any(origin != speaker for way in ways for origin, speaker, _ in way):
        before, holding = value(lower, length=length), list[Vote]()
        for layer in layers:
            holding += layer
            now = value([*lower, edges(holding)], length=length)
            yield now - before
            before = now
        return
    # Where all speak for themselves, a layer adds what its own pools gain: to ask what all weigh together at each
    # would take time by the square of those who deny, each as of another time.
    heard: dict[str, list[int]] = {}
    for pool, _, weight in chain(*lower):
        heard.setdefault(pool, []).append(weight)
    best: dict[str, int] = {}
    for layer in layers:
        gain = 0
        for pool, _, weight in edges(layer):
            if weight > (so_far := best.get(pool, 0)):
                below = heard.get(pool, [])
                gain += halving_sum([*below, weight], length=length) - halving_sum([*below, so_far], length=length)
                best[pool] = weight
        yield gain


def _latest(vote: Vote) -> int:
    return vote.word.latest


def _latest_first(vote: Vote) -> tuple[object, ...]:
    return -vote.word.latest, vote.word.key, vote.pool
