"""S5: the best story, and denials charged on it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shipments.reconciliation.bench import open_bench
from shipments.reconciliation.candidates import Entry, gather
from shipments.reconciliation.chain import Stories
from shipments.reconciliation.denials import Denial
from shipments.reconciliation.lifecycles import SHIPMENT
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.vocabulary import ConflictKind, Fate, Grade, State, SubjectKind
from shipments.reconciliation.words import BEFORE_ALL
from tests.shipments.reconciliation.generator import story
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, finding, fold, path, step
from tests.shipments.reconciliation.telling import EVER, say

OFFER, APPEAL = SubjectKind.OFFER, SubjectKind.APPEAL


def test_skipped_steps_are_normal() -> None:
    assert path(fold(say("wfp", "booked", 0), say("wfp", "delivered", 60))) == "booked delivered"


def test_a_step_may_seem_earlier_than_the_one_before_it_by_the_tolerance() -> None:
    assert path(fold(say("wfp", "departed", 30), say("carrier", "arrived", 24))) == "departed arrived"
    assert path(fold(say("wfp", "departed", 30), say("carrier", "arrived", 23))) == "departed"


EVEN = replace(POLICY_V1, grade_weights=tuple((g, 2000 if g is Grade.B else 1000) for g in Grade))


@pytest.mark.parametrize(
    ("alone", "together"),
    [
        pytest.param("delivered", "lost", id="at the end"),
        pytest.param("lost", "destroyed", id="of one rank"),
    ],
)
def test_among_equal_stories_the_one_with_more_origins_is_told(alone: str, together: str) -> None:
    told = [say("carrier", alone, 60), say("ngo", together, 60), say("paper1", together, 60)]
    assert path(fold(*told, policies=(EVEN,))) == together
    assert path(fold(say("carrier", alone, 60), say("customs", together, 60), policies=(EVEN,))) == alone


def test_among_equal_ways_to_a_step_the_one_with_more_origins_is_told() -> None:
    # It arrived only after it was refused, so that a story holds one of both.
    told = [say("carrier", "arrived", 80), say("wfp", "return_started", 90)]
    alone, together = [say("wire", "refused", 60)], [say(source, "refused", 60) for source in ("ngo", "paper1")]
    assert path(fold(*told, *together, policies=(EVEN,))) == "refused return_started"
    assert path(fold(*told, *alone, policies=(EVEN,))) == "arrived return_started"


def test_among_equal_stories_the_lower_rank_then_the_earlier_then_the_least_key_is_told() -> None:
    assert path(fold(say("carrier", "delivered", 60), say("customs", "lost", 60))) == "delivered"
    picture = fold(say("carrier", "arrived", 60), say("customs", "arrived", 30))
    assert step(picture, "arrived").origins == ("customs",)


def test_a_denial_is_charged_where_a_story_first_claims_what_it_denies() -> None:
    reports = [say("wire", "made", 0), say("carrier", "acknowledged", 10), say("wfp", "accepted", 20)]
    denial = say("ngo", "acknowledged", 30, denies=True)
    picture = fold(*reports, denial, kind=OFFER)
    # Charged once, on `acknowledged`, although `accepted` implies it too.
    assert picture.reach == 2944
    assert step(picture, "acknowledged").margin == 1735 - 0
    assert step(picture, "made").reach == 1735 + 1735 + 2944 - 847
    assert claim(picture, denial).fate is Fate.OUTWEIGHED


def test_a_denial_as_of_before_the_step_does_not_touch_it() -> None:
    picture = fold(say("ngo", "acknowledged", 10, denies=True), say("paper1", "acknowledged", 20), kind=OFFER)
    assert (picture.status, picture.state) == ("acknowledged", "single_source")
    assert conflicts(picture) == []


def test_no_answer_yet_denies_the_refusal_as_well() -> None:
    denial = say("carrier", "acknowledged", 30, denies=True)
    refusal = say("ngo", "refused", 20)
    picture = fold(say("wire", "made", 0), refusal, denial, kind=OFFER)
    assert (picture.status, picture.state) == ("made", "contested")
    assert conflict(picture, ConflictKind.DENIED).keys == (refusal.key,)
    assert claim(picture, refusal).fate is Fate.DENIED


def test_withdrawn_is_not_progress_and_no_denial_of_progress_touches_it() -> None:
    denial = say("carrier", "acknowledged", 30, denies=True)
    picture = fold(say("wire", "made", 0), say("ngo", "withdrawn", 20), denial, kind=OFFER)
    assert (path(picture), picture.state) == ("made withdrawn", "single_source")


def test_a_denial_of_returned_is_charged_once_in_a_story_that_returns_by_steps() -> None:
    steps = [say("wfp", "departed", 0), say("icrc", "return_started", 20), say("carrier", "returned", 40)]
    denial = say("ngo", "return_started", 50, denies=True)
    picture = fold(*steps, denial)
    assert path(picture) == "departed return_started returned"
    assert picture.timeline[0].reach - 2944 == 0  # branches imply no progress
    assert step(picture, "returned").margin == 1735
    lone = fold(steps[0], steps[2], denial)
    assert step(lone, "returned").margin == 1735 - 847


def test_the_branch_between_two_steps_does_not_let_a_denial_count_twice() -> None:
    steps = [say("wfp", "arrived", 0), say("icrc", "refused", 20), say("carrier", "delivered", 40)]
    without = fold(*steps)
    denied = fold(*steps, say("ngo", "arrived", 50, denies=True))
    assert without.timeline[0].reach - denied.timeline[0].reach == 847


def test_each_origin_denies_once_and_its_lowest_denial_counts_in_full() -> None:
    claims = [say("wfp", "acknowledged", 10), say("icrc", "accepted", 20)]
    one = fold(*claims, say("ngo", "acknowledged", 30, denies=True), kind=OFFER)
    two = fold(
        *claims,
        say("ngo", "acknowledged", 30, denies=True),
        say("ngo", "accepted", 30, denies=True),
        kind=OFFER,
    )
    assert one.reach == 2944
    assert two.reach == 2944 - (847 >> 1)
    echoed = fold(
        *claims,
        say("ngo", "acknowledged", 30, denies=True),
        say("paper1", "acknowledged", 30, denies=True, cites=["ngo"]),
        kind=OFFER,
    )
    assert echoed.output_hash == one.output_hash


def test_an_earlier_heavier_denial_does_not_hide_a_later_one_of_the_same_origin() -> None:
    made = say("carrier", "made", 30)
    early = say("customs", "made", 20, denies=True, cites=["wire"])
    late = say("ngo", "made", 40, denies=True, cites=["wire"])
    picture = fold(made, early, late, kind=APPEAL)
    assert picture.margin == 1735 - 847
    assert conflict(picture, ConflictKind.DENIED).keys == (late.key,)
    assert claim(picture, early).fate is Fate.USED
    # Where both hold, the origin is heard once, at its heavier word.
    before = fold(say("carrier", "made", 10), early, late, kind=APPEAL)
    assert before.margin == 1735 - 1735
    assert conflict(before, ConflictKind.DENIED).keys == tuple(sorted((early.key, late.key)))


def test_a_denial_without_weight_denies_nothing_and_is_named() -> None:
    denial = say("rumour", "made", 30, denies=True)
    picture = fold(denial, kind=APPEAL)
    assert (picture.state, claim(picture, denial).reason) == ("unknown", "no_weight")
    assert conflicts(picture) == [("made", ConflictKind.NO_WEIGHT)]


def test_a_story_denied_more_strongly_than_told_is_no_story() -> None:
    picture = fold(say("ngo", "made", 10), say("wfp", "made", 30, denies=True), kind=APPEAL)
    assert (picture.status, picture.leading, picture.state) == (None, None, "denied")


def test_a_denial_as_strong_as_the_claim_leaves_it_contested() -> None:
    picture = fold(say("ngo", "made", 10), say("paper1", "made", 30, denies=True), kind=APPEAL)
    assert (picture.status, picture.state, picture.margin) == ("made", "contested", 0)


def test_only_a_denial_is_denied_and_nothing_is_unknown() -> None:
    denied, other = say("ngo", "made", 10, denies=True), say("wfp", "acknowledged", 10, denies=True)
    picture = fold(denied, other, kind=APPEAL)
    assert picture.state == "denied"
    assert (finding(picture, "made").because, finding(picture, "made").margin) == ((denied.key,), -847)
    assert fold(kind=APPEAL).state == "unknown"


def test_a_candidate_without_weight_is_on_no_path_but_shown() -> None:
    rumour = say("rumour", "delivered", 60)
    picture = fold(say("wfp", "arrived", 30), rumour)
    assert path(picture) == "arrived"
    found = conflict(picture, ConflictKind.NO_WEIGHT)
    assert (found.keys, found.by) == ((rumour.key,), 0)
    assert finding(picture, "delivered").state == "unknown"


def test_a_change_of_mind_after_a_refusal_takes_longer_than_the_tolerance() -> None:
    refused = say("wfp", "refused", 20)
    assert path(fold(refused, say("icrc", "accepted", 40), kind=OFFER)) == "refused accepted"
    for hour in (24, 26):
        at_once = fold(refused, say("carrier", "accepted", hour), kind=OFFER)
        assert path(at_once) == "refused"
        assert conflicts(at_once) == [("accepted", ConflictKind.EXCLUSIVE_BRANCH)]
    assert path(fold(refused, say("carrier", "accepted", 27), kind=OFFER)) == "refused accepted"


def test_lost_is_left_only_by_a_retraction_or_a_denial_of_it() -> None:
    lost = [say("wfp", "departed", 0), say("carrier", "lost", 40)]
    back = say("paper1", "arrived", 80)
    assert fold(*lost, back).leading == "lost"
    found = say("customs", "lost", 80, denies=True)
    assert fold(*lost, back, found).leading == "arrived"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 2**32))
def test_the_short_way_without_denials_gives_the_same_worths(seed: int) -> None:
    bench = open_bench(story(Random(seed), kind=SubjectKind.SHIPMENT), known_at=EVER)
    entries = [
        Entry(milestone=b.word.name, earliest=b.word.earliest, latest=b.word.latest, votes=b.votes)
        for b in bench.milestones("", denied=False)
    ]
    candidates = gather(entries, SHIPMENT, bench.policy)
    short = Stories(candidates, [], SHIPMENT, tolerance=bench.policy.tolerance)
    if not short.eligible:
        return
    # A denial as of before all time is charged on nothing, and makes the general way be taken.
    never = Denial(
        milestone="planned", rank=0, is_progress=True, until=BEFORE_ALL - 1, votes=candidates[0].votes[:1], weight=1
    )
    general = Stories(candidates, [never], SHIPMENT, tolerance=bench.policy.tolerance)
    if short.is_one:
        assert short.path() == general.path()
    assert short.best() == general.best()
    assert short.best_through(short.eligible) == general.best_through(short.eligible)
    for index in short.eligible:
        assert short.best(without=(index,)) == general.best(without=(index,))


def test_a_denial_of_the_very_first_milestone_is_charged() -> None:
    picture = fold(say("ngo", "planned", 10), say("carrier", "planned", 10, denies=True))
    assert (picture.leading, finding(picture, "planned").state) == (None, State.CONTESTED)
    assert finding(picture, "planned").margin == 847 - 1735
