"""Facts that are denied: what a denial touches, and what becomes of the rest."""

from __future__ import annotations

import pytest

from shipments.reconciliation.model import Fact
from shipments.reconciliation.values import Time
from shipments.reconciliation.vocabulary import (
    ConflictKind,
    Fate,
    Qualifier,
    State,
)
from tests.shipments.reconciliation.reading import claim, conflict, finding, fold
from tests.shipments.reconciliation.telling import (
    amount,
    code,
    fact,
    place,
    say,
)
from tests.shipments.reconciliation.test_facts import day, tells, tonnes


def test_a_denial_subtracts_from_what_it_meets() -> None:
    denial = tells("carrier", fact("channel", code("public")), denies=True)
    picture = fold(tells("wfp", fact("channel", code("public"))), denial)
    found = finding(picture, "channel")
    assert (found.label, found.state, found.margin) == ("public", State.CONTESTED, 2944 - 1735)
    assert conflict(picture, ConflictKind.DENIED).keys == (denial.key,)


def test_a_value_denied_far_more_strongly_than_told_is_denied() -> None:
    told = tells("ngo", fact("channel", code("public")))
    picture = fold(told, tells("wfp", fact("channel", code("public")), denies=True))
    assert (finding(picture, "channel").value, finding(picture, "channel").state) == (None, State.DENIED)
    assert claim(picture, told).fate is Fate.DENIED


@pytest.mark.parametrize(
    ("told", "denied", "is_denied"),
    [
        (fact("place", place("KPFNJ")), fact("place", place("KP")), True),
        (fact("place", place("KP")), fact("place", place("KPFNJ")), False),
        (fact("place", place("KP")), fact("place", place("KP")), True),
        (fact("place", place("KPNAM")), fact("place", place("KPFNJ")), False),
        (tonnes(40), tonnes(35, 60), True),
        (tonnes(35, 60), tonnes(40), False),
        (tonnes(35, 60), tonnes(35, 60), True),
        (tonnes(35, 60), tonnes(50, 70), False),
        (tonnes(40), tonnes(35, qualifier=Qualifier.AT_LEAST), True),
        (tonnes(40, qualifier=Qualifier.AT_LEAST), tonnes(35, qualifier=Qualifier.AT_LEAST), True),
        (tonnes(35, qualifier=Qualifier.AT_LEAST), tonnes(40, qualifier=Qualifier.AT_LEAST), False),
        (tonnes(40), tonnes(50, qualifier=Qualifier.UP_TO), True),
        (tonnes(40, qualifier=Qualifier.AT_LEAST), tonnes(50, qualifier=Qualifier.UP_TO), False),
        (tonnes(40, qualifier=Qualifier.ABOUT), tonnes(40), True),
        (tonnes(40), tonnes(40, qualifier=Qualifier.ABOUT), True),
        (tonnes(40, qualifier=Qualifier.AT_LEAST), tonnes(40, qualifier=Qualifier.UP_TO), False),
        (tonnes(40), tonnes(40, unit="boxes"), False),
        (tonnes(40), tonnes(41), False),
        (fact("eta", Time(at=day(2))), fact("eta", Time(at=day(1, 3))), True),
        (fact("eta", Time(at=day(1, 3))), fact("eta", Time(at=day(2))), False),
        (fact("eta", Time(at=day(1, 3))), fact("eta", Time(at=day(1, 3))), True),
    ],
)
def test_a_denial_touches_what_implies_the_value_denied(told: Fact, denied: Fact, is_denied: bool) -> None:
    by_others = fold(tells("ngo", told), tells("wfp", denied, denies=True))
    found = [f for f in by_others.findings if f.kind == "fact" and f.score]
    assert [f.state for f in found] == [State.DENIED if is_denied else State.SINGLE_SOURCE]
    own = tells("wfp", told)
    by_itself = fold(own, say("wfp", said=11, facts=[denied], denies=True))
    assert (claim(by_itself, own).fate is Fate.SUPERSEDED) is is_denied


def test_only_denials_are_denied() -> None:
    found = finding(fold(tells("ngo", fact("channel", code("public")), denies=True)), "channel")
    assert (found.label, found.state) == (None, State.DENIED)


def test_a_denied_milestone_does_not_deny_the_facts_beside_it() -> None:
    denial = say("wfp", "delivered", 60, denies=True, facts=[fact("quantity", amount(12))])
    found = finding(fold(denial), "quantity")
    assert (found.low, found.state) == ("12", State.SINGLE_SOURCE)
