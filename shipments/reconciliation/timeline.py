"""A verdict written out: steps with their places, findings of milestones, rivals."""

from __future__ import annotations

from shipments.reconciliation.backing import backing, because, best_by_pool
from shipments.reconciliation.bench import Bench
from shipments.reconciliation.candidates import Candidate
from shipments.reconciliation.digest import confidence
from shipments.reconciliation.grouping import Resolution, resolve
from shipments.reconciliation.picture import Alternative, Finding, LegPicture, Step
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.values import Place, Time
from shipments.reconciliation.vocabulary import ConflictKind, Fate, State, TimeClass
from shipments.reconciliation.words import MILESTONE


def steps(bench: Bench, verdict: Verdict, leg: str) -> tuple[Step, ...]:
    """The timeline, in chain order."""
    return tuple(_step(bench, verdict, index, leg) for index in verdict.path)


def _step(bench: Bench, verdict: Verdict, index: int, leg: str) -> Step:
    candidate = verdict.candidates[index]
    origins, unresolved, _ = verdict.behind(candidate.milestone)
    return Step(
        milestone=candidate.milestone,
        leg=leg or None,
        at=candidate.at,
        place=_place(bench, candidate, leg),
        score=candidate.score,
        reach=verdict.reaches[index],
        margin=verdict.margins[index],
        state=verdict.state(index),
        confidence=confidence(verdict.reaches[index]),
        origins=origins,
        unresolved=unresolved,
        because=because(best_by_pool(candidate.votes).values()),
        stands_for=candidate.stands_for,
    )


def _place(bench: Bench, candidate: Candidate, leg: str) -> str | None:
    """Where it happened, resolved like any attribute; rival places are a location conflict."""
    heard = [vote for vote in candidate.votes if vote.word.report.place is not None and vote.weight]
    places = {vote.word.report.place for vote in heard}
    if len(places) < 2:
        return places.pop() if places else None
    said = [(vote, Place(place=vote.word.report.place or "")) for vote in heard]
    found = resolve("place", said, [], comparer=bench.comparer, bar=bench.policy.bar)
    # Taken from several legs, a step has several places by nature.
    if candidate.stands_for is None:
        _write_rivals(bench, candidate, leg, found)
    return found.chosen.core.label if found.chosen is not None else None


def _write_rivals(bench: Bench, candidate: Candidate, leg: str, found: Resolution) -> None:
    for group in found.groups[1:]:
        bench.conflict(
            ConflictKind.LOCATION,
            about=f"{MILESTONE}:{candidate.milestone}",
            leg=leg,
            keys=group.keys,
            against=found.groups[0].keys,
            reason="rival_place",
            by=found.groups[0].net - group.net,
        )


def alternatives(verdict: Verdict) -> tuple[Alternative, ...]:
    """The left-out candidates within the bar of the best story, in chain order."""
    return tuple(_alternative(verdict, index) for index in sorted(verdict.rivals))


def _alternative(verdict: Verdict, index: int) -> Alternative:
    candidate = verdict.candidates[index]
    origins, unresolved, reports = backing(candidate.votes)
    return Alternative(
        label=candidate.milestone,
        at=candidate.at,
        score=candidate.score,
        margin=verdict.margins[index],
        origins=origins,
        unresolved=unresolved,
        because=reports,
    )


def milestone_findings(bench: Bench, verdict: Verdict, leg: str) -> list[Finding]:
    """One finding for each milestone that was claimed, denied or withdrawn, by rank."""
    by_name: dict[str, list[int]] = {}
    for index, candidate in enumerate(verdict.candidates):
        by_name.setdefault(candidate.milestone, []).append(index)
    denied = {denial.milestone for denial in verdict.denials}
    retracted = _retracted(bench, leg)
    findings = []
    for name in verdict.lifecycle.names:
        if name in by_name:
            on_path = [i for i in by_name[name] if i in verdict.path]
            best = on_path or sorted(by_name[name], key=lambda i: (-verdict.margins.get(i, -(2**62)), i))
            findings.append(_claimed(verdict, best[0], by_name[name], leg))
        elif name in denied:
            findings.append(_unclaimed(verdict, name, leg))
        elif name in retracted:
            findings.append(
                Finding(
                    kind=MILESTONE,
                    attribute=name,
                    leg=leg or None,
                    label=None,
                    state=State.RETRACTED,
                    margin=0,
                    confidence=confidence(0),
                )
            )
    return findings


def _claimed(verdict: Verdict, index: int, all_of_it: list[int], leg: str) -> Finding:
    candidate = verdict.candidates[index]
    is_shown = index in verdict.path
    behind = verdict.behind(candidate.milestone) if is_shown else backing(candidate.votes)
    origins, unresolved, reports = behind
    at = candidate.at
    rivals = [i for i in all_of_it if i not in verdict.path and i in verdict.margins]
    margin = verdict.margins.get(index, 0)
    state = verdict.state(index) if candidate.score else State.UNKNOWN
    if not is_shown and candidate.score and margin <= -verdict.contested_bar:
        state = State.DENIED if verdict.stories.applicable(candidate) else State.CONTESTED
    return Finding(
        kind=MILESTONE,
        attribute=candidate.milestone,
        leg=leg or None,
        label="yes" if is_shown else None,
        value=Time(at=at) if is_shown and at is not None else None,
        low=str(at.earliest) if at is not None and is_shown else None,
        high=str(at.latest) if at is not None and is_shown else None,
        state=state,
        score=candidate.score,
        margin=margin,
        confidence=confidence(verdict.reaches[index] if is_shown else margin),
        origins=origins,
        unresolved=unresolved,
        leading=None if is_shown else "yes",
        because=reports,
        alternatives=tuple([_alternative(verdict, i) for i in rivals]),
    )


def _unclaimed(verdict: Verdict, name: str, leg: str) -> Finding:
    votes = [vote for denial in verdict.denials if denial.milestone == name for vote in denial.votes]
    return Finding(
        kind=MILESTONE,
        attribute=name,
        leg=leg or None,
        label=None,
        state=State.DENIED,
        margin=-sum(d.weight for d in verdict.denials if d.milestone == name),
        confidence=confidence(0),
        because=because(best_by_pool(votes).values()),
    )


def _retracted(bench: Bench, leg: str) -> set[str]:
    """The milestones on which a word was withdrawn."""
    return {
        word.name
        for word in bench.gone
        if word.about == MILESTONE
        and word.leg == leg
        and word.report.time_class is TimeClass.ACTUAL
        and bench.said.fallen[word.key].fate is Fate.RETRACTED
    }


def leg_picture(verdict: Verdict, key: str, timeline: tuple[Step, ...]) -> LegPicture:
    """The fold of one leg, written out."""
    status, leading = verdict.status, verdict.leading
    return LegPicture(
        key=key,
        status=None if status is None else verdict.candidates[status].milestone,
        leading=None if leading is None else verdict.candidates[leading].milestone,
        state=verdict.subject_state,
        standing=verdict.standing,
        reach=0 if status is None else verdict.reaches[status],
        margin=0 if leading is None else verdict.margins[leading],
        timeline=timeline,
    )
