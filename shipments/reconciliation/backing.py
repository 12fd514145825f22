"""Who stands behind what was said: origins by name, sources whose origin nobody named, and the reports that count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.weights import Vote


class Backing(NamedTuple):
    """Resolved origins, number of unresolved sources, and the reports whose votes count."""

    origins: tuple[str, ...]
    unresolved: int
    because: tuple[ReportKey, ...]


class Tally:
    """Votes for one thing as they come; in what order those of different words come makes no difference.

    ``best`` holds the vote of each pool that counts: the heaviest, then the one said first (least order); ``named``
    does so of the votes that name an origin, and is the same while all of them do.
    """

    def __init__(self, votes: Iterable[Vote] = ()) -> None:
        self.best: dict[str, Vote] = {}
        self.named = self.best
        self.nameless = set[str]()
        self.pools = set[str]()
        self.speakers = set[str]()
        self.add(votes)

    def add(self, votes: Iterable[Vote]) -> None:
        """Take in more votes."""
        for vote in votes:
            if vote.origin is None and self.named is self.best:
                self.named = dict(self.best)
            _hear(vote, self.best)
            if vote.origin is not None and self.named is not self.best:
                _hear(vote, self.named)
            if vote.is_unresolved:
                self.nameless.add(vote.word.source)
            elif vote.weight > 0:
                self.pools.add(vote.pool)
                self.speakers.add(vote.speaker)

    @property
    def independent(self) -> int:
        """How many votes are independent of each other: as many origins, by as many speakers."""
        return min(len(self.pools), len(self.speakers))

    @property
    def backing(self) -> Backing:
        """Who stands behind them (all ungraded origins together are one)."""
        origins = {vote.origin for vote in self.named.values() if vote.weight > 0 and vote.origin is not None}
        return Backing(tuple(sorted(origins)), len(self.nameless), because(self.best.values()))


def _hear(vote: Vote, best: dict[str, Vote]) -> None:
    seen = best.get(vote.pool)
    if seen is None or vote.weight > seen.weight or (vote.weight == seen.weight and _is_before(vote, seen)):
        best[vote.pool] = vote


def _is_before(vote: Vote, other: Vote) -> bool:
    return (vote.word.key, vote.word.index) < (other.word.key, other.word.index)


def backing(votes: Sequence[Vote]) -> Backing:
    """Who stands behind votes for one thing."""
    if len(votes) > 1:
        return Tally(votes).backing
    for vote in votes:
        origins = () if vote.origin is None or vote.weight <= 0 else (vote.origin,)
        return Backing(origins, int(vote.is_unresolved), (vote.word.key,))
    return Backing((), 0, ())


def best_by_pool(votes: Iterable[Vote]) -> dict[str, Vote]:
    """The vote of each pool that counts."""
    best: dict[str, Vote] = {}
    for vote in votes:
        _hear(vote, best)
    return best


def because(best: Iterable[Vote]) -> tuple[ReportKey, ...]:
    """The reports of the votes that count, sorted."""
    return tuple(sorted({vote.word.key for vote in best}))


def unresolved(votes: Iterable[Vote]) -> int:
    """How many sources repeat an origin that nobody named."""
    return len({vote.word.source for vote in votes if vote.is_unresolved})
