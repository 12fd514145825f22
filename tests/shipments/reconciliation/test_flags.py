"""S7: flags, set and unset on their own."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.vocabulary import ConflictKind, DecisionKind, Fate, Hedge, State, Toggle
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, finding, fold
from tests.shipments.reconciliation.telling import LEGS, decide, flag, hours, say, when

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


def test_a_later_side_that_is_too_light_to_turn_it_is_left_out_and_named() -> None:
    on, off = say("carrier", at=10, flags=[flag("quarantined")]), say("ngo", at=40, flags=[flag("quarantined", UNSET)])
    picture = fold(on, off)
    assert (finding(picture, "quarantined").label, finding(picture, "quarantined").state) == ("set", "single_source")
    assert (claim(picture, off).fate, claim(picture, off).short_by) == (Fate.OUTWEIGHED, 1735 - 847)
    found = conflict(picture, ConflictKind.FLAG)
    assert (found.keys, found.against, found.by) == ((off.key,), (on.key,), 1735 - 847)
    again = say("ngo", at=40, flags=[flag("quarantined")])
    assert claim(fold(on, again), again).fate is Fate.COMPATIBLE
    assert conflicts(fold(on, again)) == []


def test_an_earlier_side_that_was_light_is_superseded_by_the_later_one() -> None:
    on, off = say("ngo", at=10, flags=[flag("quarantined")]), say("wfp", at=40, flags=[flag("quarantined", UNSET)])
    picture = fold(on, off)
    assert (claim(picture, on).fate, claim(picture, on).reason) == (Fate.SUPERSEDED, "earlier_side")
    assert conflicts(picture) == []


def test_a_light_word_that_it_is_set_again_after_it_ended_is_left_out_and_named() -> None:
    told = [say("carrier", at=10, flags=[flag("held_customs")]), say("wfp", "cleared", 30)]
    before, after = (say("ngo", at=at, flags=[flag("held_customs")]) for at in (20, 40))
    assert conflicts(fold(*told, before)) == []
    picture = fold(*told, after)
    assert finding(picture, "held_customs").label == "unset"
    assert conflict(picture, ConflictKind.FLAG).keys == (after.key,)


def test_two_ungraded_sources_on_both_sides_at_once_are_a_conflict() -> None:
    on = say("a stranger", at=10, flags=[flag("quarantined")])
    off = say("another", at=12, flags=[flag("quarantined", UNSET)])
    picture = fold(on, off)
    found = finding(picture, "quarantined")
    assert (found.label, found.leading, found.state) == (None, "unset", "contested")
    assert conflict(picture, ConflictKind.FLAG).keys == (on.key,)
    quoting = [
        say(f"paper{n}", at=10, flags=[flag("quarantined", side)], cites=["wfp"]) for n, side in ((1, SET), (2, UNSET))
    ]
    assert conflicts(fold(*quoting)) == [("quarantined", ConflictKind.FLAG)]


def test_two_sources_that_both_changed_their_minds_are_no_conflict() -> None:
    told = [
        say(source, at=at + n, flags=[flag("quarantined", side)])
        for at, side in ((10, SET), (20, UNSET))
        for n, source in ((0, "wfp"), (4, "carrier"))
    ]
    picture = fold(*told)
    assert (finding(picture, "quarantined").label, finding(picture, "quarantined").state) == ("unset", "corroborated")
    assert conflicts(picture) == []


def test_a_word_without_weight_on_a_flag_is_named() -> None:
    rumour = say("rumour", at=10, flags=[flag("quarantined")])
    picture = fold(rumour)
    assert (finding(picture, "quarantined").label, finding(picture, "quarantined").state) == (None, "unknown")
    assert (claim(picture, rumour).fate, claim(picture, rumour).reason) == (Fate.OUTWEIGHED, "no_weight")
    assert conflict(picture, ConflictKind.NO_WEIGHT).keys == (rumour.key,)


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


@pytest.mark.parametrize(
    ("held", "cleared", "label"),
    [
        pytest.param((24, 48), 30, "unset", id="on the day of the hold"),
        pytest.param((24, 48), 20, "set", id="before the day of the hold"),
        pytest.param(30, (24, 48), "unset", id="some time on the day of the hold"),
        pytest.param(30, 24, "set", id="before the hold"),
        pytest.param((24, 48), None, "unset", id="nobody knows when"),
    ],
)
def test_a_hold_told_coarsely_does_not_outlive_its_clearance(held: object, cleared: object, label: str) -> None:
    told = [say("carrier", at=held, flags=[flag("held_customs")]), say("wfp", "cleared", cleared, said=60)]  # type: ignore[arg-type]
    assert finding(fold(*told), "held_customs").label == label


def test_a_hold_of_an_unknown_time_is_as_of_when_it_was_told() -> None:
    held = say("carrier", said=40, flags=[flag("held_customs")])
    assert finding(fold(held), "held_customs").since is None
    assert finding(fold(held, say("wfp", "cleared", 30)), "held_customs").label == "set"
    assert finding(fold(held, say("wfp", "cleared", 50)), "held_customs").label == "unset"


def test_a_delay_told_coarsely_ends_only_with_what_is_certainly_later() -> None:
    late = say("carrier", at=(24, 48), flags=[flag("delayed")])
    assert finding(fold(late, say("wfp", "departed", 30)), "delayed").label == "set"
    assert finding(fold(late, say("wfp", "departed", 49)), "delayed").label == "unset"


def test_a_flag_is_not_ended_by_a_later_milestone_that_was_not_accepted() -> None:
    late = say("carrier", at=10, flags=[flag("delayed")])
    picture = fold(late, say("wfp", "departed", 5), say("blog", "arrived", 40))
    assert (picture.status, picture.leading) == ("departed", "arrived")
    assert finding(picture, "delayed").label == "set"


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


def test_an_analysts_flag_without_a_time_is_as_of_the_decision() -> None:
    on = say("wfp", at=10, flags=[flag("quarantined")])
    off = decide(DecisionKind.ACCEPT, said=100, flags=[flag("quarantined", UNSET)])
    earlier = say("ngo", at=1, flags=[flag("quarantined", UNSET)])
    found = finding(fold(earlier, on, off), "quarantined")
    assert (found.label, found.state, found.since) == ("unset", "decided", when(100))
    again = say("carrier", at=150, flags=[flag("quarantined")])
    assert finding(fold(on, off, again), "quarantined").label == "set"


def test_a_flag_dated_into_the_future_is_held_out_and_named() -> None:
    early = say("carrier", at=90, received=50, flags=[flag("quarantined")])
    picture = fold(early, say("ngo", at=40, flags=[flag("quarantined", UNSET)]))
    assert finding(picture, "quarantined").leading == "unset"
    assert (claim(picture, early).fate, claim(picture, early).reason) == (Fate.HELD_OUT, "future_time")
    assert conflict(picture, ConflictKind.FUTURE_TIME).about == "flag:quarantined"


def test_an_analyst_settles_a_flag() -> None:
    picture = fold(
        say("wfp", at=10, flags=[flag("quarantined")]),
        say("icrc", at=10, flags=[flag("quarantined")]),
        decide(DecisionKind.ACCEPT, at=11, flags=[flag("quarantined", UNSET)]),
    )
    assert (finding(picture, "quarantined").label, finding(picture, "quarantined").state) == ("unset", "decided")


def test_of_two_decisions_on_both_sides_at_once_the_latest_holds_whatever_else_is_said() -> None:
    between = say("wfp", at=14, flags=[flag("quarantined")])
    early = decide(DecisionKind.ACCEPT, at=10, said=100, flags=[flag("quarantined")])
    late = decide(DecisionKind.ACCEPT, at=20, said=110, flags=[flag("quarantined", UNSET)])
    picture = fold(between, early, late)
    found = finding(picture, "quarantined")
    assert (found.label, found.state, found.margin) == ("unset", "decided", 1_000_000 - 2944)
    assert (claim(picture, early).fate, claim(picture, early).reason) == (Fate.SUPERSEDED, "later_decision")
    assert conflict(picture, ConflictKind.FLAG).keys == (between.key,)


def test_new_evidence_against_a_decided_flag_is_raised() -> None:
    decision = decide(DecisionKind.ACCEPT, at=11, said=100, flags=[flag("quarantined", UNSET)])
    early, late = (say("wfp", at=10, said=said, flags=[flag("quarantined")]) for said in (20, 150))
    picture = fold(decision, late)
    assert finding(picture, "quarantined").label == "unset"
    found = conflict(picture, ConflictKind.OVERRIDE_CHALLENGED)
    assert (found.about, found.keys, found.against) == ("flag:quarantined", (late.key,), (decision.key,))
    assert conflicts(fold(decision, early)) == [("quarantined", ConflictKind.FLAG)]


def test_of_one_source_the_heaviest_word_on_a_flag_is_used_and_the_others_agree() -> None:
    firm, hedged = (
        say("wfp", at=10, flags=[flag("damaged")], hedge=hedge) for hedge in (Hedge.ASSERTED, Hedge.APPARENT)
    )
    picture = fold(hedged, firm)
    assert (claim(picture, firm).fate, claim(picture, hedged).fate) == (Fate.USED, Fate.COMPATIBLE)


def test_a_flag_of_one_moment_with_what_would_end_it_holds_and_one_of_the_same_day_has_ended() -> None:
    held = [flag("held_customs")]
    cleared = say("wfp", "cleared", 40)
    assert finding(fold(cleared, say("carrier", at=40, flags=held)), "held_customs").label == "set"
    day = say("wfp", "cleared", (24, 48))
    assert finding(fold(day, say("carrier", at=(24, 48), flags=held)), "held_customs").label != "set"


@pytest.mark.parametrize(("bar", "state"), [(888, State.SINGLE_SOURCE), (889, State.CONTESTED)])
def test_a_side_as_far_behind_as_the_bar_contests_nothing(bar: int, state: State) -> None:
    on = say("carrier", at=10, flags=[flag("quarantined")])
    off = say("ngo", at=12, flags=[flag("quarantined", UNSET)])
    found = finding(fold(on, off, policies=(replace(POLICY_V1, bar=bar),)), "quarantined")
    assert (found.label, found.state) == ("set", state)
