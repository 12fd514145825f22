"""S3: what a vote weighs, and how the votes of one origin on one subject are walked.

Everything is an integer number of milli-nats. H(weights) adds the weights in falling order, the k-th
shifted right by k: volume from one origin never reaches twice its grade.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from msgspec import Struct

from shipments.reconciliation.model import Policy, Rating, Report
from shipments.reconciliation.origins import Origins
from shipments.reconciliation.vocabulary import Fate, Grade
from shipments.reconciliation.words import Word

UNGRADED = "\x00ungraded"
UNRESOLVED = "\x00unresolved"
DECIDED = "\x00decided"
MOST_WAYS = 64
MOST_TORN = 6


class Vote(Struct, frozen=True):
    """One word's vote for one origin. Votes of one ``pool`` count once in each candidate.

    The pool is the origin, but all ungraded votes share one; an unresolved vote is in its speaker's.
    ``speaker`` is the pool of whoever says it, which for a source's own word is the same.
    ``origin`` is None where it is unresolved or a decision: neither is counted as an origin.
    """

    pool: str
    speaker: str
    weight: int
    word: Word
    origin: str | None
    is_unresolved: bool = False
    is_decision: bool = False


class Weighed(Struct, frozen=True):
    """A standing word with its votes (none: it is an echo, or it fell, and ``fate`` says which).

    ``weight`` is the word's own: that of its heaviest vote. ``is_unresolved``: one is for an origin nobody named.
    """

    word: Word
    votes: tuple[Vote, ...]
    weight: int = 0
    fate: Fate | None = None
    reason: str = ""
    origins: tuple[str, ...] = ()
    is_unresolved: bool = False


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
            for valid_from, _, grade in reversed(self._ratings.get(key, ())):
                if valid_from <= at:
                    return grade
        return Grade.F

    def weigh(self, word: Word, origins: Origins, *, topic: str | None, excluded: bool) -> Weighed:
        """The votes of a standing word."""
        report = word.report
        if word.is_accept:
            weight = 0 if excluded else self.policy.decision_weight
            # Analysts speak with one voice, and each milestone that they accept weighs in full: it is no volume.
            pool = f"{DECIDED}:{word.name}"
            return Weighed(word, (Vote(pool, pool, weight, word, None, is_decision=True),), weight)
        voted = origins.vote(word)
        if voted.has_fallen:
            return Weighed(word, (), fate=Fate.RETRACTED, reason="root_withdrawn")
        if not voted.votes and not voted.is_unresolved:
            return Weighed(word, (), fate=Fate.ECHO, origins=voted.echoes)
        if excluded:
            return Weighed(word, (Vote(word.source, word.source, 0, word, None),), origins=voted.votes)
        grade = self.grade(word.source, at=report.asserted_at, topic=topic)
        weight = self._own_weight(report, grade)
        speaker = UNGRADED if grade is Grade.F else word.source
        if voted.votes == (word.source,) and not voted.is_unresolved:
            return Weighed(word, (Vote(speaker, speaker, weight, word, word.source),), weight, origins=voted.votes)
        votes = [self._vote(word, origin, speaker, weight, topic) for origin in voted.votes]
        if voted.is_unresolved:
            votes.append(Vote(speaker, speaker, weight, word, None, is_unresolved=True))
        heaviest = max(vote.weight for vote in votes)
        return Weighed(word, tuple(votes), heaviest, origins=voted.votes, is_unresolved=voted.is_unresolved)

    def _own_weight(self, report: Report, grade: Grade) -> int:
        weight = self.grade_weights[grade] * self.directness[report.directness] // 1000
        weight = weight * self.hedge[report.hedge] // 1000
        return weight * self.policy.interested // 1000 if report.interested else weight

    def _vote(self, word: Word, origin: str, speaker: str, weight: int, topic: str | None) -> Vote:
        if origin == word.source:
            return Vote(speaker, speaker, weight, word, origin)
        root = self.grade(origin, at=word.report.asserted_at, topic=topic)
        pool = UNGRADED if speaker == UNGRADED or root is Grade.F else origin
        return Vote(pool, speaker, min(weight, self.grade_weights[root]), word, origin)


def halving_sum(weights: Iterable[int], *, length: int) -> int:
    """H: the sum of the weights in falling order, the k-th shifted right by k, the first ``length``."""
    falling = sorted(weights, reverse=True)
    return sum([weight >> k for k, weight in enumerate(falling[:length])])


class Edge(NamedTuple):
    """What one speaker's best vote for one origin weighs in one candidate."""

    origin: str
    speaker: str
    weight: int


Way = tuple[Edge, ...]  # all that counts of a candidate's votes, if they are taken this way


def ways(votes: Sequence[Vote]) -> list[Way]:
    """The ways in which a candidate's votes may count; the first is the resolved one, if there is any.

    An unresolved vote counts instead of the resolved ones, not beside them.
    """
    nameless = [vote for vote in votes if vote.is_unresolved]
    if not nameless:
        return [edges(votes)] if votes else []
    resolved = edges([vote for vote in votes if not vote.is_unresolved])
    instead: list[Way] = [(edge._replace(origin=UNRESOLVED),) for edge in edges(nameless)]
    return [resolved, *instead] if resolved else instead


def edges(votes: Sequence[Vote]) -> Way:
    """The best vote of each speaker for each origin, sorted."""
    if len(votes) == 1:
        return (Edge(votes[0].pool, votes[0].speaker, max(0, votes[0].weight)),)
    best: dict[tuple[str, str], int] = {}
    for vote in votes:
        pair = (vote.pool, vote.speaker)
        seen = best.get(pair, 0)
        best[pair] = vote.weight if vote.weight > seen else seen
    return tuple([Edge(*pair, weight) for pair, weight in sorted(best.items())])


def walk(candidates: Sequence[list[Way]], *, length: int) -> list[int]:
    """What each candidate is worth, when walked in the given order (the furthest first).

    Each is worth V(with it) - V(before it), V as in ``value``. Where a candidate can count in more than
    one way, V takes the best of them together: taking the greater one step by step could make a report
    that agrees lower what it agrees with.
    """
    only = [found[0] for found in candidates if len(found) == 1]
    if len(only) == len(candidates) and not _torn(only):
        return _plain_walk(only, length)
    bounded = _bounded(candidates, length)
    scores: list[int] = []
    before = 0
    for end in range(1, len(bounded) + 1):
        best = max(value(chosen, length=length) for chosen in product(*bounded[:end]))
        scores.append(best - before)
        before = best
    return scores


def _plain_walk(candidates: Iterable[Way], length: int) -> list[int]:
    """The same where nobody is torn: each vote belongs to its origin."""
    scores: list[int] = []
    pools: dict[str, list[int]] = {}
    worth: dict[str, int] = {}
    for way in candidates:
        score = 0
        for pool, weight in _best_by_home(way, frozenset()).items():
            if pool in pools:
                pools[pool].append(weight)
                now = halving_sum(pools[pool], length=length)
                score += now - worth[pool]
            else:
                pools[pool] = [weight]
                now = weight
                score += weight
            worth[pool] = now
        scores.append(score)
    return scores


def _bounded(candidates: Sequence[list[Way]], length: int) -> list[list[Way]]:
    """The same, with at most ``MOST_WAYS`` combinations; beyond, the way that is greater by itself."""
    combinations, bounded = 1, []
    for found in candidates:
        if combinations * len(found) > MOST_WAYS:
            bounded.append([max(found, key=lambda way: value([way], length=length))])
        else:
            combinations *= len(found)
            bounded.append(found)
    return bounded


def value(chosen: Sequence[Way], *, length: int) -> int:
    """V: what candidates are worth together, each counted in the way that was chosen.

    A vote is its origin's, for quoting is not corroboration, and its speaker's, for volume does not win: in
    each candidate a pool counts once, and over all candidates H bounds it. Each speaker's votes are charged
    to their origins or to the speaker, whichever makes the whole worth least. So no speaker ever adds as much
    as twice its grade, no origin alone is worth as much, and a further vote never takes anything away.
    """
    torn = _torn(chosen)
    if not torn:
        return _charged(chosen, frozenset(), length)
    if len(torn) > MOST_TORN:
        readings: Iterable[Collection[str]] = ((), torn)
    else:
        readings = (some for count in range(len(torn) + 1) for some in combinations(torn, count))
    return min(_charged(chosen, frozenset(reading), length) for reading in readings)


def _charged(chosen: Iterable[Way], to_speaker: frozenset[str], length: int) -> int:
    pools: dict[str, list[int]] = defaultdict(list)
    for way in chosen:
        for pool, weight in _best_by_home(way, to_speaker).items():
            pools[pool].append(weight)
    return sum(halving_sum(weights, length=length) for weights in pools.values())


def _best_by_home(way: Way, to_speaker: frozenset[str]) -> dict[str, int]:
    if len(way) == 1 and not to_speaker:
        return {way[0].origin: way[0].weight}
    best: dict[str, int] = {}
    for origin, speaker, weight in way:
        home = speaker if speaker in to_speaker else origin
        if weight > best.get(home, -1):
            best[home] = weight
    return best


def _torn(chosen: Sequence[Way]) -> list[str]:
    """The speakers to whom it may matter where their votes are charged: those heard in more than one pool."""
    if all(origin == speaker for way in chosen for origin, speaker, _ in way):
        return []  # everybody speaks for themselves
    homes: dict[str, set[str]] = defaultdict(set)
    for way in chosen:
        for origin, speaker, _ in way:
            homes[speaker].add(origin)
            if origin != speaker:
                homes[origin].add(origin)
    return sorted(speaker for speaker, pools in homes.items() if len(pools) > 1)


def worth(votes: Sequence[Vote]) -> int:
    """What votes for one thing weigh together, one vote an origin and a speaker, without a walk."""
    if len(votes) == 1:
        return max(0, votes[0].weight)
    return max([value([way], length=1) for way in ways(votes)], default=0)


def weight_against(votes: Sequence[Vote]) -> int:
    """What denials of one thing weigh together: as in ``worth``, but unresolved ones stand beside the others."""
    return value([edges(votes)], length=1) if votes else 0


def independent(votes: Sequence[Vote]) -> int:
    """How many votes are independent of each other: as many origins, by as many speakers."""
    if len(votes) == 1:
        return int(votes[0].weight > 0 and not votes[0].is_unresolved)
    pools, speakers = set[str](), set[str]()
    for vote in votes:
        if vote.weight > 0 and not vote.is_unresolved:
            pools.add(vote.pool)
            speakers.add(vote.speaker)
    return min(len(pools), len(speakers))
