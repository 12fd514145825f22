"""What analysts decide, each with its effect in the fold, and that it can be taken back."""

from __future__ import annotations

import pytest

from shipments.reconciliation.model import Cite, Fact, Report
from shipments.reconciliation.vocabulary import ConflictKind, DecisionKind, Fate, State, SubjectKind
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, finding, fold, path, step
from tests.shipments.reconciliation.telling import amount, correct, decide, fact, hours, retract, say

DELIVERED, LOST = say("carrier", "delivered", 60), say("customs", "lost", 60)
ACCEPT, EXCLUDE = DecisionKind.ACCEPT, DecisionKind.EXCLUDE


def test_an_accepted_milestone_is_decided_with_everything_it_implies() -> None:
    picture = fold(say("wfp", "arrived", 30), DELIVERED, LOST, decide(ACCEPT, "delivered", 60))
    assert (picture.status, picture.state) == ("delivered", State.DECIDED)
    assert step(picture, "arrived").state is State.DECIDED
    assert step(picture, "delivered").origins == ("carrier",)  # an analyst is no origin


def test_a_decision_can_be_withdrawn() -> None:
    decision = decide(ACCEPT, "delivered", 60)
    picture = fold(DELIVERED, LOST, decision, retract(decision, 300))
    assert picture.state is State.CONTESTED
    assert claim(picture, decision).fate is Fate.RETRACTED


def test_an_expired_decision_has_no_effect_and_stays_listed() -> None:
    decision = decide(ACCEPT, "delivered", 60, expires=400)
    assert fold(DELIVERED, LOST, decision, known_at=hours(399)).state is State.DECIDED
    after = fold(DELIVERED, LOST, decision, known_at=hours(400))
    assert after.state is State.CONTESTED
    assert claim(after, decision).reason == "expired"


def test_of_two_decisions_that_disagree_the_latest_stands_and_the_earlier_stays_shown() -> None:
    first = decide(ACCEPT, "delivered", 60, said=100, author="kim")
    second = decide(ACCEPT, "lost", 60, said=110, author="lee")
    picture = fold(DELIVERED, LOST, second, first)
    assert picture.status == "lost"
    assert (claim(picture, first).fate, claim(picture, first).reason) == (Fate.SUPERSEDED, "later_decision")


def test_an_analyst_may_decide_that_it_did_not_happen() -> None:
    yes = decide(ACCEPT, "made", 10, said=100)
    no = decide(ACCEPT, "made", 50, said=110, author="lee", denies=True)
    assert fold(say("wfp", "made", 10), yes, no, kind=SubjectKind.APPEAL).state is State.DENIED
    assert fold(say("wfp", "made", 10), yes, kind=SubjectKind.APPEAL).state is State.DECIDED


def test_an_accepted_value_is_decided_against_heavier_rivals() -> None:
    rivals = [say("wfp", facts=[fact("quantity", amount(52))]), say("icrc", facts=[fact("quantity", amount(52))])]
    picture = fold(
        *rivals, say("ngo", facts=[fact("quantity", amount(40))]), decide(ACCEPT, facts=[fact("quantity", amount(40))])
    )
    found = finding(picture, "quantity")
    assert (found.low, found.state, found.origins) == ("40", State.DECIDED, ("ngo",))


def test_new_evidence_against_a_decided_value_is_raised() -> None:
    decision = decide(ACCEPT, said=100, facts=[fact("quantity", amount(40))])
    late = say("wfp", said=150, facts=[fact("quantity", amount(52))])
    picture = fold(decision, late)
    assert finding(picture, "quantity").low == "40"
    assert conflict(picture, ConflictKind.OVERRIDE_CHALLENGED).keys == (late.key,)
    early = say("wfp", said=50, facts=[fact("quantity", amount(52))])
    assert ConflictKind.OVERRIDE_CHALLENGED not in {c.kind for c in fold(decision, early).conflicts}


def test_a_later_denial_of_what_was_decided_is_raised() -> None:
    denial = say("wfp", "made", 150, denies=True)
    picture = fold(decide(ACCEPT, "made", 10, said=100), denial, kind=SubjectKind.APPEAL)
    assert conflict(picture, ConflictKind.OVERRIDE_CHALLENGED).keys == (denial.key,)


def test_an_excluded_report_weighs_nothing_and_is_named() -> None:
    picture = fold(say("wfp", "arrived", 30), DELIVERED, decide(EXCLUDE, reports=[DELIVERED]))
    assert path(picture) == "arrived"
    assert conflicts(picture) == [("delivered", ConflictKind.NO_WEIGHT)]
    assert (claim(picture, DELIVERED).fate, claim(picture, DELIVERED).reason) == (Fate.OUTWEIGHED, "excluded")


def test_an_excluded_root_is_not_brought_back_by_those_who_repeat_it() -> None:
    echo = say("paper1", "delivered", 60, cites=["carrier"])
    assert path(fold(DELIVERED, echo, decide(EXCLUDE, reports=[DELIVERED]))) == ""


CORRECTED = correct(DELIVERED, "arrived", 60, 90)
EARLY, LATE = say("carrier", "arrived", 30), say("carrier", "arrived", 60)


@pytest.mark.parametrize(
    ("told", "excluded", "before", "after"),
    [
        pytest.param((DELIVERED, retract(DELIVERED, 90)), 1, "", "delivered", id="a retraction"),
        pytest.param((DELIVERED, CORRECTED), 1, "arrived", "delivered", id="a correction"),
        pytest.param(
            (DELIVERED, CORRECTED, correct(CORRECTED, "customs", 60, 95)),
            1,
            "customs",
            "customs",
            id="one corrected since",
        ),
        pytest.param(
            (DELIVERED, correct(DELIVERED, "arrived", 60, 80), correct(DELIVERED, "customs", 60, 90)),
            2,
            "customs",
            "arrived",
            id="the later of two corrections",
        ),
        pytest.param(
            (DELIVERED, CORRECTED, retract(CORRECTED, 95)), 2, "delivered", "arrived", id="a retraction of a correction"
        ),
    ],
)
def test_excluding_what_took_a_word_back_brings_the_word_back(
    told: tuple[Report, ...], excluded: int, before: str, after: str
) -> None:
    decision = decide(EXCLUDE, reports=[told[excluded]])
    assert path(fold(*told)) == before
    picture = fold(*told, decision)
    assert path(picture) == after
    found = claim(picture, told[excluded])
    assert found.reason in ("excluded", "correct")
    assert path(fold(*told, decision, retract(decision, 300))) == before


def test_excluding_a_later_word_brings_the_earlier_one_back() -> None:
    picture = fold(EARLY, LATE, decide(EXCLUDE, reports=[LATE]))
    at = step(picture, "arrived").at
    assert at is not None
    assert (at.earliest, step(picture, "arrived").score) == (hours(30), 1735)
    assert (claim(picture, EARLY).fate, claim(picture, LATE).reason) == (Fate.USED, "excluded")


def test_an_excluded_word_does_not_lend_its_source_the_finer_time() -> None:
    day, hour = say("carrier", "arrived", (24, 48)), say("carrier", "arrived", 30)
    at = step(fold(day, hour, decide(EXCLUDE, reports=[hour])), "arrived").at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(24), hours(48))


def test_a_retraction_of_another_event_takes_nothing_back_here() -> None:
    gone = retract(DELIVERED, 90)
    picture = fold(DELIVERED, gone, decide(DecisionKind.TWO_EVENTS, reports=[gone]))
    assert path(picture) == "delivered"
    assert (claim(picture, gone).fate, claim(picture, gone).reason) == (Fate.HELD_OUT, "two_events")


def test_an_earlier_decision_does_not_judge_a_later_one() -> None:
    second = decide(EXCLUDE, reports=[DELIVERED], said=110, event="second")
    first = decide(EXCLUDE, reports=[second], said=100, author="lee")
    assert path(fold(DELIVERED, first, second)) == ""


def test_a_later_decision_can_exclude_an_earlier_one() -> None:
    first = decide(EXCLUDE, reports=[DELIVERED], said=100)
    picture = fold(DELIVERED, first, decide(EXCLUDE, reports=[first], said=110, author="lee"))
    assert path(picture) == "delivered"
    assert claim(picture, first).reason == "excluded"


def test_an_excluded_acceptance_weighs_nothing() -> None:
    accept = decide(ACCEPT, "delivered", 60, said=100)
    picture = fold(DELIVERED, LOST, accept, decide(EXCLUDE, reports=[accept], said=110, author="lee"))
    assert picture.state is State.CONTESTED


def test_marked_as_echo_a_report_counts_no_more_by_itself() -> None:
    copy = say("customs", "delivered", 60)
    picture = fold(DELIVERED, copy, decide(DecisionKind.MARK_ECHO, reports=[copy], echo_of=Cite(source="carrier")))
    assert step(picture, "delivered").origins == ("carrier",)
    assert claim(picture, copy).fate is Fate.ECHO


def test_reports_of_another_event_are_held_out_here() -> None:
    picture = fold(DELIVERED, LOST, decide(DecisionKind.TWO_EVENTS, reports=[LOST]))
    assert path(picture) == "delivered"
    assert (claim(picture, LOST).fate, claim(picture, LOST).reason) == (Fate.HELD_OUT, "two_events")


def test_values_that_are_not_comparable_are_kept_apart() -> None:
    one, other = (say(s, facts=[fact("quantity", amount(n))]) for s, n in (("wfp", 40), ("carrier", 52)))
    apart = decide(DecisionKind.NOT_COMPARABLE, reports=[other], attribute="quantity")
    assert finding(fold(one, other), "quantity").state is State.CONTESTED
    found = [f for f in fold(one, other, apart).findings if f.attribute == "quantity"]
    assert {(f.low, f.state) for f in found} == {("40", State.SINGLE_SOURCE), ("52", State.SINGLE_SOURCE)}
    assert conflicts(fold(one, other, apart)) == []


def test_a_conflict_kept_open_is_acknowledged_until_the_decision_expires() -> None:
    (open_,) = fold(DELIVERED, LOST).conflicts
    keep = decide(DecisionKind.KEEP_OPEN, conflict=open_.id, expires=400)
    (kept,) = fold(DELIVERED, LOST, keep, known_at=hours(399)).conflicts
    assert (kept.id, kept.kept_open) == (open_.id, True)
    (again,) = fold(DELIVERED, LOST, keep, known_at=hours(400)).conflicts
    assert not again.kept_open


@pytest.mark.parametrize("kind", DecisionKind)
def test_every_kind_of_decision_is_listed_among_the_claims(kind: DecisionKind) -> None:
    decision = decide(kind, "delivered" if kind is ACCEPT else None, 60, reports=[LOST])
    assert claim(fold(DELIVERED, LOST, decision), decision).fate is Fate.USED


def test_two_decided_values_of_a_series_are_challenged_apart() -> None:
    def deaths(number: int, day: int) -> Fact:
        return fact("deaths", amount(number, unit="people"), as_of=hours(24 * day))

    decision = decide(ACCEPT, said=100, facts=[deaths(5, 1), deaths(6, 2)])
    late = say("wfp", said=150, facts=[deaths(8, 1), deaths(9, 2)])
    picture = fold(decision, late, kind=SubjectKind.CRISIS)
    challenges = [c for c in picture.conflicts if c.kind is ConflictKind.OVERRIDE_CHALLENGED]
    assert [c.keys for c in challenges] == [(late.key,), (late.key,)]


def test_all_analysts_are_one_voice_of_which_the_last_word_stands() -> None:
    first = decide(ACCEPT, "arrived", 30, said=100, author="kim")
    last = decide(ACCEPT, "arrived", 60, said=110, author="lee")
    picture = fold(last, first)
    assert (claim(picture, first).fate, claim(picture, first).reason) == (Fate.SUPERSEDED, "later_word")
    assert claim(picture, last).fate is Fate.USED
