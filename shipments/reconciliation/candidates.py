"""S4: votes become candidates. Gaps and islands in time, per milestone.

fine times, sorted: a gap above the tolerance begins a new island
coarse times, finest first: join the earliest island they overlap, and never widen or bridge it
no time at all: joins the heaviest island
no weight: joins what it touches, and never widens or bridges it
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from shipments.reconciliation.model import Lifecycle, Milestone, Policy, ReportKey
from shipments.reconciliation.values import Interval
from shipments.reconciliation.vocabulary import Precision
from shipments.reconciliation.weights import Vote, Way, independent, walk, ways, worth
from shipments.reconciliation.words import AFTER_ALL, BEFORE_ALL


class Entry(Struct, kw_only=True, eq=False):
    """Votes for one milestone at one time; ``stands_for`` is the leg they were taken from."""

    milestone: str
    earliest: int
    latest: int
    votes: tuple[Vote, ...]
    stands_for: str | None = None

    @property
    def key(self) -> ReportKey:
        """The least of its reports."""
        if len(self.votes) == 1:
            return self.votes[0].word.key
        return min([vote.word.key for vote in self.votes])

    @property
    def order(self) -> tuple[int, int, ReportKey]:
        """Its place among others."""
        return self.earliest, self.latest, self.key

    @property
    def has_weight(self) -> bool:
        """Whether any of its votes counts."""
        if len(self.votes) == 1:
            return bool(self.votes[0].weight)
        return any(vote.weight for vote in self.votes)

    def without(self, words: Container[int]) -> Entry | None:
        """The entry without the votes of these words (by identity); None where nothing is left."""
        votes = tuple(vote for vote in self.votes if id(vote.word) not in words)
        return replace(self, votes=votes) if votes else None

    @property
    def width(self) -> int:
        """How coarse its time is, in microseconds."""
        return self.latest - self.earliest

    @property
    def is_timeless(self) -> bool:
        """Whether nothing at all was said of its time."""
        return self.earliest <= BEFORE_ALL and self.latest >= AFTER_ALL


class Candidate(Struct, kw_only=True, eq=False):
    """An event that may have happened: entries for one milestone that are close in time.

    ``first_score`` is what it is worth with every rival in the walk, ``score`` after the path is known.
    ``order`` is S5's: rank, time, key. ``is_decided`` says whether an analyst's accept that counts is among the
    votes, ``origin_count`` how many of them are independent, ``at`` the finest time said (None: nobody said one).
    """

    milestone: str
    rank: int
    is_progress: bool
    earliest: int
    latest: int
    entries: list[Entry]
    votes: list[Vote]
    order: tuple[int, int, ReportKey]
    ways: list[Way]
    origin_count: int
    is_decided: bool
    at: Interval | None
    score: int = 0
    first_score: int = 0

    @property
    def heard(self) -> list[Entry]:
        """The entries that may say when it happened: those with weight, where there are any."""
        return _heard(self.entries)

    @property
    def stands_for(self) -> str | None:
        """The leg that the step was taken from, if any: of several the least."""
        if len(self.entries) == 1:
            return self.entries[0].stands_for
        return min((e.stands_for for e in self.entries if e.stands_for is not None), default=None)


def gather(entries: Iterable[Entry], lifecycle: Lifecycle, policy: Policy) -> list[Candidate]:
    """The candidates of one lifecycle in S5's order, with their first scores."""
    candidates = events(entries, lifecycle, policy)
    score(candidates, length=policy.walk_length)
    for candidate in candidates:
        candidate.first_score = candidate.score
    return candidates


def events(entries: Iterable[Entry], lifecycle: Lifecycle, policy: Policy) -> list[Candidate]:
    """The same before anything is scored."""
    by_milestone: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_milestone[entry.milestone].append(entry)
    candidates = [
        _candidate(lifecycle.named(name), island)
        for name, group in by_milestone.items()
        for island in islands(group, tolerance=policy.tolerance)
    ]
    return sorted(candidates, key=attrgetter("order"))


def _candidate(milestone: Milestone, island: Island) -> Candidate:
    votes = [vote for entry in island.entries for vote in entry.votes]
    return Candidate(
        milestone=milestone.name,
        rank=milestone.rank,
        is_progress=milestone.is_progress,
        earliest=island.earliest,
        latest=island.latest,
        entries=island.entries,
        votes=votes,
        order=(milestone.rank, island.earliest, min([vote.word.key for vote in votes])),
        ways=ways(votes),
        origin_count=independent(votes),
        is_decided=any(vote.weight for vote in votes if vote.is_decision),
        at=_finest_time(_heard(island.entries)),
    )


def _heard(entries: list[Entry]) -> list[Entry]:
    if len(entries) == 1:
        return entries
    return [e for e in entries if e.has_weight] or entries


def _finest_time(entries: list[Entry]) -> Interval | None:
    timed = [e for e in entries if e.earliest > BEFORE_ALL and e.latest < AFTER_ALL]
    if not timed:
        return None
    finest = min(timed, key=lambda e: (e.width, e.order)) if len(timed) > 1 else timed[0]
    earliest, latest = finest.earliest, finest.latest
    occurred = finest.votes[0].word.report.occurred
    if occurred is not None and occurred.earliest == earliest and occurred.latest == latest:
        return occurred
    precision = Precision.INSTANT if earliest == latest else Precision.RANGE
    return Interval(earliest=earliest, latest=latest, precision=precision)


def score(candidates: Sequence[Candidate], *, length: int) -> None:
    """Walk the candidates from the furthest down, progress and branches apart, and set their scores."""
    for is_progress in (True, False):
        walked = [c for c in reversed(candidates) if c.is_progress is is_progress]
        if not walked:
            continue
        for candidate, value in zip(walked, walk([c.ways for c in walked], length=length), strict=True):
            candidate.score = value


class Island(Struct, kw_only=True, eq=False):
    """Entries close in time, with the bounds of the fine ones (or of the one coarse that began it)."""

    earliest: int
    latest: int
    entries: list[Entry]

    @classmethod
    def of(cls, entry: Entry) -> Island:
        """An island of one entry."""
        return cls(earliest=entry.earliest, latest=entry.latest, entries=[entry])

    @property
    def worth(self) -> int:
        """What its votes weigh together."""
        return worth([vote for entry in self.entries for vote in entry.votes])


def islands(entries: Sequence[Entry], *, tolerance: int) -> list[Island]:
    """The islands of one milestone, earliest first. Coarse is what is wider than the tolerance."""
    if len(entries) == 1:
        return [Island.of(entries[0])]
    found = _gaps_and_islands([e for e in entries if e.has_weight], tolerance)
    strays = []
    for entry in sorted((e for e in entries if not e.has_weight), key=lambda e: e.order):
        home = _home(entry, found, tolerance)
        if home is None:
            strays.append(entry)
        else:
            home.entries.append(entry)
    return sorted([*found, *_gaps_and_islands(strays, tolerance)], key=lambda island: (island.earliest, island.latest))


def _gaps_and_islands(entries: Iterable[Entry], tolerance: int) -> list[Island]:
    found: list[Island] = []
    ordered = sorted(entries, key=lambda e: e.order)
    for entry in ordered:
        if entry.width > tolerance:
            continue
        if found and entry.earliest <= found[-1].latest + tolerance:
            found[-1].latest = max(found[-1].latest, entry.latest)
            found[-1].entries.append(entry)
        else:
            found.append(Island.of(entry))
    coarse = [e for e in ordered if e.width > tolerance]
    for entry in sorted(coarse, key=lambda e: (e.width, e.order)):
        home = _home(entry, found, tolerance)
        if home is None:
            found.append(Island.of(entry))
            found.sort(key=lambda island: (island.earliest, island.latest))
        else:
            home.entries.append(entry)
    return found


def _home(entry: Entry, found: Sequence[Island], tolerance: int) -> Island | None:
    """The island that the entry belongs to, if any: one that it overlaps before one that it is close to."""
    if entry.is_timeless:
        return max(found, key=lambda island: (island.worth, -island.earliest), default=None)
    for slack in (0, tolerance):
        for island in found:
            if entry.earliest <= island.latest + slack and island.earliest <= entry.latest + slack:
                return island
    return None
