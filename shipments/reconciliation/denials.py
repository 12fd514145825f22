"""Denials: "not so, as of T". Each origin's denials on one subject are walked, the lowest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shipments.reconciliation.model import Lifecycle
from shipments.reconciliation.weights import Vote, halving_sum


@dataclass(kw_only=True, slots=True, eq=False)
class Denial:
    """One origin's denial of a milestone (and of all that implies it) as of ``until``.

    ``weight`` is what it is worth after the walk: the denial of the lowest milestone counts in full.
    """

    milestone: str
    rank: int
    is_progress: bool
    until: int
    vote: Vote
    weight: int = 0


def collect(votes: Iterable[Vote], lifecycle: Lifecycle, *, length: int) -> list[Denial]:
    """One denial for each origin and milestone (its heaviest, then its latest), in walked order."""
    best: dict[tuple[str, str], Denial] = {}
    for vote in votes:
        milestone = lifecycle.named(vote.word.name)
        found = Denial(
            milestone=milestone.name,
            rank=milestone.rank,
            is_progress=milestone.is_progress,
            until=vote.word.latest,
            vote=vote,
        )
        seen = best.get((milestone.name, vote.pool))
        if seen is None or _precedence(found) < _precedence(seen):
            best[(milestone.name, vote.pool)] = found
    denials = sorted(best.values(), key=lambda d: (d.rank, d.until, d.vote.word.key))
    said: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for denial in denials:
        before = said[(denial.vote.pool, denial.is_progress)]
        was = halving_sum(before, length=length)
        before.append(denial.vote.weight)
        denial.weight = halving_sum(before, length=length) - was
    return denials


def _precedence(denial: Denial) -> tuple[object, ...]:
    return -denial.vote.weight, -denial.until, denial.vote.word.key
