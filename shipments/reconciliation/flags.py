"""S7: flags. Each side of a flag has its own islands in time; the latest accepted side holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shipments.reconciliation.backing import backing, best_by_pool
from shipments.reconciliation.bench import Bench
from shipments.reconciliation.candidates import Candidate, Entry, islands
from shipments.reconciliation.digest import confidence
from shipments.reconciliation.picture import Finding
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.values import Interval
from shipments.reconciliation.vocabulary import (
    ConflictKind,
    Fate,
    Precision,
    State,
    TimeClass,
    Toggle,
)
from shipments.reconciliation.weights import Vote, Weighed, independent, worth
from shipments.reconciliation.words import AFTER_ALL, BEFORE_ALL, FLAG


class Side(Struct, frozen=True, kw_only=True):
    """One side of a flag at one time, with what it weighs. ``begun``: when it was first so, at the earliest."""

    toggle: Toggle
    earliest: int
    latest: int
    begun: int
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

    @property
    def decided_at(self) -> tuple[object, ...]:
        """The order of the latest decision for it; empty where there is none."""
        return max((v.word.order for v in self.votes if v.is_decision and v.weight), default=())


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
    slack = bench.policy.tolerance
    sides = _overrule(_sides(ballots, tolerance=slack), slack)
    accepted = [s for s in sides if s.score >= bench.bar and s.score > 0]
    latest = max(accepted, key=lambda s: s.order) if accepted else None
    rivals = [] if latest is None else [s for s in accepted if _clash(s, latest, slack)]
    holding = max([latest, *rivals], key=_weightier) if latest is not None else None
    shown = holding or max(sides, key=_weightier)
    against = [s for s in sides if _clash(s, shown, slack)]
    margin = shown.score - max((s.score for s in against), default=0)
    ender = _ender(name, shown, verdict) if holding is not None else None
    toggle = Toggle.UNSET if ender is not None else shown.toggle
    turned = shown.latest if ender is None else ender.latest
    for side in sides:
        is_later = side is not shown and side.toggle is not toggle and side.latest > turned
        _account(bench, name, leg, side, shown, ballots, is_left_out=is_later or any(side is s for s in against))
    contrary = [vote for side in against for vote in side.votes]
    bench.challenge(about=f"{FLAG}:{name}", leg=leg, decided=shown.votes, rivals=contrary)
    names, nobody, because = backing(shown.votes)
    return Finding(
        kind="flag",
        attribute=name,
        leg=leg or None,
        label=str(toggle) if holding else None,
        toggle=toggle if holding else None,
        since=shown.since if ender is None else ender.at,
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
            is_coarse = island.earliest > BEFORE_ALL and all(e.width > tolerance for e in island.entries)
            sides.append(
                Side(
                    toggle=toggle,
                    earliest=island.earliest,
                    latest=island.latest,
                    begun=island.earliest if is_coarse else island.latest,
                    votes=[vote for entry in island.entries for vote in entry.votes],
                    score=island.worth,
                )
            )
    return sides


def _overrule(sides: Iterable[Side], slack: int) -> list[Side]:
    """The sides; of decisions for both at once the latest stands, and the votes of the others weigh nothing."""
    found: list[Side] = []
    for side in sorted(sides, key=lambda s: s.decided_at, reverse=True):
        if side.decided_at and any(s.decided_at and _clash(side, s, slack) for s in found):
            votes = [replace(v, weight=0) if v.is_decision else v for v in side.votes]
            found.append(replace(side, votes=votes, score=worth(votes)))
        else:
            found.append(side)
    return found


def _weightier(side: Side) -> tuple[object, ...]:
    return side.score, *side.order


def _clash(side: Side, other: Side, slack: int) -> bool:
    """Both sides at once, and not by the very same sources, who changed their minds."""
    return (
        side.toggle is not other.toggle
        and side.score > 0
        and side.earliest <= other.latest + slack
        and other.earliest <= side.latest + slack
        and {v.word.source for v in side.votes} != {v.word.source for v in other.votes}
    )


def _ender(name: str, side: Side, verdict: Verdict | None) -> Candidate | None:
    """The accepted milestone that ended a set flag, if any: one named for it that may have come later, or a later one.

    Of a hold on a day and a clearance on that day, the clearance is taken to be the later.
    """
    if side.toggle is Toggle.UNSET or verdict is None or verdict.status is None:
        return None
    ends = {milestone for flag, milestone in verdict.lifecycle.flag_ends if flag == name}
    for step in (verdict.candidates[index] for index in verdict.path if index <= verdict.status):
        if step.milestone in ends and step.latest > side.begun:
            return step
        if "*" in ends and step.earliest > side.latest:
            return step
    return None


def _state(bench: Bench, shown: Side, against: Sequence[Side], margin: int) -> State:
    if shown.decided_at and margin > 0:
        return State.DECIDED
    if against and margin < bench.policy.bar:
        return State.CONTESTED
    if shown.score == 0:
        return State.UNKNOWN
    return State.CORROBORATED if independent(shown.votes) > 1 else State.SINGLE_SOURCE


def _account(
    bench: Bench, name: str, leg: str, side: Side, shown: Side, ballots: Iterable[Weighed], *, is_left_out: bool
) -> None:
    """Write down what became of the words of a side, and the conflict where some are left out."""
    counted = {id(vote.word) for vote in best_by_pool(side.votes).values()}
    heard = {id(vote.word): vote.weight for vote in side.votes}
    lost = set()
    for ballot in ballots:
        weight = heard.get(id(ballot.word))
        if weight is None:
            continue
        reason = ""
        if weight < ballot.weight:
            fate, reason = Fate.SUPERSEDED, "later_decision"
        elif is_left_out or not side.score:
            fate = Fate.OUTWEIGHED
            lost.add(ballot.word.key)
        elif side.toggle is not shown.toggle:
            fate, reason = Fate.SUPERSEDED, "earlier_side"
        else:
            is_used = side is shown and weight and id(ballot.word) in counted
            fate = Fate.USED if is_used else Fate.COMPATIBLE
        if not ballot.weight:
            reason = "excluded" if ballot.word.key in bench.rulings.excluded else "no_weight"
        short = max(0, shown.score - ballot.weight) if fate is Fate.OUTWEIGHED else 0
        bench.claim(ballot.word, fate, weighed=ballot, short_by=short, reason=reason)
    if lost:
        bench.conflict(
            ConflictKind.FLAG if side.score else ConflictKind.NO_WEIGHT,
            about=f"{FLAG}:{name}",
            leg=leg,
            keys=tuple(sorted(lost)),
            against=tuple(sorted({v.word.key for v in shown.votes} - lost)),
            reason=f"{side.toggle} against {shown.toggle}",
            by=shown.score - side.score,
        )
