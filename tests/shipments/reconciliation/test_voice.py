"""The second half of S1: the last word of each source, slot by slot."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from shipments.reconciliation import voice
from shipments.reconciliation.model import Fact
from shipments.reconciliation.vocabulary import ConflictKind, Fate, Hedge, SubjectKind, TimeClass
from tests.shipments.reconciliation.reading import claim, conflicts, fold, path, step
from tests.shipments.reconciliation.telling import LEGS, amount, fact, hours, place, say


def test_a_later_incompatible_word_supersedes_the_earlier() -> None:
    early, late = say("wfp", "arrived", 30), say("wfp", "arrived", 60)
    picture = fold(late, early)
    assert claim(picture, early).fate is Fate.SUPERSEDED
    assert claim(picture, late).fate is Fate.USED
    assert picture.conflicts == ()


def test_what_was_said_later_counts_as_later_whatever_it_speaks_of() -> None:
    changed_mind = say("wfp", "arrived", 30, said=90)
    assert claim(fold(say("wfp", "arrived", 60), changed_mind), changed_mind).fate is Fate.USED


def test_compatible_words_keep_the_finest_time_and_the_greatest_weight() -> None:
    day = say("wfp", "arrived", (24, 48), said=50)
    hour = say("wfp", "arrived", 30, said=60, hedge=Hedge.SPECULATED)
    picture = fold(day, hour)
    at = picture.timeline[0].at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(30), hours(30))
    assert step(picture, "arrived").score == 2944


def test_a_coarser_later_word_does_not_take_the_fine_time_away() -> None:
    picture = fold(say("wfp", "arrived", 30, said=40), say("wfp", "arrived", (24, 48), said=50))
    at = picture.timeline[0].at
    assert at is not None
    assert at.earliest == hours(30)


def test_other_milestones_legs_and_time_classes_are_other_words() -> None:
    planned = say("wfp", "arrived", 90, time_class=TimeClass.PLANNED)
    picture = fold(say("wfp", "departed", 10), say("wfp", "arrived", 30), planned)
    assert all(c.fate is Fate.USED for c in picture.claims)


def test_a_denial_supersedes_the_sources_own_claim_that_it_covers() -> None:
    made = say("ngo", "made", 10, said=11)
    denial = say("ngo", "made", 20, denies=True)
    picture = fold(made, denial, kind=SubjectKind.APPEAL)
    assert claim(picture, made).fate is Fate.SUPERSEDED
    assert picture.state == "denied"


def test_a_denial_covers_what_began_at_its_very_moment() -> None:
    made = say("ngo", "made", 20, said=21)
    picture = fold(made, say("ngo", "made", 20, denies=True, said=22), kind=SubjectKind.APPEAL)
    assert claim(picture, made).fate is Fate.SUPERSEDED


def test_a_claim_after_the_time_of_the_denial_leaves_the_denial_standing() -> None:
    not_yet, then = say("ngo", "made", 20, denies=True), say("ngo", "made", 30)
    picture = fold(not_yet, then, kind=SubjectKind.APPEAL)
    assert {c.fate for c in picture.claims} == {Fate.USED}
    assert (picture.status, picture.state) == ("made", "single_source")


def test_a_source_that_admits_what_it_denied_supersedes_its_denial() -> None:
    denial = say("ngo", "made", 20, denies=True)
    picture = fold(denial, say("ngo", "made", 10, said=30), kind=SubjectKind.APPEAL)
    assert claim(picture, denial).fate is Fate.SUPERSEDED


def test_of_denials_the_latest_time_stands() -> None:
    older, newer = say("ngo", "made", 20, denies=True), say("ngo", "made", 40, denies=True)
    picture = fold(newer, older, kind=SubjectKind.APPEAL)
    assert claim(picture, older).fate is Fate.SUPERSEDED


def test_a_later_number_supersedes_the_sources_own_and_a_coarser_one_supports_it() -> None:
    first = say("wfp", said=1, facts=[fact("quantity", amount(40))])
    then = say("wfp", said=2, facts=[fact("quantity", amount(52))])
    range_ = say("wfp", said=3, facts=[fact("quantity", amount(50, 55))])
    picture = fold(range_, first, then)
    assert [claim(picture, r).fate for r in (first, then, range_)] == [
        Fate.SUPERSEDED,
        Fate.USED,
        Fate.COMPATIBLE,
    ]


def test_fifty_rival_times_by_one_source_leave_one() -> None:
    picture = fold(*[say("ngo", "arrived", 20 * n) for n in range(50)])
    assert path(picture) == "arrived"
    assert step(picture, "arrived").score == 847


def test_a_denial_of_an_arrival_elsewhere_does_not_deny_the_arrival() -> None:
    arrived, departed = say("ngo", "arrived", 30, place="KPFNJ"), say("carrier", "departed", 24)
    denial = say("wfp", "arrived", 60, denies=True, place="KPNAM")
    picture = fold(departed, arrived, denial, destination="KPFNJ")
    assert (picture.leading, conflicts(picture)) == ("arrived", [])
    assert (claim(picture, denial).fate, claim(picture, denial).reason) == (Fate.HELD_OUT, "denied_elsewhere")
    around = say("wfp", "arrived", 60, denies=True, place="KP")
    assert fold(departed, arrived, around, destination="KPFNJ").leading == "departed"


def test_a_denial_of_an_arrival_elsewhere_does_not_deny_the_arrival_of_a_leg() -> None:
    told = [say("carrier", "departed", 24, leg="second"), say("ngo", "arrived", 30, leg="second", place="KPFNJ")]
    denial = say("wfp", "arrived", 60, denies=True, leg="second", place="KPNAM")
    (leg,) = fold(*told, denial, legs=LEGS, destination="KP").legs
    assert leg.leading == "arrived"
    (leg,) = fold(*told, say("wfp", "arrived", 60, denies=True, leg="second"), legs=LEGS).legs
    assert leg.leading == "departed"


def test_those_who_quote_a_source_on_the_arrival_do_not_fall_with_its_denial_of_another() -> None:
    quoting = say("ngo", "arrived", 30, place="KPFNJ", cites=["wfp"])
    elsewhere = say("wfp", "arrived", 60, denies=True, place="KPNAM")
    assert step(fold(quoting, elsewhere, destination="KPFNJ"), "arrived").origins == ("wfp",)


def test_a_denial_holds_no_later_than_it_was_said() -> None:
    denial = say("icrc", "arrived", (0, 10_000), denies=True, said=40)
    picture = fold(say("carrier", "departed", 24), say("ngo", "arrived", 300), denial)
    assert (picture.leading, conflicts(picture)) == ("arrived", [])


def test_a_denial_said_long_after_it_was_received_is_held_out_as_of_the_future() -> None:
    made = say("ngo", "made", 10)
    denial = say("wfp", "made", denies=True, said=1000, received=20)
    picture = fold(made, denial, kind=SubjectKind.APPEAL)
    assert (claim(picture, denial).fate, claim(picture, denial).reason) == (Fate.HELD_OUT, "future_time")
    assert conflicts(picture) == [("made", ConflictKind.FUTURE_TIME)]
    assert picture.status == "made"


def test_a_source_may_deny_several_values_and_each_denial_stands() -> None:
    told = say("ngo", said=1, facts=[fact("quantity", amount(40))])
    denials = [say("wfp", said=n, facts=[fact("quantity", amount(n))], denies=True) for n in (40, 52)]
    picture = fold(told, *denials)
    assert [claim(picture, denial).fate for denial in denials] == [Fate.USED, Fate.USED]
    assert claim(picture, told).fate is Fate.DENIED


@pytest.mark.parametrize(
    ("denied", "claimed"),
    [
        (fact("quantity", amount(35, 60)), fact("quantity", amount(40))),
        (fact("quantity", amount(40)), fact("quantity", amount(40))),
        (fact("place", place("KP")), fact("place", place("KPFNJ"))),
    ],
)
def test_of_claims_and_denials_in_turn_the_last_one_stands(denied: Fact, claimed: Fact) -> None:
    told = [say("wfp", event=str(n), said=n, facts=[claimed if n % 2 else denied], denies=not n % 2) for n in range(5)]
    for last in range(2, 5):
        fates = [claim(fold(*told[: last + 1]), each).fate for each in told[: last + 1]]
        assert fates[:-1] == [Fate.SUPERSEDED] * last
        assert fates[-1] is Fate.USED


def test_the_time_that_a_run_shares_is_the_finest_and_of_equally_fine_ones_the_first() -> None:
    days = [say("wfp", "arrived", (day, day + 24), said=90 + day) for day in (0, 1, 2)]
    finer = [say("wfp", "arrived", (hour, hour + 6), said=100 + hour) for hour in (8, 9)]
    at = fold(*days, *finer, *days).timeline[0].at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(8), hours(14))


def test_saying_one_thing_many_times_costs_each_time_the_same() -> None:
    def calls(times: int) -> int:
        repeated = [say("carrier", "arrived", 30, event=str(n), said=40) for n in range(times)]
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            fold(*repeated)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(400) < 4.4 * calls(100)


def test_a_thousand_values_that_one_source_denies_take_time_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    real, beside = voice._contradict, 0

    def counting(*args: Any) -> bool:
        nonlocal beside
        beside += 1
        return real(*args)

    monkeypatch.setattr(voice, "_contradict", counting)
    amounts = [fact("quantity", amount(number)) for number in range(1, 1001)]
    denials = [say("wfp", event=str(n), said=n, facts=[each], denies=True) for n, each in enumerate(amounts)]
    fold(say("wfp", said=-1, facts=[fact("quantity", amount(2000))]), *denials)
    assert beside == len(denials)
    # And claims besides: each is laid beside the denial of its own value alone.
    beside = 0
    fold(*denials, *(say("wfp", event=f"so {n}", said=2000 + n, facts=[each]) for n, each in enumerate(amounts)))
    assert beside == len(amounts)
