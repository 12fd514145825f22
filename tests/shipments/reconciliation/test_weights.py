"""S3: what a word weighs, and the walk of one origin's votes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shipments.reconciliation.model import Policy, Rating
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.vocabulary import Directness, Grade, Hedge, State, SubjectKind
from shipments.reconciliation.weights import Edge, halving_sum, value
from tests.shipments.reconciliation.reading import claim, finding, fold, path, step
from tests.shipments.reconciliation.telling import RULES, amount, fact, flag, hours, say


@pytest.mark.parametrize(
    ("source", "weight"),
    [("wfp", 2944), ("carrier", 1735), ("ngo", 847), ("blog", 201), ("rumour", 0), ("a stranger", 405)],
)
def test_grade_gives_the_weight(source: str, weight: int) -> None:
    report = say(source, "arrived", 30)
    assert claim(fold(report), report).weight == weight


@pytest.mark.parametrize(
    ("standing", "weight"),
    [
        ({"directness": Directness.INFERRED}, 520),
        ({"hedge": Hedge.APPARENT}, 1214),
        ({"hedge": Hedge.SPECULATED}, 520),
        ({"interested": True}, 867),
        ({"directness": Directness.INFERRED, "hedge": Hedge.APPARENT, "interested": True}, 182),
    ],
)
def test_directness_hedge_and_interest_are_multiplied_in_that_order_and_cut(
    standing: dict[str, object], weight: int
) -> None:
    report = say("carrier", "arrived", 30, **standing)  # type: ignore[arg-type]
    assert claim(fold(report), report).weight == weight


def test_the_grade_in_force_when_the_source_spoke_applies() -> None:
    worse = Rating(source="wfp", grade=Grade.D, valid_from=hours(50), recorded_at=hours(55))
    before, after = say("wfp", "departed", 10, said=49), say("wfp", "arrived", 30, said=50)
    picture = fold(before, after, ratings=[worse])
    assert (claim(picture, before).weight, claim(picture, after).weight) == (2944, 201)


def test_a_rating_recorded_later_is_not_known_before() -> None:
    worse = Rating(source="wfp", grade=Grade.D, valid_from=hours(0), recorded_at=hours(55))
    report = say("wfp", "arrived", 30)
    assert claim(fold(report, ratings=[worse], known_at=hours(54)), report).weight == 2944
    assert claim(fold(report, ratings=[worse], known_at=hours(55)), report).weight == 201


def test_a_grade_for_the_topic_goes_before_the_general_one() -> None:
    on_figures = Rating(source="wfp", grade=Grade.D, valid_from=0, recorded_at=0, topic="figures")
    report = say("wfp", "arrived", 30, facts=[fact("quantity", amount(40))])
    rules = tuple(replace(rule, topic="figures") if rule.name == "quantity" else rule for rule in RULES)
    picture = fold(report, ratings=[on_figures], rules=rules)
    assert claim(picture, report, "milestone").weight == 2944
    assert claim(picture, report, "fact").weight == 201


def test_h_halves_falling_weights_and_counts_nine() -> None:
    assert halving_sum([100, 400, 200], length=9) == 400 + 100 + 25
    assert halving_sum([1024] * 9, length=9) == 2044
    assert halving_sum([1024] * 50, length=9) == 2044
    assert halving_sum([], length=9) == 0


def test_one_origins_steps_are_walked_from_the_furthest_down() -> None:
    steps = [("carrier", m, 10 * n) for n, m in enumerate(("booked", "departed", "arrived", "delivered"))]
    picture = fold(*[say(*one) for one in steps])
    assert [s.score for s in picture.timeline] == [1735 >> 3, 1735 >> 2, 1735 >> 1, 1735]
    assert picture.timeline[0].reach < 2 * 1735


def test_progress_and_branches_are_walked_apart() -> None:
    picture = fold(say("carrier", "departed", 10), say("carrier", "lost", 60))
    assert [s.score for s in picture.timeline] == [1735, 1735]


def test_votes_off_the_path_do_not_weaken_those_on_it() -> None:
    off = say("wfp", "delivered", 20)  # before it even arrived
    on_path = [say("wfp", "arrived", 30), say("icrc", "arrived", 30), say("carrier", "customs", 40)]
    picture = fold(*on_path, off)
    assert path(picture) == "arrived customs"
    assert step(picture, "arrived").score == 2944 * 2


def test_the_accept_bar_is_that_of_the_policy_and_the_kind_of_subject() -> None:
    assert fold(say("ngo", "arrived", 30)).status is None
    assert fold(say("ngo", "refused", 30), kind=SubjectKind.OFFER).status == "refused"
    bold: Policy = replace(POLICY_V1, bar=800, version="2", recorded_at=hours(100))
    policies = (POLICY_V1, bold)
    assert fold(say("ngo", "arrived", 30), policies=policies, known_at=hours(99)).status is None
    assert fold(say("ngo", "arrived", 30), policies=policies, known_at=hours(100)).status == "arrived"


def test_two_ungraded_sources_that_name_different_unrated_roots_are_one_vote() -> None:
    told = [say(f"stranger{n}", "arrived", 30, cites=[f"root{n}"]) for n in (1, 2)]
    assert step(fold(*told), "arrived").score == 405
    assert step(fold(*told, say("wfp", "arrived", 30, cites=["root3"])), "arrived").score == 405


edges = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("abcd"), st.sampled_from("abcdxy"), st.sampled_from((201, 847, 1735))),
    max_size=8,
)
Said = tuple[int, str, str, int]  # in which candidate, by whom, for which origin, with which weight


def worth_of(said: list[Said]) -> int:
    """V of such votes. A source's own words and what it quotes are capped by its grade, as they are in the fold."""
    told: dict[int, dict[tuple[str, str], int]] = {}
    for number, speaker, origin, weight in said:
        candidate = told.setdefault(number, {})
        candidate[origin, speaker] = max(weight, candidate.get((origin, speaker), 0))
    ways = [tuple(Edge(*pair, weight) for pair, weight in sorted(told[n].items())) for n in sorted(told)]
    return value(ways, length=9)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(edges, edges)
def test_a_further_vote_never_takes_anything_away(said: list[Said], more: list[Said]) -> None:
    assert worth_of(said) <= worth_of(said + more)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(edges, edges, st.sampled_from("abcd"), st.sampled_from((201, 847, 1735)))
def test_whatever_else_is_said_no_speaker_adds_twice_its_grade(
    said: list[Said], more: list[Said], who: str, grade: int
) -> None:
    others = [s for s in said if who not in s[1:3]]
    spoken = [(number, who, origin, min(weight, grade)) for number, _, origin, weight in more]
    assert worth_of(others + spoken) - worth_of(others) < 2 * grade


@settings(max_examples=300, deadline=None, derandomize=True)
@given(edges, st.sampled_from((201, 847, 1735)))
def test_however_many_quote_it_no_origin_is_worth_twice_its_grade(said: list[Said], grade: int) -> None:
    quoted = [(number, speaker, "x", min(weight, grade)) for number, speaker, _, weight in said]
    assert worth_of(quoted) < 2 * grade


def test_all_whom_nobody_graded_are_one_vote_however_many_speak_for_themselves() -> None:
    picture = fold(*[say(f"stranger-{number}", "departed", 24) for number in range(3)])
    assert step(picture, "departed").score == 405
    assert picture.state is State.SINGLE_SOURCE


def test_a_voice_that_weighs_nothing_corroborates_nothing() -> None:
    heard = {"flags": [flag("damaged")], "facts": [fact("quantity", amount(40))]}
    picture = fold(say("carrier", "arrived", 30, **heard), say("rumour", "arrived", 30, **heard))
    assert picture.state == State.SINGLE_SOURCE
    assert finding(picture, "damaged").state == State.SINGLE_SOURCE
    assert finding(picture, "quantity").state == State.SINGLE_SOURCE
