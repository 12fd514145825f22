"""Agreement never hurts: a property apart, with the bound that holds where a rival is in play."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.lifecycles import APPEAL, LEG, OFFER, SHIPMENT
from shipments.reconciliation.model import Cite, Evidence, Report, ReportKey
from shipments.reconciliation.picture import Picture
from shipments.reconciliation.values import Interval
from shipments.reconciliation.vocabulary import (
    ConflictKind,
    Directness,
    Grade,
    Hedge,
    Kind,
    Polarity,
    SubjectKind,
    TimeClass,
)
from tests.shipments.reconciliation.generator import SOURCES, Teller, story
from tests.shipments.reconciliation.telling import EVER, evidence, hours, keyed

ROUGH = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
randoms = st.integers(0, 2**32).map(Random)
WEIGHTS = {"ada": 2944, "bob": 1735, "bea": 1735, "cy": 847, "cleo": 847, "dan": 201, "fay": 405, "fox": 405}


def fold(bundle: Evidence) -> Picture:
    return reconcile(bundle, known_at=EVER)


@ROUGH
@given(randoms)
def test_11_agreement_never_hurts(rng: Random) -> None:
    told = agreeable(rng, 10)
    more = agreeable(rng, 3, start=10)
    before, after = fold(agreed(*told)), fold(agreed(*told, *more))
    contradictions = {c.kind for c in (*before.conflicts, *after.conflicts)} - {ConflictKind.NO_WEIGHT}
    assert not contradictions
    assert rank(after.status) >= rank(before.status)
    reaches = {step.milestone: step.reach for step in after.timeline}
    for step in before.timeline:
        assert reaches[step.milestone] >= step.reach


@ROUGH
@given(randoms)
def test_11_nor_does_it_in_a_story_of_any_kind_that_nothing_contradicts(rng: Random) -> None:
    bundle = story(rng, most=8)
    lifecycle = bundle.lifecycle
    assume(lifecycle is not None)
    assert lifecycle is not None
    told = Counter(r.source for r in bundle.reports)
    agreeing = [
        r
        for r in bundle.reports
        if (r.kind, r.polarity, r.time_class) == (Kind.OBSERVE, Polarity.AFFIRMS, TimeClass.ACTUAL)
        and told[r.source] == 1
        and r.source not in spoken_of(bundle)
    ]
    assume(agreeing)
    more = rng.choice(agreeing)
    before = fold(replace(bundle, reports=tuple(r for r in bundle.reports if r.key != more.key)))
    after = fold(bundle)
    assume(not contradicted(before))
    assume(not contradicted(after))
    ranks = [-1 if p.status is None else lifecycle.named(p.status).rank for p in (before, after)]
    assert ranks[0] <= ranks[1]
    for step in before.timeline:
        reaches = [
            s.reach
            for s in after.timeline
            if s.milestone == step.milestone or step.milestone in lifecycle.implied(s.milestone)
        ]
        assert reaches
        assert reaches[0] >= step.reach


def spoken_of(bundle: Evidence) -> set[str | None]:
    """The sources that others cite or that decisions speak of: a further word of theirs replaces what was said."""
    cites = [cite for report in bundle.reports for cite in report.cites]
    cites += [cite for citation in bundle.citations for cite in (citation.cited, Cite(report=citation.citing))]
    for report in bundle.reports:
        if report.decision is not None:
            cites += [report.decision.echo_of or Cite(), *(Cite(report=target) for target in report.decision.reports)]
    return {cite.report.source if cite.report is not None else cite.source for cite in cites}


def contradicted(picture: Picture) -> bool:
    """Whether anything is said against the timeline, or off the one ladder (a branch, a diversion) at all."""
    kinds = {c.kind for c in picture.conflicts if c.about.startswith("milestone:")}
    steps = [*picture.timeline, *(step for leg in picture.legs for step in leg.timeline)]
    ladder = {m.name for each in (SHIPMENT, LEG, OFFER, APPEAL) for m in each.milestones if m.is_progress}
    return (
        not kinds <= {ConflictKind.NO_WEIGHT, ConflictKind.FUTURE_TIME, ConflictKind.LOCATION}
        or any(f.kind == "milestone" and f.state == "denied" for f in picture.findings)
        or any(step.milestone not in ladder for step in steps)
    )


def agreeable(rng: Random, count: int, *, start: int = 0) -> list[Report]:
    """Words that fit one timeline, by sources that nobody cites: some on their own, some unresolved."""
    teller = Teller(rng, SubjectKind.SHIPMENT, (), 1)
    reports = []
    for index in range(start, start + count):
        position = rng.randrange(12)
        cites = rng.choice(((), (), (Cite(),), (Cite(source="wire"),), (Cite(source="wire"), Cite(source="ministry"))))
        report = replace(
            teller.report(0),
            key=ReportKey(rng.choice(list(SOURCES)), f"e{index}", ""),
            kind=Kind.OBSERVE,
            target=None,
            asserted_at=hours(300),
            milestone=teller.milestones[position],
            polarity=Polarity.AFFIRMS,
            time_class=TimeClass.ACTUAL,
            occurred=teller.time(0) and Interval(earliest=hours(position * 24), latest=hours(position * 24 + 1)),
            place=None,
            facts=(),
            flags=(),
            cites=cites,
        )
        reports.append(keyed(report))
    return reports


def agreed(*reports: Report) -> Evidence:
    return evidence(*reports, grades=SOURCES | {"wire": Grade.B, "ministry": Grade.C})


def rank(milestone: str | None) -> int:
    return -1 if milestone is None else SHIPMENT.named(milestone).rank


@ROUGH
@given(randoms, st.sampled_from(sorted(WEIGHTS)))
def test_11_with_a_rival_in_play_a_source_moves_at_most_half_its_own_weight_between_its_steps(
    rng: Random, source: str
) -> None:
    told = rivals(rng)
    before = fold(agreed(*told))
    timed = [step for step in before.timeline if step.at is not None]
    assume(timed)
    step = rng.choice(timed)
    assume(not any(r.source == source and r.milestone == step.milestone for r in told))
    more = keyed(
        Report(
            key=ReportKey(source, "more", ""),
            asserted_at=hours(299),
            received_at=hours(300),
            occurred=step.at,
            milestone=step.milestone,
        )
    )
    after = fold(agreed(*told, more))
    for earlier in before.timeline:
        assert earlier.reach - reach(after, earlier.milestone) <= WEIGHTS[source] // 2 + 9


def rivals(rng: Random) -> list[Report]:
    """A dozen words on their own, at times that do and do not fit, branches among them."""
    teller = Teller(rng, SubjectKind.SHIPMENT, (), 12)
    return [
        keyed(
            replace(
                teller.report(index),
                kind=Kind.OBSERVE,
                target=None,
                polarity=Polarity.AFFIRMS,
                time_class=TimeClass.ACTUAL,
                directness=Directness.OWN,
                hedge=Hedge.ASSERTED,
                interested=False,
                place=None,
                facts=(),
                flags=(),
                cites=(),
            )
        )
        for index in range(12)
    ]


def reach(picture: Picture, milestone: str) -> int:
    """How sure it is that the milestone was reached: by the first step that says so."""
    steps = picture.timeline
    found = [s.reach for s in steps if s.milestone == milestone or milestone in SHIPMENT.implied(s.milestone)]
    return found[0] if found else 0
