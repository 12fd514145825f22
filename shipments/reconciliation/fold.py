"""The fold: evidence of one subject in, the picture as of one moment out."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from shipments.reconciliation.backing import backing
from shipments.reconciliation.bench import Bench, open_bench, votes_of
from shipments.reconciliation.candidates import Entry
from shipments.reconciliation.conflicts import write_future, write_verdict
from shipments.reconciliation.digest import confidence, output_hash
from shipments.reconciliation.facts import find_facts
from shipments.reconciliation.flags import find_flags
from shipments.reconciliation.legs import Carried, carry_over
from shipments.reconciliation.model import Evidence, Lifecycle
from shipments.reconciliation.picture import Alternative, Finding, LegPicture, Picture, Step
from shipments.reconciliation.planned import find_planned
from shipments.reconciliation.status import Verdict, judge
from shipments.reconciliation.timeline import alternatives, leg_picture, milestone_findings, steps
from shipments.reconciliation.totals import add_totals
from shipments.reconciliation.vocabulary import State
from shipments.reconciliation.words import FACT, MILESTONE


def reconcile(evidence: Evidence, *, known_at: int, tells_claims: bool = True) -> Picture:
    """What we believed of the subject at ``known_at`` (microseconds UTC), from what was recorded by then.

    The order of anything in ``evidence`` does not matter. Without ``tells_claims`` it is the same picture, but for
    what became of each claim. Raises ValueError where there is no policy.
    """
    if not evidence.policies:
        raise ValueError("evidence without a policy cannot be weighed")
    bench = open_bench(evidence, known_at=known_at, tells_claims=tells_claims)
    verdicts = _judge_legs(bench)
    subject = _judge_subject(bench, carry_over(verdicts, bench.hearing))
    findings: list[Finding] = []
    legs: list[LegPicture] = []
    timeline: tuple[Step, ...] = ()
    for leg, verdict in verdicts.items():
        write_verdict(bench, leg, verdict)
        told = steps(bench, verdict, leg)
        legs.append(leg_picture(verdict, leg, told))
        findings += milestone_findings(bench, verdict, leg)
    if subject is not None:
        verdicts = {"": subject, **verdicts}
        write_verdict(bench, "", subject)
        timeline = steps(bench, subject, "")
        findings += milestone_findings(bench, subject, "")
    write_future(bench)
    findings += find_flags(bench, verdicts)
    cancelled = {leg.key for leg in legs if leg.status == "cancelled"}
    findings += add_totals(bench, find_facts(bench), cancelled=cancelled)
    planned = find_planned(bench, verdicts)
    head = _headline(bench, subject, findings)
    rivals = alternatives(subject) if subject is not None else ()
    if subject is not None:
        findings.append(_status_finding(head, subject, rivals))
    picture = Picture(
        subject=evidence.plan.key,
        known_at=known_at,
        status=head.status,
        leading=head.leading,
        state=head.state,
        standing=subject.standing if subject is not None else None,
        confidence=confidence(head.reach),
        leading_confidence=confidence(head.margin),
        reach=head.reach,
        margin=head.margin,
        contested_from=head.contested_from,
        is_denied_by_party=head.is_denied_by_party,
        timeline=timeline,
        legs=tuple(sorted(legs, key=lambda leg: leg.key)),
        planned=planned,
        findings=tuple(sorted(findings, key=_finding_order)),
        conflicts=tuple(sorted(bench.conflicts.values(), key=lambda c: (c.about, c.kind, c.id))),
        claims=tuple(sorted(bench.claims, key=lambda c: (c.report, c.about, c.index))),
        alternatives=rivals,
        policy_version=bench.policy.version,
        output_hash="",
    )
    return replace(picture, output_hash=output_hash(picture))


def _judge_legs(bench: Bench) -> dict[str, Verdict]:
    """A verdict for each leg that anything was said of, in key order."""
    lifecycle = bench.hearing.lifecycle("leg")
    legs = sorted({b.word.leg for b in bench.ballots[MILESTONE] if b.word.leg})
    if lifecycle is None:
        return {}
    return {leg: _judge(bench, leg, lifecycle, Carried(entries=[], denials=[], votes=[])) for leg in legs}


def _judge_subject(bench: Bench, carried: Carried) -> Verdict | None:
    lifecycle = bench.hearing.lifecycle("")
    return None if lifecycle is None else _judge(bench, "", lifecycle, carried)


def _judge(bench: Bench, leg: str, lifecycle: Lifecycle, carried: Carried) -> Verdict:
    entries = [
        Entry(milestone=b.word.name, earliest=b.word.earliest, latest=b.word.latest, votes=b.votes)
        for b in bench.milestones(leg, denied=False)
    ]
    return judge(
        entries + carried.entries,
        votes_of(bench.milestones(leg, denied=True)) + carried.denials,
        lifecycle=lifecycle,
        policy=bench.policy,
        bar=bench.bar,
        leg_votes=carried.votes,
    )


class _Headline(Struct, frozen=True, kw_only=True):
    status: str | None
    leading: str | None
    state: State
    reach: int
    margin: int
    contested_from: str | None
    is_denied_by_party: bool


def _headline(bench: Bench, subject: Verdict | None, findings: Sequence[Finding]) -> _Headline:
    if subject is None:
        return _Headline(
            status=None,
            leading=None,
            state=_state_of_facts(findings),
            reach=0,
            margin=0,
            contested_from=None,
            is_denied_by_party=False,
        )
    state = subject.subject_state
    if state is State.UNKNOWN and any(f.state is State.RETRACTED for f in findings):
        state = State.RETRACTED
    status, leading, doubt = subject.status, subject.leading, subject.contested_from
    return _Headline(
        status=None if status is None else subject.candidates[status].milestone,
        leading=None if leading is None else subject.candidates[leading].milestone,
        state=state,
        reach=0 if status is None else subject.reaches[status],
        margin=0 if leading is None else subject.margins[leading],
        contested_from=None if doubt is None else subject.candidates[doubt].milestone,
        is_denied_by_party=any(
            b.word.report.interested and b.word.key not in bench.rulings.excluded
            for b in bench.milestones("", denied=True)
        ),
    )


def _state_of_facts(findings: Sequence[Finding]) -> State:
    """A subject without a lifecycle is as sure as its least sure fact."""
    order = (State.CONTESTED, State.DENIED, State.RETRACTED, State.SINGLE_SOURCE)
    states = {f.state for f in findings if f.kind == FACT}
    for state in (*order, State.CORROBORATED, State.DECIDED):
        if state in states:
            return state
    return State.UNKNOWN


def _status_finding(head: _Headline, subject: Verdict, rivals: tuple[Alternative, ...]) -> Finding:
    shown = subject.status if subject.status is not None else subject.leading
    behind = backing([]) if shown is None else subject.behind(subject.candidates[shown].milestone)
    origins, unresolved, because = behind
    return Finding(
        kind="subject",
        attribute="status",
        label=head.status,
        state=head.state,
        score=head.reach,
        margin=head.margin,
        confidence=confidence(head.reach),
        origins=origins,
        unresolved=unresolved,
        leading=head.leading if head.leading != head.status else None,
        because=because,
        alternatives=rivals,
    )


def _finding_order(finding: Finding) -> tuple[object, ...]:
    return (
        finding.kind,
        finding.attribute,
        finding.leg or "",
        finding.line or "",
        finding.as_of is not None,
        finding.as_of or 0,
        finding.scope,
        finding.time_class,
    )
