"""S6: how far it got, and how sure that is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shipments.reconciliation.digest import confidence
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.vocabulary import DecisionKind, Fate, Grade, Standing, State, TimeClass
from tests.shipments.reconciliation.reading import claim, finding, fold, path, step
from tests.shipments.reconciliation.telling import decide, retract, say

BASE = (say("carrier", "departed", 24), say("wfp", "arrived", 30))


def test_the_status_is_the_furthest_step_whose_reach_meets_the_bar() -> None:
    picture = fold(*BASE, say("ngo", "cleared", 50), say("blog", "delivered", 60))
    assert (picture.status, picture.leading) == ("arrived", "delivered")
    assert (finding(picture, "status").label, finding(picture, "status").leading) == ("arrived", "delivered")
    assert finding(fold(*BASE), "status").leading is None
    assert [s.reach for s in picture.timeline] == [867 * 2 + 1 + 2944 + 847 + 201, 2944 + 847 + 201, 847 + 201, 201]


def test_weak_words_on_further_steps_add_up_to_a_reach() -> None:
    picture = fold(*BASE, say("ngo", "cleared", 50), say("paper1", "delivered", 60))
    assert (picture.status, picture.reach) == ("cleared", 1694)
    assert picture.standing is Standing.UNCONFIRMED


def test_a_rival_within_the_bar_makes_the_picture_contested_from_that_step_on() -> None:
    picture = fold(*BASE, say("carrier", "delivered", 60), say("customs", "lost", 60))
    assert picture.contested_from == "delivered"
    assert [a.label for a in picture.alternatives] == ["lost"]
    assert (step(picture, "arrived").state, step(picture, "delivered").state) == (
        State.CORROBORATED,
        State.CONTESTED,
    )
    assert picture.state is State.CONTESTED


def test_a_rival_far_behind_is_left_out_and_makes_nothing_contested() -> None:
    picture = fold(*BASE, say("icrc", "delivered", 60), say("wfp", "delivered", 60), say("ngo", "lost", 60))
    assert (picture.contested_from, picture.alternatives) == (None, ())
    assert picture.standing is Standing.ACCEPTED
    assert finding(picture, "lost").state is State.CONTESTED


def test_a_milestone_has_the_origins_of_all_that_implies_it() -> None:
    picture = fold(*BASE)
    assert step(picture, "departed").origins == ("carrier", "wfp")
    assert step(picture, "arrived").origins == ("wfp",)
    assert finding(picture, "departed").state is State.CORROBORATED
    assert picture.state is State.SINGLE_SOURCE


def test_everything_retracted_is_retracted() -> None:
    picture = fold(BASE[1], retract(BASE[1], 50))
    assert (path(picture), picture.state) == ("", State.RETRACTED)
    found = finding(picture, "arrived")
    assert (found.state, found.margin, found.confidence) == (State.RETRACTED, 0, 500)


@pytest.mark.parametrize(
    ("weight", "shown"),
    [
        *((0, 500), (2944, 950), (1386, 800), (-1386, 200)),
        *((9 * 2944, 999), (-9 * 2944, 1), (99_999, 999)),
        *((10**6, 1000), (-(10**6), 0), (997_056, 1000)),
    ],
)
def test_confidence_is_shown_per_mille_and_certain_only_where_it_was_decided(weight: int, shown: int) -> None:
    assert confidence(weight) == shown


def test_only_what_actually_happened_moves_the_status() -> None:
    for time_class in set(TimeClass) - {TimeClass.ACTUAL}:
        picture = fold(*BASE, say("wfp", "delivered", 60, time_class=time_class))
        assert picture.status == "arrived"
        assert [(p.milestone, p.is_seen) for p in picture.planned] == [("delivered", False)]
        assert picture.conflicts == ()


def test_what_was_planned_and_is_seen_is_no_gap() -> None:
    (planned,) = fold(*BASE, say("carrier", "departed", 20, time_class=TimeClass.PLANNED)).planned
    assert planned.is_seen


def test_of_two_plans_the_heavier_is_shown() -> None:
    weak = say("ngo", "arrived", 90, time_class=TimeClass.ESTIMATED)
    picture = fold(weak, say("carrier", "arrived", 50, time_class=TimeClass.ESTIMATED))
    (planned,) = picture.planned
    assert planned.origins == ("carrier",)
    assert claim(picture, weak).fate is Fate.OUTWEIGHED


def test_four_sources_of_grade_a_are_not_shown_as_certain() -> None:
    told = [say(name, "arrived", 30) for name in ("wfp", "icrc", "who", "ifrc")]
    picture = fold(*told, grades={"who": Grade.A, "ifrc": Grade.A})
    assert (picture.reach, picture.confidence) == (4 * 2944, 999)
    assert fold(*told, decide(DecisionKind.ACCEPT, "arrived", 30)).confidence == 1000


@pytest.mark.parametrize("is_excluded", [True, False])
def test_a_party_denies_unless_its_word_was_excluded(is_excluded: bool) -> None:
    denial = say("rumour", "arrived", 40, denies=True, interested=True)
    told = [*BASE, denial, *([decide(DecisionKind.EXCLUDE, reports=[denial])] if is_excluded else [])]
    assert fold(*told).is_denied_by_party is not is_excluded
    assert not fold(*BASE, say("ngo", "arrived", 40, denies=True)).is_denied_by_party


def test_an_excluded_plan_is_no_plan() -> None:
    plans = [say(s, "arrived", at, time_class=TimeClass.ESTIMATED) for s, at in (("carrier", 50), ("ngo", 90))]
    refusal = say("icrc", "arrived", 20, time_class=TimeClass.ESTIMATED, denies=True)
    (planned,) = fold(*plans, refusal).planned
    assert (planned.origins, planned.denied_by) == (("carrier",), ("icrc",))
    picture = fold(*plans, refusal, decide(DecisionKind.EXCLUDE, reports=[plans[0], refusal]))
    (planned,) = picture.planned
    assert (planned.origins, planned.denied_by) == (("ngo",), ())
    assert (claim(picture, plans[0]).fate, claim(picture, plans[0]).reason) == (Fate.OUTWEIGHED, "excluded")
    assert fold(plans[0], decide(DecisionKind.EXCLUDE, reports=[plans[0]])).planned == ()


@pytest.mark.parametrize(("bar", "is_contested"), [(2623, False), (2624, True)])
def test_a_rival_as_far_behind_as_the_bar_contests_nothing(bar: int, *, is_contested: bool) -> None:
    told = say("carrier", "delivered", 60), say("customs", "delivered", 60), say("ngo", "lost", 60)
    picture = fold(*told, policies=(replace(POLICY_V1, bar=bar),))
    assert (picture.contested_from is not None, bool(picture.alternatives)) == (is_contested, is_contested)
    assert picture.state is (State.CONTESTED if is_contested else State.CORROBORATED)


def test_a_plan_is_denied_by_those_who_deny_what_comes_before_it_and_not_what_comes_after() -> None:
    plan = say("carrier", "arrived", 40, said=5, time_class=TimeClass.PLANNED)
    for milestone, denied_by in (("departed", ("icrc",)), ("arrived", ("icrc",)), ("delivered", ())):
        (planned,) = fold(plan, say("icrc", milestone, 30, denies=True)).planned
        assert planned.denied_by == denied_by
