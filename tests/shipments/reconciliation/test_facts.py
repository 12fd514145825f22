"""Facts: compatible before conflicting, every state, and totals that nobody said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from shipments.reconciliation.compare import span
from shipments.reconciliation.model import Fact, Report
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.values import Interval, Money, Quantity
from shipments.reconciliation.vocabulary import (
    Basis,
    ConflictKind,
    Fate,
    Grade,
    Qualifier,
    State,
    SubjectKind,
    TimeClass,
)
from tests.shipments.reconciliation.reading import claim, conflicts, finding, fold
from tests.shipments.reconciliation.telling import (
    amount,
    code,
    fact,
    hours,
    place,
    retract,
    say,
    text,
)

CRISIS = SubjectKind.CRISIS


def tells(source: str, *facts: Fact, **more: object) -> Report:
    return say(source, facts=facts, said=10, **more)  # type: ignore[arg-type]


def day(first: int, last: int | None = None) -> Interval:
    return Interval(earliest=hours(24 * first), latest=hours(24 * ((last or first) + 1)) - 1)


def tonnes(low: int | str, high: int | str | None = None, **more: object) -> Fact:
    return fact("quantity", amount(low, high, **more))


def test_one_origin_is_single_source_whatever_its_grade() -> None:
    found = finding(fold(tells("blog", tonnes(40))), "quantity")
    assert (found.low, found.high, found.state, found.origins) == ("40", "40", State.SINGLE_SOURCE, ("blog",))
    assert found.value == amount(40)


def test_two_origins_that_agree_corroborate() -> None:
    found = finding(fold(tells("wfp", tonnes(40)), tells("ngo", tonnes(40))), "quantity")
    assert (found.state, found.origins, found.margin) == (State.CORROBORATED, ("ngo", "wfp"), 2944 + 847)


def test_an_echo_does_not_corroborate_a_number() -> None:
    picture = fold(tells("wire", tonnes(40)), tells("ngo", tonnes(40), cites=["wire"]))
    assert finding(picture, "quantity").state is State.SINGLE_SOURCE


def test_a_coarser_value_supports_the_finer_one_inside_it() -> None:
    coarse = tells("carrier", tonnes("1900000", "2000000"))
    picture = fold(tells("wfp", tonnes(1_980_000)), coarse)
    found = finding(picture, "quantity")
    assert (found.low, found.state) == ("1980000", State.CORROBORATED)
    assert claim(picture, coarse).fate is Fate.SUPPORTS
    assert conflicts(picture) == []


def test_rivals_that_are_close_are_contested_and_shown_as_a_range() -> None:
    picture = fold(tells("wfp", tonnes(40)), tells("carrier", tonnes(52)))
    found = finding(picture, "quantity")
    assert (found.state, found.margin) == (State.CONTESTED, 2944 - 1735)
    assert (found.value, found.low, found.high) == (amount(40), "40", "52")
    assert [a.margin for a in found.alternatives] == [1735 - 2944]
    assert conflicts(picture) == [("quantity", ConflictKind.VALUE)]


def test_equal_rivals_leave_no_chosen_value() -> None:
    found = finding(fold(tells("carrier", tonnes(40)), tells("customs", tonnes(52))), "quantity")
    assert (found.value, found.state, found.margin) == (None, State.CONTESTED, 0)
    assert (found.low, found.high) == ("40", "52")
    assert len(found.alternatives) == 2


def test_a_rival_far_behind_does_not_contest() -> None:
    weak = tells("blog", tonnes(90))
    picture = fold(tells("wfp", tonnes(40)), weak)
    assert finding(picture, "quantity").state is State.SINGLE_SOURCE
    assert claim(picture, weak).short_by == 2944 - 201


def test_a_coarse_value_joins_the_heavier_of_two_rivals_and_never_bridges_them() -> None:
    picture = fold(tells("wfp", tonnes(40)), tells("carrier", tonnes(52)), tells("ngo", tonnes(35, 60)))
    found = finding(picture, "quantity")
    assert (found.value, found.margin) == (amount(40), 2944 + 847 - 1735)
    assert found.origins == ("ngo", "wfp")


def test_a_retracted_fact_is_retracted() -> None:
    told = tells("ngo", fact("channel", code("public")))
    found = finding(fold(told, retract(told, 50)), "channel")
    assert (found.state, found.margin, found.confidence) == (State.RETRACTED, 0, 500)


def test_a_word_without_weight_is_shown_and_not_believed() -> None:
    found = finding(fold(tells("rumour", tonnes(40))), "quantity")
    assert (found.value, found.state, found.leading is not None) == (None, State.UNKNOWN, True)


def test_other_measures_units_and_capacities_are_not_comparable() -> None:
    picture = fold(
        tells("wfp", tonnes(40)),
        tells("ngo", tonnes(300, unit="boxes")),
        tells("carrier", tonnes(50, basis=Basis.CAPACITY)),
        tells("wire", tonnes(7, measure="net")),
    )
    scopes = {f.scope for f in picture.findings if f.attribute == "quantity"}
    assert scopes == {"t::", "boxes::", "t::capacity", "t:net:"}
    assert conflicts(picture) == []


def test_a_series_has_a_finding_for_each_day() -> None:
    days = [fact("deaths", amount(n, unit="people"), as_of=hours(24 * n)) for n in (56, 62, 63)]
    picture = fold(*[tells("wfp", day) for day in days], kind=CRISIS)
    assert [f.low for f in picture.findings] == ["56", "62", "63"]
    assert picture.state is State.SINGLE_SOURCE


def test_a_country_and_an_airport_in_it_are_compatible_and_the_airport_is_shown() -> None:
    picture = fold(tells("wfp", fact("place", place("KP"))), tells("ngo", fact("place", place("KPFNJ"))), kind=CRISIS)
    assert (finding(picture, "place").label, finding(picture, "place").state) == ("KPFNJ", State.CORROBORATED)


def test_containment_of_texts_is_data_and_not_a_guess() -> None:
    fits = fold(
        tells("wfp", fact("items", text("supplies"))), tells("ngo", fact("items", text("basic medical supplies")))
    )
    assert finding(fits, "items").label == "basic medical supplies"
    rivals = fold(tells("wfp", fact("items", text("supplies"))), tells("ngo", fact("items", text("medical gear"))))
    assert len(finding(rivals, "items").alternatives) == 1


def test_remarks_stand_beside_each_other() -> None:
    picture = fold(tells("wfp", fact("risk", text("high"))), tells("ngo", fact("risk", text("unclear"))), kind=CRISIS)
    assert {(f.label, f.state) for f in picture.findings} == {
        ("high", State.SINGLE_SOURCE),
        ("unclear", State.SINGLE_SOURCE),
    }


def test_a_planned_amount_does_not_mix_with_an_actual_one() -> None:
    picture = fold(tells("wfp", tonnes(40)), tells("ngo", tonnes(90), time_class=TimeClass.PLANNED))
    assert finding(picture, "quantity", time_class=TimeClass.ACTUAL).low == "40"
    assert finding(picture, "quantity", time_class=TimeClass.PLANNED).low == "90"


def test_money_of_two_currencies_is_not_comparable() -> None:
    def worth(number: int, currency: str) -> Fact:
        return fact("value", Money(low=Decimal(number), high=Decimal(number), currency=currency))

    picture = fold(tells("wfp", worth(100, "USD")), tells("ngo", worth(90, "EUR")))
    assert {f.scope for f in picture.findings if f.kind == "fact"} == {"USD:", "EUR:"}


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (amount(2_000_000, qualifier=Qualifier.ABOUT), "1500000", "2500000"),
        (amount(1_720_000, qualifier=Qualifier.ABOUT), "1715000", "1725000"),
        (amount("2.5", qualifier=Qualifier.ABOUT), "2.45", "2.55"),
        (amount(700, qualifier=Qualifier.AT_LEAST), "700", None),
        (amount(700, qualifier=Qualifier.UP_TO), None, "700"),
        (amount(None, qualifier=Qualifier.UNKNOWN), None, None),
        (amount(5, 7, qualifier=Qualifier.RANGE), "5", "7"),
    ],
)
def test_a_qualifier_says_what_interval_a_number_stands_for(value: Quantity, low: str | None, high: str | None) -> None:
    assert span(value) == (low and Decimal(low), high and Decimal(high))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([fact("shoe_size", amount(40))], "unknown_attribute"),
        ([fact("quantity", text("forty"))], "wrong_type"),
        ([fact("quantity", amount(40), line="no such line")], "unknown_line"),
        ([fact("quantity", amount(40), leg="no such leg")], "unknown_leg"),
    ],
)
def test_a_fact_that_cannot_be_judged_is_held_out(facts: list[Fact], reason: str) -> None:
    report = tells("wfp", *facts)
    assert (claim(fold(report), report).fate, claim(fold(report), report).reason) == (Fate.HELD_OUT, reason)


def test_what_is_not_believed_has_no_range() -> None:
    for told in ([tells("rumour", tonnes(40))], [tells("ngo", tonnes(40)), tells("wfp", tonnes(40), denies=True)]):
        found = finding(fold(*told), "quantity")
        assert (found.low, found.high) == (None, None)


def test_a_fine_value_without_weight_is_not_shown_for_a_coarse_one_with_it() -> None:
    coarse, fine = tells("wfp", tonnes(35, 60)), tells("rumour", tonnes(41))
    picture = fold(coarse, fine)
    found = finding(picture, "quantity")
    assert (found.low, found.high, found.state) == ("35", "60", State.SINGLE_SOURCE)
    assert (claim(picture, fine).fate, claim(picture, fine).reason) == (Fate.COMPATIBLE, "no_weight")


def test_the_best_credibility_of_an_item_is_told_and_six_is_none() -> None:
    def credibility(*numbers: int | None) -> int | None:
        reports = [tells(f"paper{i}", tonnes(40), credibility=n) for i, n in enumerate(numbers, 1)]
        return finding(fold(*reports), "quantity").credibility

    assert credibility(3, 2) == 2
    assert credibility(6) is None
    assert credibility(None) is None


def test_a_report_that_loses_on_two_facts_is_named_twice() -> None:
    lighter = tells("ngo", fact("quantity", amount(10)), fact("channel", code("public")))
    heavier = tells("carrier", fact("quantity", amount(40)), fact("channel", code("diplomatic_note")))
    picture = fold(lighter, heavier)
    named = [(c.about, c.keys) for c in picture.conflicts]
    assert named == [("fact:channel", (lighter.key,)), ("fact:quantity", (lighter.key,))]
    assert len({c.id for c in picture.conflicts}) == 2


def test_among_equal_groups_the_one_with_more_origins_leads() -> None:
    even = replace(POLICY_V1, grade_weights=tuple((g, 2000 if g is Grade.B else 1000) for g in Grade))
    alone, together = [tells("carrier", tonnes(52))], [tells("ngo", tonnes(60)), tells("paper1", tonnes(60))]
    found = finding(fold(*alone, *together, policies=(even,)), "quantity")
    assert (found.value, found.leading) == (None, "exact:60..60 t")
    found = finding(fold(*alone, tells("customs", tonnes(60)), policies=(even,)), "quantity")
    assert found.leading == "exact:52..52 t"


def test_amounts_that_touch_agree_whichever_is_the_heavier() -> None:
    for low, high in ((amount(5, 7), amount(7, 9)), (amount(7, 9), amount(5, 7))):
        picture = fold(tells("wfp", fact("deaths", low)), tells("ngo", fact("deaths", high)), kind=CRISIS)
        assert (finding(picture, "deaths").state, conflicts(picture)) == (State.CORROBORATED, [])


def test_of_equal_amounts_on_different_grounds_the_same_is_shown_whoever_said_which() -> None:
    counted, reported = tonnes(50, basis=Basis.COUNTED), tonnes(50)
    for said in ((counted, reported), (reported, counted)):
        found = finding(fold(*(tells(who, one) for who, one in zip(("carrier", "wfp"), said, strict=True))), "quantity")
        assert (found.state, found.value) == (State.CORROBORATED, counted.value)


def test_of_contested_amounts_without_an_upper_end_the_range_has_none() -> None:
    at_least = Quantity(low=Decimal(50), high=None, unit="t")
    facts = (fact("quantity", at_least), fact("quantity", amount(9)))
    found = finding(fold(*(tells(who, said) for who, said in zip(("carrier", "wire"), facts, strict=True))), "quantity")
    assert (found.state, found.low, found.high) == (State.CONTESTED, "9", None)


def test_a_fact_of_a_line_is_told_of_that_line() -> None:
    of_lines = (fact("quantity", amount(9), line="a"), fact("quantity", amount(4), line="b"))
    picture = fold(tells("wfp", *of_lines), lines=("a", "b"))
    assert {f.line: f.low for f in picture.findings if f.line} == {"a": "9", "b": "4"}
    denied = tells("wfp", fact("quantity", amount(9), line="a"), denies=True)
    assert [(f.line, f.state) for f in fold(denied, lines=("a", "b")).findings if f.line] == [("a", State.DENIED)]
