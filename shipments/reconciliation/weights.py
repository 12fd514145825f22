"""S3: what a vote weighs, and how the votes of one origin on one subject are walked.

Everything is an integer number of milli-nats. H(weights) adds the weights in falling order, the k-th
shifted right by k: volume from one origin never reaches twice its grade.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from shipments.reconciliation.model import Policy, Rating, ReportKey
from shipments.reconciliation.origins import Origins
from shipments.reconciliation.vocabulary import Fate, Grade
from shipments.reconciliation.words import Word

UNGRADED = "\x00ungraded"
UNRESOLVED = "\x00unresolved"
MOST_WAYS = 64


@dataclass(frozen=True, slots=True)
class Vote:
    """One word's vote for one origin. Votes of one ``pool`` count once in each candidate.

    The pool is the origin, but all ungraded votes share one; an unresolved vote is in its speaker's.
    ``origin`` is None where it is unresolved or a decision: neither is counted as an origin.
    """

    pool: str
    weight: int
    word: Word
    origin: str | None
    is_unresolved: bool = False
    is_decision: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A standing word with its votes (none: it is an echo, or it fell, and ``fate`` says which)."""

    word: Word
    votes: tuple[Vote, ...]
    fate: Fate | None = None
    reason: str = ""
    origins: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """The word's own weight: that of its heaviest vote."""
        return max((vote.weight for vote in self.votes), default=0)


class Scales:
    """Grades in force and the arithmetic of the policy."""

    def __init__(self, policy: Policy, ratings: Iterable[Rating], *, known_at: int) -> None:
        self.policy = policy
        self.grade_weights = dict(policy.grade_weights)
        self.directness = dict(policy.directness)
        self.hedge = dict(policy.hedge)
        self._ratings: dict[tuple[str, str | None], list[tuple[int, int, Grade]]] = defaultdict(list)
        for rating in ratings:
            if rating.recorded_at <= known_at:
                entry = (rating.valid_from, rating.recorded_at, rating.grade)
                self._ratings[(rating.source, rating.topic)].append(entry)
        for entries in self._ratings.values():
            entries.sort()

    def grade(self, source: str, *, at: int, topic: str | None) -> Grade:
        """The grade in force when the source spoke, for the topic first; F where there is none."""
        for key in ((source, topic), (source, None)) if topic else ((source, None),):
            entries = self._ratings.get(key)
            if entries:
                index = bisect_right(entries, at, key=lambda entry: entry[0])
                if index:
                    return entries[index - 1][2]
        return Grade.F

    def weigh(self, word: Word, origins: Origins, *, topic: str | None, excluded: bool) -> Weighed:
        """The votes of a standing word."""
        report = word.report
        if word.is_accept:
            weight = 0 if excluded else self.policy.decision_weight
            return Weighed(word=word, votes=(Vote(word.source, weight, word, None, is_decision=True),), origins=())
        voted = origins.vote(word)
        if voted.has_fallen:
            return Weighed(word=word, votes=(), fate=Fate.RETRACTED, reason="root_withdrawn")
        if not voted.votes and not voted.is_unresolved:
            return Weighed(word=word, votes=(), fate=Fate.ECHO, origins=voted.echoes)
        if excluded:
            return Weighed(word=word, votes=(Vote(word.source, 0, word, None),), origins=voted.votes)
        grade = self.grade(word.source, at=report.asserted_at, topic=topic)
        weight = self._own_weight(word, grade)
        votes = [self._vote(word, origin, grade, weight, topic) for origin in voted.votes]
        if voted.is_unresolved:
            pool = UNGRADED if grade is Grade.F else word.source
            votes.append(Vote(pool, weight, word, None, is_unresolved=True))
        return Weighed(word=word, votes=tuple(votes), origins=voted.votes)

    def _own_weight(self, word: Word, grade: Grade) -> int:
        report = word.report
        weight = self.grade_weights[grade] * self.directness[report.directness] // 1000
        weight = weight * self.hedge[report.hedge] // 1000
        return weight * self.policy.interested // 1000 if report.interested else weight

    def _vote(self, word: Word, origin: str, grade: Grade, weight: int, topic: str | None) -> Vote:
        if origin == word.source:
            return Vote(UNGRADED if grade is Grade.F else origin, weight, word, origin)
        root = self.grade(origin, at=word.report.asserted_at, topic=topic)
        pool = UNGRADED if Grade.F in (grade, root) else origin
        return Vote(pool, min(weight, self.grade_weights[root]), word, origin)


def halving_sum(weights: Iterable[int], *, length: int) -> int:
    """H: the sum of the weights in falling order, the k-th shifted right by k, the first ``length``."""
    falling = sorted(weights, reverse=True)
    return sum(weight >> k for k, weight in enumerate(falling[:length]))


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which a candidate's votes may count: weight by pool, in all ``total``."""

    weights: dict[str, int]
    total: int
    is_unresolved: bool = False


def ways(votes: Sequence[Vote]) -> list[Way]:
    """The ways in which a candidate's votes may count; the first is the resolved one, if there is any.

    Each pool's best vote counts. An unresolved vote counts instead of the resolved ones, not beside them.
    """
    resolved: dict[str, int] = {}
    nameless: dict[str, int] = {}
    for vote in votes:
        side = nameless if vote.is_unresolved else resolved
        if vote.weight > side.get(vote.pool, -1):
            side[vote.pool] = vote.weight
    found = [Way(resolved, sum(resolved.values()))] if resolved else []
    found += [
        Way({pool: weight}, weight, is_unresolved=True)
        for pool, weight in sorted(nameless.items())
        if weight > resolved.get(pool, -1)
    ]
    return found


def walk(candidates: Sequence[list[Way]], *, length: int) -> list[int]:
    """What each candidate is worth, when walked in the given order (the furthest first).

    Each is worth V(with it) - V(before it), where V adds H over the pools. Where a candidate can count
    in more than one way, V takes the best of them together: taking the greater one step by step could
    make a report that agrees lower what it agrees with.
    """
    if all(len(found) == 1 and not found[0].is_unresolved for found in candidates):
        return _plain_walk([found[0].weights for found in candidates], length)
    scores: list[int] = []
    before = 0
    bounded = _bounded(candidates)
    for end in range(1, len(bounded) + 1):
        best = max(_value(chosen, length) for chosen in product(*bounded[:end]))
        scores.append(best - before)
        before = best
    return scores


def _plain_walk(candidates: Iterable[dict[str, int]], length: int) -> list[int]:
    scores: list[int] = []
    pools: dict[str, list[int]] = {}
    for weights in candidates:
        score = 0
        for pool, weight in weights.items():
            said = pools.get(pool)
            if said is None:
                pools[pool] = [weight]
                score += weight
            else:
                was = halving_sum(said, length=length)
                said.append(weight)
                score += halving_sum(said, length=length) - was
        scores.append(score)
    return scores


def _bounded(candidates: Sequence[list[Way]]) -> list[list[Way]]:
    """The same, with at most ``MOST_WAYS`` combinations; beyond, the way that is greater by itself."""
    combinations, bounded = 1, []
    for found in candidates:
        if combinations * len(found) > MOST_WAYS:
            bounded.append([max(found, key=lambda way: way.total)])
        else:
            combinations *= len(found)
            bounded.append(found)
    return bounded


def _value(chosen: Iterable[Way], length: int) -> int:
    """V: the sum of H over the pools.

    Unresolved votes belong to their speakers (who must not weigh more by naming nobody now and then), and
    they may all come from one mouth: the lesser of both readings.
    """
    by_origin: dict[str, list[int]] = defaultdict(list)
    by_speaker: dict[str, list[int]] = defaultdict(list)
    for way in chosen:
        for pool, weight in way.weights.items():
            by_speaker[pool].append(weight)
            by_origin[UNRESOLVED if way.is_unresolved else pool].append(weight)
    return min(
        sum(halving_sum(weights, length=length) for weights in pools.values()) for pools in (by_origin, by_speaker)
    )


def worth(votes: Sequence[Vote]) -> int:
    """What votes for one thing weigh together, one vote an origin, without a walk."""
    return max((way.total for way in ways(votes)), default=0)


def best_by_pool(votes: Iterable[Vote]) -> dict[str, Vote]:
    """The vote of each pool that counts: the heaviest, then the one said first (least order)."""
    best: dict[str, Vote] = {}
    for vote in votes:
        seen = best.get(vote.pool)
        if seen is None or _rank(vote) < _rank(seen):
            best[vote.pool] = vote
    return best


def _rank(vote: Vote) -> tuple[int, ReportKey, int]:
    return -vote.weight, vote.word.key, vote.word.index
