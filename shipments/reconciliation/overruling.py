"""Decisions that cannot stand together: the latest stands, the earlier is overruled.

Whether two accepted milestones fit is seen only once they have joined the events they speak of, so
this comes after S4, and S4 is then done again without the votes of what was overruled.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from shipments.reconciliation.candidates import Candidate
from shipments.reconciliation.chain import Stories
from shipments.reconciliation.denials import Denial
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.weights import Vote


class _Decided(NamedTuple):
    """What analysts decided of one event: its votes, the latest first."""

    votes: list[Vote]
    event: Candidate | Denial


def overruled(stories: Stories) -> dict[int, ReportKey]:
    """The decided words (by identity) that a later decision leaves no room for, and by which they lose.

    Of one event at a time: what it takes away may change which event another decision joins.
    """
    events: list[Candidate | Denial] = [*stories.candidates, *stories.denials]
    found = [_Decided(votes, event) for event in events if (votes := _decisions(event.votes))]
    if len(found) < 2:
        return {}
    decided = sorted(found, key=lambda d: _order(d.votes[0]), reverse=True)
    for later, earlier in combinations(decided, 2):
        if not _fit(later.event, earlier.event, stories):
            return {id(vote.word): later.votes[0].word.key for vote in earlier.votes}
    return {}


def _decisions(votes: Iterable[Vote]) -> list[Vote]:
    decided = [v for v in votes if v.is_decision and v.weight]
    return sorted(decided, key=_order, reverse=True) if decided else decided


def _order(vote: Vote) -> tuple[object, ...]:
    return vote.word.order


def _fit(one: Candidate | Denial, other: Candidate | Denial, stories: Stories) -> bool:
    """Whether both can be so."""
    match one, other:
        case Candidate(), Candidate():
            return stories.may_precede(one, other) or stories.may_precede(other, one)
        case Candidate(), Denial():
            return all(denial is not other for denial in stories.applicable(one))
        case Denial(), Candidate():
            return all(denial is not one for denial in stories.applicable(other))
    return True
