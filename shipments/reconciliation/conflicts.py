"""S8: everything that did not make the timeline, with a stated reason, and what became of each word."""

from __future__ import annotations

from collections import defaultdict

from shipments.reconciliation.backing import best_by_pool
from shipments.reconciliation.bench import Bench
from shipments.reconciliation.candidates import Candidate, Entry, islands
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.vocabulary import ConflictKind, Fate
from shipments.reconciliation.weights import Vote, Weighed
from shipments.reconciliation.words import FUTURE_TIME, MILESTONE, Word


def write_verdict(bench: Bench, leg: str, verdict: Verdict) -> None:
    """Write down the conflicts and claims of one lifecycle's fold."""
    kinds = {i: left_out_kind(verdict, i) for i in range(len(verdict.candidates)) if i not in verdict.path}
    for index, kind in kinds.items():
        candidate = verdict.candidates[index]
        bench.conflict(
            kind,
            about=f"{MILESTONE}:{candidate.milestone}",
            leg=leg,
            keys=_keys(candidate.votes),
            against=_against(verdict, candidate),
            reason=kind.value,
            by=-verdict.margins.get(index, 0),
        )
    if bench.tells_claims:
        _write_claims(bench, leg, verdict, kinds)
    if verdict.denials or bench.milestones(leg, denied=True):
        _write_denials(bench, leg, verdict)
    _write_challenges(bench, leg, verdict)


def left_out_kind(verdict: Verdict, index: int) -> ConflictKind:
    """Why a candidate is off the path: the first that applies, in the order of precedence."""
    candidate = verdict.candidates[index]
    path = [verdict.candidates[i] for i in verdict.path]
    if any(_is_after_terminal(verdict, step, candidate) for step in path):
        return ConflictKind.AFTER_TERMINAL
    if any(_are_exclusive(verdict, step, candidate) for step in path):
        return ConflictKind.EXCLUSIVE_BRANCH
    if candidate.score and _is_denied(verdict, candidate):
        return ConflictKind.DENIED
    if any(_is_out_of_sequence(verdict, step, candidate) for step in path):
        return ConflictKind.OUT_OF_SEQUENCE
    if any(step.milestone == candidate.milestone for step in path):
        return ConflictKind.DUPLICATE_SLOT
    return ConflictKind.NO_WEIGHT if not candidate.score else ConflictKind.DENIED


def _pairs(verdict: Verdict, one: Candidate, other: Candidate) -> tuple[bool, bool]:
    allowed = verdict.lifecycle.allowed
    pair = (one.milestone, other.milestone)
    return pair in allowed, pair[::-1] in allowed


def _is_after_terminal(verdict: Verdict, step: Candidate, candidate: Candidate) -> bool:
    is_terminal = verdict.lifecycle.named(step.milestone).is_terminal
    if not is_terminal or candidate.milestone == step.milestone:
        return False
    return candidate.earliest > step.latest and not _pairs(verdict, step, candidate)[0]


def _are_exclusive(verdict: Verdict, step: Candidate, candidate: Candidate) -> bool:
    if step.milestone == candidate.milestone:
        return False
    forward, backward = _pairs(verdict, step, candidate)
    only_later = verdict.lifecycle.only_later
    pair = (step.milestone, candidate.milestone)
    if not forward and not backward:
        return True
    is_split = pair in only_later or pair[::-1] in only_later
    return is_split and not _fits(verdict, step, candidate)


def _is_out_of_sequence(verdict: Verdict, step: Candidate, candidate: Candidate) -> bool:
    return step.milestone != candidate.milestone and not _fits(verdict, step, candidate)


def _fits(verdict: Verdict, step: Candidate, candidate: Candidate) -> bool:
    may = verdict.stories.may_precede
    return may(step, candidate) or may(candidate, step)


def _is_denied(verdict: Verdict, candidate: Candidate) -> bool:
    """Whether a denial is charged on it beyond what the path bears anyhow."""
    borne = {
        id(d)
        for i in verdict.path
        for d in verdict.stories.applicable(verdict.candidates[i])
        if verdict.candidates[i].rank <= candidate.rank
    }
    return any(id(d) not in borne for d in verdict.stories.applicable(candidate))


def _against(verdict: Verdict, candidate: Candidate) -> tuple[ReportKey, ...]:
    rivals = [
        step
        for step in (verdict.candidates[i] for i in verdict.path)
        if step.milestone == candidate.milestone or not _fits(verdict, step, candidate)
    ]
    votes = [vote for step in rivals for vote in step.votes]
    votes += [vote for denial in verdict.stories.applicable(candidate) for vote in denial.votes]
    return _keys(votes)


def _keys(votes: list[Vote]) -> tuple[ReportKey, ...]:
    return tuple(sorted({vote.word.key for vote in votes}))


def _write_claims(bench: Bench, leg: str, verdict: Verdict, kinds: dict[int, ConflictKind]) -> None:
    home = {id(vote.word): index for index, candidate in enumerate(verdict.candidates) for vote in candidate.votes}
    counted = {id(v.word) for i in verdict.path for v in best_by_pool(verdict.candidates[i].votes).values()}
    finest = {i: min([entry.width for entry in verdict.candidates[i].heard]) for i in verdict.path}
    for ballot in bench.milestones(leg, denied=False):
        if id(ballot.word) in verdict.overruled:
            _claim_overruled(bench, ballot)
            continue
        index = home[id(ballot.word)]
        if index in finest:
            _claim_on_path(bench, ballot, is_counted=id(ballot.word) in counted, finest=finest[index])
            continue
        fate = Fate.DENIED if kinds[index] is ConflictKind.DENIED else Fate.OUTWEIGHED
        reason = "excluded" if ballot.word.key in bench.rulings.excluded else kinds[index].value
        short = -verdict.margins.get(index, 0)
        bench.claim(ballot.word, fate, weighed=ballot, short_by=short, reason=reason)


def _claim_on_path(bench: Bench, ballot: Weighed, *, is_counted: bool, finest: int) -> None:
    word, reason = ballot.word, ""
    if not ballot.weight:
        fate = Fate.COMPATIBLE
        reason = "excluded" if ballot.word.key in bench.rulings.excluded else "no_weight"
    elif not is_counted:
        fate = Fate.COMPATIBLE
    elif (ballot.is_unresolved and not ballot.origins) or word.latest - word.earliest > finest:
        fate = Fate.SUPPORTS
    else:
        fate = Fate.USED
    bench.claim(word, fate, weighed=ballot, reason=reason)


def _write_denials(bench: Bench, leg: str, verdict: Verdict) -> None:
    """A denial stands, unless the timeline goes on over it; then it is a conflict of its own."""
    overruled: dict[int, int] = {}  # the first step over it, by word
    against: dict[str, list[Word]] = defaultdict(list)
    for index in verdict.path:
        for denial in verdict.stories.applicable(verdict.candidates[index]):
            for vote in denial.votes:
                if id(vote.word) not in overruled:
                    overruled[id(vote.word)] = index
                    against[denial.milestone].append(vote.word)
    for ballot in bench.milestones(leg, denied=True):
        if id(ballot.word) in verdict.overruled:
            _claim_overruled(bench, ballot)
        elif not ballot.weight:
            _write_empty_denial(bench, leg, ballot)
        elif id(ballot.word) in overruled:
            short = verdict.margins[overruled[id(ballot.word)]]
            bench.claim(ballot.word, Fate.OUTWEIGHED, weighed=ballot, short_by=short, reason="denial")
        else:
            bench.claim(ballot.word, Fate.USED, weighed=ballot, reason="denial")
    for milestone, words in sorted(against.items()):
        index = overruled[id(words[0])]
        bench.conflict(
            ConflictKind.DENIED,
            about=f"{MILESTONE}:{milestone}",
            leg=leg,
            keys=tuple(sorted({word.key for word in words})),
            against=_keys(verdict.candidates[index].votes),
            reason="denial_outweighed",
            by=verdict.margins[index],
        )


def _claim_overruled(bench: Bench, ballot: Weighed) -> None:
    bench.claim(ballot.word, Fate.SUPERSEDED, weighed=ballot, reason="later_decision")


def _write_empty_denial(bench: Bench, leg: str, ballot: Weighed) -> None:
    reason = "excluded" if ballot.word.key in bench.rulings.excluded else "no_weight"
    bench.claim(ballot.word, Fate.OUTWEIGHED, weighed=ballot, reason=reason)
    bench.conflict(
        ConflictKind.NO_WEIGHT,
        about=f"{MILESTONE}:{ballot.word.name}",
        leg=leg,
        keys=(ballot.word.key,),
        reason=f"denial_{reason}",
    )


def _write_challenges(bench: Bench, leg: str, verdict: Verdict) -> None:
    for index in verdict.path:
        step = verdict.candidates[index]
        if not step.is_decided:
            continue
        rivals = [
            vote
            for i, other in enumerate(verdict.candidates)
            if i not in verdict.path and not _fits(verdict, step, other)
            for vote in other.votes
        ]
        rivals += [vote for denial in verdict.stories.applicable(step) for vote in denial.votes]
        bench.challenge(about=f"{MILESTONE}:{step.milestone}", leg=leg, decided=step.votes, rivals=rivals)


def write_future(bench: Bench) -> None:
    """What is said to have happened more than a day after we heard of it: a conflict for each event."""
    groups: dict[tuple[str, str, str], list[Word]] = defaultdict(list)
    for word in bench.held_out:
        if word.held_out == FUTURE_TIME:
            groups[(word.about, word.name, word.leg)].append(word)
    for (about, name, leg), words in sorted(groups.items()):
        entries = [
            Entry(
                milestone=name,
                earliest=word.earliest,
                latest=word.latest,
                votes=(Vote(word.source, word.source, 0, word, None),),
            )
            for word in words
        ]
        for island in islands(entries, tolerance=bench.policy.tolerance):
            bench.conflict(
                ConflictKind.FUTURE_TIME,
                about=f"{about}:{name}",
                leg=leg,
                keys=_keys([vote for entry in island.entries for vote in entry.votes]),
                reason=FUTURE_TIME,
            )
