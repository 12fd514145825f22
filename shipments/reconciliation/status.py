"""S6: from the best story to a status, with how sure each step is and who stands behind it.

reach(m) = best - best story without anything that implies m: did it get at least this far?
margin(c) = best - best story without c (on the path), best through c - best (off it): was it this?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shipments.reconciliation.candidates import Candidate, Entry, gather, score
from shipments.reconciliation.chain import Stories
from shipments.reconciliation.denials import Denial, collect
from shipments.reconciliation.model import Lifecycle, Policy, ReportKey
from shipments.reconciliation.overruling import overruled
from shipments.reconciliation.vocabulary import Standing, State
from shipments.reconciliation.weights import Vote, best_by_pool, independent


class Backing(NamedTuple):
    """Resolved origins, number of unresolved sources, and the reports whose votes count."""

    origins: tuple[str, ...]
    unresolved: int
    because: tuple[ReportKey, ...]


@dataclass(kw_only=True, slots=True, eq=False)
class Verdict:
    """What the fold of one lifecycle says. ``margins`` and ``reaches`` are by candidate index.

    ``path`` are the indices of the best story in chain order; ``status`` the index of the furthest
    step whose reach meets the bar; ``contested_from`` of the first step (or rival) in doubt.
    ``overruled`` are the decided words (by identity) that a later decision left no room for.
    """

    lifecycle: Lifecycle
    stories: Stories
    candidates: list[Candidate]
    denials: list[Denial]
    best: int
    path: list[int]
    margins: dict[int, int]
    reaches: dict[int, int]
    status: int | None
    contested_bar: int
    leg_votes: list[Vote]
    overruled: dict[int, ReportKey]
    _supporters: dict[str, list[Vote]] = field(default_factory=dict)
    _behind: dict[str, Backing] = field(default_factory=dict)
    _states: dict[int, State] = field(default_factory=dict)

    @property
    def leading(self) -> int | None:
        """The last step of the best story."""
        return self.path[-1] if self.path else None

    @property
    def standing(self) -> Standing | None:
        """How the leading step stands: contested, unconfirmed (further than the status) or accepted."""
        if self.leading is None:
            return None
        if self.is_contested(self.leading):
            return Standing.CONTESTED
        return Standing.ACCEPTED if self.leading == self.status else Standing.UNCONFIRMED

    @property
    def rivals(self) -> list[int]:
        """The left-out candidates within the bar of the best story."""
        return [i for i, margin in self.margins.items() if i not in self.path and margin > -self.contested_bar]

    @property
    def contested_from(self) -> int | None:
        """The first candidate in chain order that is in doubt, on the path or off it."""
        return min([*self.rivals, *(i for i in self.path if self.is_contested(i))], default=None)

    def is_contested(self, index: int) -> bool:
        """Whether a rival or a denial leaves it within the bar."""
        margin = self.margins[index]
        if index not in self.path:
            return margin > -self.contested_bar
        return margin < self.candidates[index].score and margin < self.contested_bar

    def behind(self, milestone: str) -> Backing:
        """Who stands behind a milestone: the votes of all path candidates that imply it, and of legs."""
        known = self._behind.get(milestone)
        if known is None:
            known = self._behind[milestone] = backing(self.supporters(milestone))
        return known

    def supporters(self, milestone: str) -> list[Vote]:
        """The votes of all path candidates that imply a milestone, and of legs."""
        votes = self._supporters.get(milestone)
        if votes is None:
            votes = self._supporters[milestone] = [
                vote for candidate in self._implying(milestone) for vote in candidate.votes
            ]
            if self.leg_votes and "arrived" in self.lifecycle.implying(milestone):
                votes += self.leg_votes
        return votes

    def state(self, index: int) -> State:
        """The state of a candidate: that of its milestone, seen from it."""
        state = self._states.get(index)
        if state is None:
            state = self._states[index] = self._state(index)
        return state

    def _state(self, index: int) -> State:
        candidate = self.candidates[index]
        on_path = index in self.path
        if on_path and any(other.is_decided for other in self._implying(candidate.milestone)):
            return State.DECIDED
        if self.is_contested(index):
            return State.CONTESTED
        votes = self.supporters(candidate.milestone) if on_path else candidate.votes
        return State.CORROBORATED if independent(votes) > 1 else State.SINGLE_SOURCE

    @property
    def subject_state(self) -> State:
        """The state of the furthest candidate that is seriously claimed."""
        serious = [i for i, margin in self.margins.items() if margin > -self.contested_bar]
        if serious:
            return self.state(max(serious))
        return State.DENIED if self.denials else State.UNKNOWN

    def _implying(self, milestone: str) -> list[Candidate]:
        """The candidates on the path that imply a milestone."""
        implying = self.lifecycle.implying(milestone)
        return [step for i in self.path if (step := self.candidates[i]).milestone in implying]


def judge(
    entries: Iterable[Entry],
    denied: Iterable[Vote],
    *,
    lifecycle: Lifecycle,
    policy: Policy,
    bar: int,
    leg_votes: Sequence[Vote] = (),
) -> Verdict:
    """S4 to S6 for one lifecycle: candidates, the best story, and how sure each step of it is."""
    entries, denied = list(entries), list(denied)
    lost: dict[int, ReportKey] = {}
    while True:
        candidates = gather(entries, lifecycle, policy)
        denials = collect(denied, lifecycle, length=policy.walk_length)
        stories = Stories(candidates, denials, lifecycle, tolerance=policy.tolerance)
        more = overruled(stories)
        if not more:
            break
        lost |= more
        entries = [left for entry in entries if (left := entry.without(lost)) is not None]
        denied = [vote for vote in denied if id(vote.word) not in lost]
    path = stories.path()
    if len(path) < len(candidates):
        score([candidates[i] for i in path], length=policy.walk_length)
    best = stories.best()
    margins = {i: worth - best for i, worth in stories.best_through(stories.eligible).items()}
    margins |= {i: stories.lost((i,), best=best) for i in path}
    reaches = {i: stories.lost(_implying(candidates, i, lifecycle), best=best) for i in path}
    return Verdict(
        lifecycle=lifecycle,
        stories=stories,
        candidates=candidates,
        denials=denials,
        best=best,
        path=path,
        margins=margins,
        reaches=reaches,
        status=next((i for i in reversed(path) if reaches[i] >= bar), None),
        contested_bar=policy.bar,
        leg_votes=list(leg_votes),
        overruled=lost,
    )


def _implying(candidates: Sequence[Candidate], index: int, lifecycle: Lifecycle) -> list[int]:
    implying = lifecycle.implying(candidates[index].milestone)
    return [i for i, candidate in enumerate(candidates) if candidate.milestone in implying]


def unresolved(votes: Iterable[Vote]) -> int:
    """How many sources repeat an origin that nobody named."""
    return len({vote.word.source for vote in votes if vote.is_unresolved})


def backing(votes: Sequence[Vote]) -> Backing:
    """Who stands behind votes for one thing: origins by name (all ungraded ones together are one), and the reports."""
    best = best_by_pool(votes).values()
    named = [v for v in votes if v.origin is not None]
    heard = best if len(named) == len(votes) else best_by_pool(named).values()
    origins = {v.origin for v in heard if v.weight > 0 and v.origin is not None}
    # An unresolved vote is for no origin, so that there is none where all votes name theirs.
    return Backing(tuple(sorted(origins)), unresolved(votes) if heard is not best else 0, because(best))


def because(best: Iterable[Vote]) -> tuple[ReportKey, ...]:
    """The reports of the votes that count, sorted."""
    return tuple(sorted({vote.word.key for vote in best}))
