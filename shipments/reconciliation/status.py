"""S6: from the best story to a status, with how sure each step is and who stands behind it.

reach(m) = best - best story without anything that implies m: did it get at least this far?
margin(c) = best - best story without c (on the path), best through c - best (off it): was it this?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from shipments.reconciliation.backing import Backing, Tally
from shipments.reconciliation.candidates import Candidate, Entry, gather, score
from shipments.reconciliation.chain import Stories
from shipments.reconciliation.denials import Denial, collect
from shipments.reconciliation.model import Lifecycle, Policy, ReportKey
from shipments.reconciliation.overruling import overruled
from shipments.reconciliation.vocabulary import Standing, State
from shipments.reconciliation.weights import Vote


class Support(NamedTuple):
    """Who stands behind a milestone of the best story, how many of them by themselves, and whether it was decided."""

    backing: Backing
    independent: int
    is_decided: bool


class Verdict(Struct, kw_only=True, eq=False):
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
    _supports: dict[str, Support] = {}
    _states: dict[int, State] = {}

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
        """Who stands behind a milestone of the best story: all steps that imply it, and legs."""
        return self.support(milestone).backing

    def support(self, milestone: str) -> Support:
        """The same, with how well it stands."""
        if not self._supports:
            self._supports |= self._supported()
        return self._supports[milestone]

    def _supported(self) -> dict[str, Support]:
        # From the end on: who tells of progress tells of all before it.
        found: dict[str, Support] = {}
        progress, is_decided, legs = Tally(), False, self.leg_votes
        for step in (self.candidates[i] for i in reversed(self.path)):
            implying = self.lifecycle.implying(step.milestone)
            if not step.is_progress:
                steps = [one for i in self.path if (one := self.candidates[i]).milestone in implying]
                tally = Tally(vote for one in steps for vote in one.votes)
                found[step.milestone] = Support(tally.backing, tally.independent, any(s.is_decided for s in steps))
                continue
            progress.add(step.votes)
            is_decided = is_decided or step.is_decided
            if legs and "arrived" in implying:
                progress.add(legs)
                legs = []
            found[step.milestone] = Support(progress.backing, progress.independent, is_decided)
        return found

    def state(self, index: int) -> State:
        """The state of a candidate: that of its milestone, seen from it."""
        state = self._states.get(index)
        if state is None:
            state = self._states[index] = self._state(index)
        return state

    def _state(self, index: int) -> State:
        candidate = self.candidates[index]
        support = self.support(candidate.milestone) if index in self.path else None
        if support is not None and support.is_decided:
            return State.DECIDED
        if self.is_contested(index):
            return State.CONTESTED
        voices = candidate.origin_count if support is None else support.independent
        return State.CORROBORATED if voices > 1 else State.SINGLE_SOURCE

    @property
    def subject_state(self) -> State:
        """The state of the furthest candidate that is seriously claimed."""
        serious = [i for i, margin in self.margins.items() if margin > -self.contested_bar]
        if serious:
            return self.state(max(serious))
        return State.DENIED if self.denials else State.UNKNOWN


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
    reaches = _reaches(stories, path, best)
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


def _reaches(stories: Stories, path: Sequence[int], best: int) -> dict[int, int]:
    """How much less the best story is worth without anything that implies each step of it."""
    reaches: dict[int, int] = {}
    further = 0
    for index in reversed(path):
        step = stories.candidates[index]
        if stories.is_one and step.is_progress:
            reaches[index] = further = further + step.score
        else:
            implying = stories.lifecycle.implying(step.milestone)
            without = [i for i, other in enumerate(stories.candidates) if other.milestone in implying]
            reaches[index] = stories.lost(without, best=best)
    return reaches
