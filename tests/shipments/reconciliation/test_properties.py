"""What must always hold, over stories at random. The numbers are those of the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shipments.reconciliation.audiences import visible
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import history
from shipments.reconciliation.model import Cite, Evidence, Report, ReportKey, Target
from shipments.reconciliation.picture import Picture, Step
from shipments.reconciliation.vocabulary import (
    Directness,
    Fate,
    Grade,
    Kind,
    SubjectKind,
    Tier,
    TimeClass,
)
from tests.shipments.reconciliation.generator import LAST_HOUR, story
from tests.shipments.reconciliation.telling import EVER, hours, keyed

ROUGH = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
randoms = st.integers(0, 2**32).map(Random)


def fold(bundle: Evidence, known_at: int = EVER) -> Picture:
    return reconcile(bundle, known_at=known_at)


@ROUGH
@given(randoms)
def test_1_the_order_of_anything_does_not_matter(rng: Random) -> None:
    bundle = story(rng)
    assert fold(shuffled(bundle, rng)) == fold(bundle)


def shuffled(bundle: Evidence, rng: Random) -> Evidence:
    """The same rows in another order."""
    return replace(
        bundle,
        reports=tuple(rng.sample(bundle.reports, len(bundle.reports))),
        ratings=tuple(rng.sample(bundle.ratings, len(bundle.ratings))),
        citations=tuple(rng.sample(bundle.citations, len(bundle.citations))),
        attributes=tuple(rng.sample(bundle.attributes, len(bundle.attributes))),
    )


@ROUGH
@given(randoms)
def test_1_the_order_of_arrival_does_not_matter(rng: Random) -> None:
    # Late enough that no time can lie in the future, whoever arrives first.
    late = [hours(10**6) + n for n in range(20)]
    bundle = story(rng)
    arrivals = [
        tuple(
            replace(r, received_at=at)
            for r, at in zip(bundle.reports, rng.sample(late, len(bundle.reports)), strict=True)
        )
        for _ in range(2)
    ]
    one, other = (fold(replace(bundle, reports=reports)) for reports in arrivals)
    assert one.output_hash == other.output_hash
    assert one.claims == other.claims


@ROUGH
@given(randoms)
def test_2_twice_is_once(rng: Random) -> None:
    bundle = story(rng)
    again = tuple(replace(r, received_at=r.received_at + hours(1)) for r in bundle.reports)
    twice = replace(bundle, reports=(*again, *bundle.reports, *again))
    assert fold(twice) == fold(bundle)
    assert history(twice, moments_from=None, until=EVER) == history(bundle, moments_from=None, until=EVER)


@ROUGH
@given(randoms)
def test_3_and_8_every_word_of_every_report_has_exactly_one_fate(rng: Random) -> None:
    bundle = story(rng)
    picture = fold(bundle)
    claims = Counter((c.report, c.about, c.index) for c in picture.claims)
    assert set(claims.values()) <= {1}
    for report in {r.key: r for r in bundle.reports}.values():
        spoken = [c for c in picture.claims if c.report == report.key]
        words = (report.milestone is not None) + len(report.facts) + len(report.flags)
        expected = 1 if report.kind is Kind.RETRACT else max(1, words)
        assert len(spoken) == expected


@ROUGH
@given(randoms)
def test_8_everything_left_out_is_named_with_a_reason(rng: Random) -> None:
    bundle = story(rng)
    picture = fold(bundle)
    in_conflict = {(c.about, key) for c in picture.conflicts for key in c.keys}
    # What was planned feeds the plan alone: of two plans the lighter is no conflict.
    planned = {r.key for r in bundle.reports if r.time_class is not TimeClass.ACTUAL}
    for claim in picture.claims:
        if claim.fate is Fate.HELD_OUT:
            assert claim.reason
        if claim.fate in (Fate.OUTWEIGHED, Fate.DENIED) and not (
            claim.report in planned and claim.about.startswith("milestone:")
        ):
            assert (claim.about, claim.report) in in_conflict
    assert len({c.id for c in picture.conflicts}) == len(picture.conflicts)


@ROUGH
@given(randoms)
def test_4_quoting_is_not_corroboration(rng: Random) -> None:
    bundle = story(rng)
    # A root that has changed its word, or repeats others elsewhere, may itself lead to further roots.
    late = {c.citing for c in bundle.citations} | {
        t for r in bundle.reports if r.decision is not None for t in r.decision.reports
    }
    claims = fold(bundle).claims
    # What is dated into the future is named with all who say so.
    future = {c.report for c in claims if c.reason == "future_time"}
    repeating = {c.report.source for c in claims if c.fate is Fate.SUPERSEDED} | {
        r.source
        for r in bundle.reports
        if r.cites or r.directness is Directness.SECOND_HAND or Target(*r.key[:2]) in late
    }
    own = [r for r in bundle.reports if r.kind is Kind.OBSERVE and r.source not in repeating and r.key not in future]
    assume(own)
    root = rng.choice(own)
    quote = Cite(source=root.source) if rng.random() < 0.5 else Cite(report=Target.of(root.key))
    outlets = [
        keyed(replace(root, key=ReportKey(f"outlet{n}", "", ""), cites=(quote,), received_at=hours(LAST_HOUR)))
        for n in range(5)
    ]
    grades = tuple(replace(bundle.ratings[0], source=o.source, grade=Grade.A) for o in outlets)
    echoed = replace(bundle, reports=(*bundle.reports, *outlets), ratings=(*bundle.ratings, *grades))
    assert fold(echoed).output_hash == fold(bundle).output_hash


@ROUGH
@given(randoms, st.sampled_from([("bob", 1735), ("cy", 847), ("dan", 201)]))
def test_5_a_source_that_says_much_weighs_less_than_twice_its_grade(rng: Random, who: tuple[str, int]) -> None:
    source, weight = who
    bundle = story(rng, kind=SubjectKind.SHIPMENT, most=30)
    # All that was said is its word; whoever it cites is silent.
    told = told_by(bundle, lambda report: source)
    graded = replace(told, ratings=tuple(r for r in told.ratings if r.source != source or r.valid_from < 0))
    assert all(step.reach < 2 * weight for step in progress(fold(graded)))


@ROUGH
@given(randoms)
def test_5_all_ungraded_sources_together_weigh_as_one_whatever_roots_they_name(rng: Random) -> None:
    picture = fold(told_by(story(rng, kind=SubjectKind.SHIPMENT, most=30), lambda report: f"one of {report.key}"))
    assert all(step.reach < 2 * 405 for step in progress(picture))
    assert all(len(step.origins) <= 1 for step in progress(picture))


def told_by(bundle: Evidence, who: Callable[[Report], str]) -> Evidence:
    """The same story without decisions, told by other sources; each corrects and retracts itself."""
    reports = []
    for report in bundle.reports:
        if not report.source.startswith("analyst:"):
            source, target = who(report), report.target
            target = target and target._replace(source=source)
            reports.append(keyed(replace(report, key=report.key._replace(source=source), target=target)))
    return replace(bundle, reports=tuple(reports))


BRANCHES = ("refused", "return_started", "returned", "lost", "destroyed", "cancelled", "diverted")


def progress(picture: Picture) -> list[Step]:
    """The steps of the subject and of its legs that are progress."""
    steps = [*picture.timeline, *(step for leg in picture.legs for step in leg.timeline)]
    return [step for step in steps if step.milestone not in BRANCHES]


@ROUGH
@given(randoms)
def test_9_known_at_drops_what_was_recorded_later_and_nothing_else(rng: Random) -> None:
    bundle = story(rng)
    known_at = hours(rng.randint(240, LAST_HOUR))
    then = replace(
        bundle,
        reports=tuple(r for r in bundle.reports if r.received_at <= known_at),
        ratings=tuple(r for r in bundle.ratings if r.recorded_at <= known_at),
        citations=tuple(c for c in bundle.citations if c.recorded_at <= known_at),
    )
    assert fold(bundle, known_at) == fold(then, known_at)


@ROUGH
@given(randoms)
def test_9_history_is_never_rewritten(rng: Random) -> None:
    bundle = story(rng)
    cut = hours(rng.randint(240, LAST_HOUR))
    whole = history(bundle, moments_from=None, until=EVER)
    early = history(bundle, moments_from=None, until=cut)
    assert [v.picture for v in whole if v.known_from <= cut] == [v.picture for v in early]
    late = history(bundle, moments_from=cut + 1, until=EVER)
    assert [*early[:-1], *late] == [v for v in whole if v not in whole[len(early) - 1 : len(early)]]
    for version in whole:
        until = EVER if version.known_to is None else version.known_to - 1
        assert fold(bundle, until).output_hash == version.picture.output_hash


@ROUGH
@given(randoms)
def test_10_a_picture_for_an_audience_is_folded_from_what_it_may_see(rng: Random) -> None:
    bundle = story(rng)
    for tier in Tier:
        seen = visible(bundle, tier)
        secret = {r.key for r in bundle.reports} - {r.key for r in seen.reports}
        picture = fold(seen)
        assert not secret & {c.report for c in picture.claims}
    assert fold(visible(bundle, Tier.RED)) == fold(bundle)
