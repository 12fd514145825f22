"""Of decisions that cannot stand together the latest stands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shipments.reconciliation.model import LegPlan
from shipments.reconciliation.vocabulary import DecisionKind, Fate, State, SubjectKind
from tests.shipments.reconciliation.reading import claim, finding, fold, path, step
from tests.shipments.reconciliation.telling import amount, decide, fact, hours, keyed, say

ACCEPT = DecisionKind.ACCEPT


@pytest.mark.parametrize("author", ["kim", "lee"])
@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(("delivered", 60), ("customs", 168), id="the later decided happened later"),
        pytest.param(("customs", 168), ("delivered", 60), id="the later decided happened before"),
        pytest.param(("customs", 36), ("delivered", (24, 48)), id="a day, at whose beginning it was"),
        pytest.param(("delivered", (24, 48)), ("customs", 36), id="a day, at whose beginning it was, decided before"),
        pytest.param(("customs", 36), ("delivered", None), id="without a time"),
        pytest.param(("delivered", None), ("customs", 36), id="without a time, decided before"),
    ],
)
def test_of_two_decisions_that_disagree_in_time_the_latest_stands(
    earlier: tuple[str, float], later: tuple[str, float], author: str
) -> None:
    told = [say("wfp", "arrived", 20), say("wfp", "delivered", 24)]
    first = decide(ACCEPT, *earlier, said=200, author="kim")
    second = decide(ACCEPT, *later, said=300, author=author)
    picture = fold(*told, first, second)
    assert step(picture, later[0]).margin > 900_000
    assert claim(picture, second).fate in (Fate.USED, Fate.SUPPORTS)
    assert (claim(picture, first).fate, claim(picture, first).reason) == (Fate.SUPERSEDED, "later_decision")
    assert step(fold(*told, first), earlier[0]).margin > 900_000


def test_an_overruled_decision_overrules_nothing() -> None:
    first = decide(ACCEPT, "delivered", 60, said=100)
    second = decide(ACCEPT, "lost", 60, said=110)
    third = decide(ACCEPT, "verified", 90, said=120)
    assert claim(fold(first, second), first).reason == "later_decision"
    picture = fold(first, second, third)
    assert path(picture) == "delivered verified"
    assert claim(picture, second).reason == "later_decision"


def test_of_two_accepted_values_that_came_to_stand_in_rival_groups_the_latest_stands() -> None:
    told = [say("wfp", facts=[fact("quantity", amount(40))]), say("ngo", facts=[fact("quantity", amount(52))])]
    early, late = (
        decide(ACCEPT, said=n, facts=[fact("quantity", amount(*span))])
        for n, span in ((100, (35, 45)), (110, (44, 60)))
    )
    for first, second, value in ((early, late, "52"), (late, early, "40")):
        second = keyed(replace(second, asserted_at=hours(120)))
        picture = fold(*told, first, second)
        found = finding(picture, "quantity")
        assert (found.low, found.state) == (value, State.DECIDED)
        assert (claim(picture, first).fate, claim(picture, first).reason) == (Fate.SUPERSEDED, "later_decision")


@pytest.mark.parametrize(("yes", "no", "state"), [(100, 110, State.DENIED), (110, 100, State.DECIDED)])
def test_of_a_decision_and_a_denial_of_what_it_implies_the_latest_stands(yes: float, no: float, state: State) -> None:
    accept = decide(ACCEPT, "acknowledged", 10, said=yes)
    deny = decide(ACCEPT, "made", 50, said=no, author="lee", denies=True)
    picture = fold(accept, deny, kind=SubjectKind.APPEAL)
    assert picture.state is state
    (lost,) = [c for c in picture.claims if c.fate is Fate.SUPERSEDED]
    assert lost.report == (accept if yes < no else deny).key
    assert picture.conflicts == ()


def test_decisions_that_fit_stand_side_by_side_and_each_weighs_in_full() -> None:
    told = [decide(ACCEPT, "arrived", 30), decide(ACCEPT, "delivered", 60), decide(ACCEPT, "lost", 50, denies=True)]
    picture = fold(*told)
    assert [s.margin for s in picture.timeline] == [1_000_000, 1_000_000]
    again = fold(*told, decide(ACCEPT, "delivered", 60, author="lee"))
    assert step(again, "delivered").margin == 1_000_000
    assert all(c.fate in (Fate.USED, Fate.COMPATIBLE) for c in again.claims)


def test_a_decided_leg_is_overruled_by_what_is_decided_of_the_shipment() -> None:
    legs = (LegPlan(key="only", sequence=1),)
    leg = decide(ACCEPT, "arrived", 30, said=100, leg="only")
    whole = decide(ACCEPT, "arrived", 50, said=110, denies=True)
    departed = say("wfp", "departed", 10, leg="only")
    assert fold(departed, leg, legs=legs).status == "arrived"
    assert fold(departed, leg, whole, legs=legs).status == "departed"


def test_a_decision_that_was_made_again_is_as_late_as_it_was_made_last() -> None:
    first, again = (
        decide(ACCEPT, "delivered", 60, said=said, author=who) for said, who in ((100, "kim"), (300, "lee"))
    )
    between = decide(ACCEPT, "lost", 60, said=200, author="boss")
    picture = fold(first, between, again)
    assert path(picture) == "delivered"
    assert claim(picture, between).reason == "later_decision"
    assert path(fold(first, between)) == "lost"
