"""S7: flags, set and unset on their own."""

from __future__ import annotations

from shipments.reconciliation.vocabulary import ConflictKind, DecisionKind, Fate, Toggle
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, finding, fold
from tests.shipments.reconciliation.telling import LEGS, decide, flag, hours, say

SET, UNSET = Toggle.SET, Toggle.UNSET


def test_a_flag_set_by_an_accepted_word_holds_since_then() -> None:
    found = finding(fold(say("carrier", at=10, flags=[flag("damaged")])), "damaged")
    assert (found.label, found.state, found.origins) == ("set", "single_source", ("carrier",))
    assert found.since is not None
    assert found.since.earliest == hours(10)


def test_a_flag_by_a_weak_word_is_only_leading() -> None:
    found = finding(fold(say("ngo", at=10, flags=[flag("damaged")])), "damaged")
    assert (found.label, found.leading) == (None, "set")


def test_the_latest_accepted_side_holds() -> None:
    on = say("carrier", at=10, flags=[flag("quarantined")])
    off = say("customs", at=40, flags=[flag("quarantined", UNSET)])
    picture = fold(off, on)
    assert finding(picture, "quarantined").label == "unset"
    assert claim(picture, on).fate is Fate.SUPERSEDED
    assert conflicts(picture) == []


def test_a_weak_later_word_does_not_unset_it() -> None:
    weak = say("ngo", at=40, flags=[flag("quarantined", UNSET)])
    assert finding(fold(say("carrier", at=10, flags=[flag("quarantined")]), weak), "quarantined").label == "set"


def test_both_sides_at_once_from_different_origins_are_a_conflict() -> None:
    off = say("customs", at=12, flags=[flag("quarantined", UNSET)])
    picture = fold(say("wfp", at=10, flags=[flag("quarantined")]), off)
    assert finding(picture, "quarantined").label == "set"
    assert finding(picture, "quarantined").state == "contested"
    assert conflict(picture, ConflictKind.FLAG).keys == (off.key,)


def test_a_source_that_takes_its_flag_back_at_once_is_no_conflict() -> None:
    picture = fold(
        say("carrier", at=10, flags=[flag("quarantined")]),
        say("carrier", at=12, flags=[flag("quarantined", UNSET)]),
    )
    assert finding(picture, "quarantined").label == "unset"
    assert conflicts(picture) == []


def test_a_hold_ends_with_an_accepted_clearance_and_not_with_an_arrival() -> None:
    held = say("carrier", at=10, flags=[flag("held_customs")])
    assert finding(fold(held, say("wfp", "arrived", 30)), "held_customs").label == "set"
    ended = finding(fold(held, say("wfp", "cleared", 30)), "held_customs")
    assert ended.label == "unset"
    assert ended.since is not None
    assert ended.since.earliest == hours(30)
    assert finding(fold(held, say("ngo", "cleared", 30)), "held_customs").label == "set"


def test_a_delay_ends_with_any_later_accepted_milestone() -> None:
    late = say("carrier", at=10, flags=[flag("delayed")])
    assert finding(fold(late, say("wfp", "departed", 5)), "delayed").label == "set"
    assert finding(fold(late, say("wfp", "departed", 20)), "delayed").label == "unset"


def test_damage_never_ends_by_itself() -> None:
    assert (
        finding(fold(say("carrier", at=10, flags=[flag("damaged")]), say("wfp", "delivered", 90)), "damaged").label
        == "set"
    )


def test_a_flag_of_a_leg_belongs_to_the_leg() -> None:
    picture = fold(say("carrier", at=10, leg="first", flags=[flag("delayed")]), legs=LEGS)
    assert finding(picture, "delayed").leg == "first"


def test_an_unknown_flag_is_held_out() -> None:
    report = say("carrier", at=10, flags=[flag("cursed")])
    assert claim(fold(report), report).reason == "unknown_flag"


def test_to_deny_that_a_flag_is_set_is_to_unset_it() -> None:
    denial = say("customs", at=40, flags=[flag("quarantined")], denies=True)
    assert finding(fold(say("carrier", at=10, flags=[flag("quarantined")]), denial), "quarantined").label == "unset"


def test_an_analyst_settles_a_flag() -> None:
    picture = fold(
        say("wfp", at=10, flags=[flag("quarantined")]),
        say("icrc", at=10, flags=[flag("quarantined")]),
        decide(DecisionKind.ACCEPT, at=11, flags=[flag("quarantined", UNSET)]),
    )
    assert (finding(picture, "quarantined").label, finding(picture, "quarantined").state) == ("unset", "decided")
