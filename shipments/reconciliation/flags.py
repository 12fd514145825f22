"""S7: flags. Each side of a flag has its own islands in time; the latest accepted side holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shipments.reconciliation.bench import Bench, votes_of
from shipments.reconciliation.candidates import Entry, islands
from shipments.reconciliation.digest import confidence
from shipments.reconciliation.picture import Finding
from shipments.reconciliation.status import Verdict, backing, origins
from shipments.reconciliation.values import Interval
from shipments.reconciliation.vocabulary import (
    ConflictKind,
    Fate,
    Precision,
    State,
    TimeClass,
    Toggle,
)
from shipments.reconciliation.weights import Vote, Weighed, best_by_pool, worth
from shipments.reconciliation.words import AFTER_ALL, BEFORE_ALL, FLAG


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One side of a flag at one time, with what it weighs."""

    toggle: Toggle
    earliest: int
    latest: int
    votes: list[Vote]
    score: int

    @property
    def order(self) -> tuple[object, ...]:
        """Later, then heavier, then set before unset (the cautious side)."""
        return self.latest, self.earliest, self.score, self.toggle is Toggle.SET

    @property
    def since(self) -> Interval | None:
        """From when it holds; None where nobody said."""
        if self.earliest <= BEFORE_ALL or self.latest >= AFTER_ALL:
            return None
        precision = Precision.INSTANT if self.earliest == self.latest else Precision.RANGE
        return Interval(earliest=self.earliest, latest=self.latest, precision=precision)


def find_flags(bench: Bench, verdicts: dict[str, Verdict]) -> list[Finding]:
    """The findings of all flags of the subject ("") and its legs; planned flags are only claims."""
    groups: dict[tuple[str, str], list[Weighed]] = {}
    for ballot in bench.ballots[FLAG]:
        if ballot.word.report.time_class is TimeClass.ACTUAL:
            groups.setdefault((ballot.word.name, ballot.word.leg), []).append(ballot)
        else:
            bench.claim(ballot.word, Fate.HELD_OUT, weighed=ballot, reason="not_actual")
    return [_finding(bench, name, leg, ballots, verdicts.get(leg)) for (name, leg), ballots in sorted(groups.items())]


def _finding(bench: Bench, name: str, leg: str, ballots: list[Weighed], verdict: Verdict | None) -> Finding:
    sides = _sides(ballots, tolerance=bench.policy.tolerance)
    accepted = [s for s in sides if s.score >= bench.bar and s.score > 0]
    latest = max(accepted, key=lambda s: s.order) if accepted else None
    rivals = [] if latest is None else [s for s in accepted if _clash(s, latest, bench)]
    holding = max([latest, *rivals], key=_weightier) if latest is not None else None
    shown = holding or max(sides, key=_weightier)
    against = [s for s in sides if _clash(s, shown, bench)]
    margin = shown.score - max((s.score for s in against), default=0)
    ended = _ended(bench, name, shown, verdict) if holding is not None else None
    for ballot in ballots:
        _claim(bench, ballot, shown, against)
    for side in against:
        _conflict(bench, name, leg, side, shown)
    names, nobody, because = backing(shown.votes)
    return Finding(
        kind="flag",
        attribute=name,
        leg=leg or None,
        label=str(Toggle.UNSET if ended else holding.toggle) if holding else None,
        toggle=(Toggle.UNSET if ended else holding.toggle) if holding else None,
        since=ended or shown.since,
        state=_state(bench, shown, against, margin),
        score=shown.score,
        margin=margin,
        confidence=confidence(margin),
        origins=names,
        unresolved=nobody,
        leading=None if holding else str(shown.toggle),
        because=because,
    )


def _sides(ballots: Iterable[Weighed], *, tolerance: int) -> list[Side]:
    sides = []
    for toggle in Toggle:
        entries = [
            Entry(milestone="", earliest=b.word.earliest, latest=b.word.latest, votes=b.votes)
            for b in ballots
            if b.word.toggle is toggle
        ]
        for island in islands(entries, tolerance=tolerance) if entries else ():
            votes = [vote for entry in island.entries for vote in entry.votes]
            sides.append(
                Side(
                    toggle=toggle,
                    earliest=island.earliest,
                    latest=island.latest,
                    votes=votes,
                    score=worth(votes),
                )
            )
    return sides


def _weightier(side: Side) -> tuple[object, ...]:
    decided = max((v.word.report.asserted_at for v in side.votes if v.is_decision), default=0)
    return side.score, decided, *side.order


def _clash(side: Side, other: Side, bench: Bench) -> bool:
    """Both sides at once, from different origins."""
    slack = bench.policy.tolerance
    return (
        side.toggle is not other.toggle
        and side.score > 0
        and side.earliest <= other.latest + slack
        and other.earliest <= side.latest + slack
        and best_by_pool(side.votes).keys() != best_by_pool(other.votes).keys()
    )


def _ended(bench: Bench, name: str, side: Side, verdict: Verdict | None) -> Interval | None:
    """When a set flag was ended by an accepted milestone that came later, if it was."""
    if side.toggle is Toggle.UNSET or verdict is None or verdict.status is None:
        return None
    ends = {milestone for flag, milestone in verdict.lifecycle.flag_ends if flag == name}
    for index in verdict.path:
        step = verdict.candidates[index]
        if index > verdict.status or not ({"*", step.milestone} & ends):
            continue
        if step.earliest > side.latest:
            return step.at
    return None


def _state(bench: Bench, shown: Side, against: Sequence[Side], margin: int) -> State:
    if any(v.is_decision and v.weight for v in shown.votes) and margin > 0:
        return State.DECIDED
    if against and margin < bench.policy.bar:
        return State.CONTESTED
    if shown.score == 0:
        return State.UNKNOWN
    return State.CORROBORATED if len(origins(shown.votes)) > 1 else State.SINGLE_SOURCE


def _claim(bench: Bench, ballot: Weighed, shown: Side, against: Sequence[Side]) -> None:
    is_shown = any(v.word is ballot.word for v in shown.votes)
    if is_shown:
        counted = any(v.word is ballot.word for v in best_by_pool(shown.votes).values())
        fate = Fate.USED if counted and ballot.weight else Fate.COMPATIBLE
        bench.claim(ballot.word, fate, weighed=ballot)
    elif any(v.word is ballot.word for side in against for v in side.votes):
        score = worth(votes_of([ballot]))
        bench.claim(ballot.word, Fate.OUTWEIGHED, weighed=ballot, short_by=shown.score - score)
    else:
        bench.claim(ballot.word, Fate.SUPERSEDED, weighed=ballot, reason="earlier_side")


def _conflict(bench: Bench, name: str, leg: str, side: Side, shown: Side) -> None:
    bench.conflict(
        ConflictKind.FLAG,
        about=f"flag:{name}",
        leg=leg,
        keys=tuple(sorted({v.word.key for v in side.votes})),
        against=tuple(sorted({v.word.key for v in shown.votes})),
        reason=f"{side.toggle} and {shown.toggle} at once",
        by=shown.score - side.score,
    )
