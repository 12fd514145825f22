"""Totals that nobody said: sums of lines, and what a capacity bounds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shipments.reconciliation.model import Fact, LegPlan, Report
from shipments.reconciliation.values import Quantity
from shipments.reconciliation.vocabulary import Basis, Qualifier, State
from tests.shipments.reconciliation.reading import finding, fold
from tests.shipments.reconciliation.telling import LEGS, amount, fact, retract, say


def tells(source: str, *facts: Fact, **more: object) -> Report:
    return say(source, facts=facts, said=10, **more)  # type: ignore[arg-type]


def tonnes(low: int | str, high: int | str | None = None, **more: object) -> Fact:
    return fact("quantity", amount(low, high, **more))


def test_the_total_is_the_interval_sum_of_the_lines() -> None:
    lines = [
        tells("wfp", fact("quantity", amount(10), line="a")),
        tells("ngo", fact("quantity", amount(5, 8), line="b")),
    ]
    found = finding(fold(*lines, lines=("a", "b")), "quantity", line=None)
    assert (found.low, found.high, found.state) == ("15", "18", State.SINGLE_SOURCE)
    assert found.origins == ("ngo", "wfp")


def test_a_line_without_a_quantity_leaves_the_total_open_above() -> None:
    found = finding(fold(tells("wfp", fact("quantity", amount(10), line="a")), lines=("a", "b")), "quantity", line=None)
    assert (found.low, found.high) == ("10", None)


def test_a_stated_total_beside_lines_is_kept_apart_and_never_added() -> None:
    picture = fold(tells("wfp", fact("quantity", amount(10), line="a")), tells("ngo", tonnes(99)), lines=("a",))
    assert finding(picture, "quantity", line=None, scope="t::").low == "10"
    assert finding(picture, "quantity", scope="stated|t::").low == "99"


def test_a_capacity_bounds_the_high_end_only() -> None:
    capacities = [
        tells("wfp", fact("capacity", amount(50, qualifier=Qualifier.ABOUT, basis=Basis.CAPACITY), leg=leg))
        for leg in ("ferry", "first", "second", "beside")
    ]
    found = finding(fold(*capacities, legs=LEGS), "quantity")
    assert (found.value, found.low, found.high, found.state) == (None, None, "150", State.UNKNOWN)
    assert (found.confidence, found.leading) == (500, "up_to:None..150 t")
    assert all(f.attribute != "quantity" for f in fold(*capacities[:3], legs=LEGS).findings)
    at_least = tells("wfp", fact("capacity", Quantity(low=Decimal(50), high=None, unit="t"), leg="beside"))
    assert all(f.attribute != "quantity" for f in fold(*capacities[:3], at_least, legs=LEGS).findings)
    assert finding(fold(*capacities, tells("wfp", tonnes(40)), legs=LEGS), "quantity").high == "40"


@pytest.mark.parametrize(
    ("more", "state"),
    [
        pytest.param(
            [tells("wfp", tonnes(40)), retract(tells("wfp", tonnes(40)), 20)], State.RETRACTED, id="withdrawn"
        ),
        pytest.param([tells("wfp", tonnes(40), denies=True)], State.DENIED, id="only denied"),
        pytest.param([tells("ngo", tonnes(40)), tells("wfp", tonnes(40), denies=True)], State.DENIED, id="denied"),
        pytest.param([tells("rumour", tonnes(40))], State.UNKNOWN, id="without weight"),
        pytest.param([tells("wfp", tonnes(60, basis=Basis.CAPACITY))], State.UNKNOWN, id="a capacity"),
    ],
)
def test_a_capacity_bounds_a_quantity_that_is_not_said(more: list[Report], state: State) -> None:
    leg = LegPlan(key="only", sequence=1)
    capacity = tells("wfp", fact("capacity", amount(50, basis=Basis.CAPACITY), leg="only"))
    found = finding(fold(capacity, *more, legs=[leg]), "quantity", scope="t::")
    assert (found.value, found.low, found.high, found.state) == (None, None, "50", state)


def test_a_quantity_told_as_a_capacity_has_neither_a_value_nor_a_low_end() -> None:
    told = tells("wfp", tonnes(50, basis=Basis.CAPACITY))
    found = finding(fold(told), "quantity")
    assert (found.value, found.low, found.high, found.state) == (None, None, "50", State.UNKNOWN)
    assert found.leading == "exact:50..50 t"
    for source, state in (("carrier", State.CONTESTED), ("icrc", State.CONTESTED)):
        found = finding(fold(told, tells(source, tonnes(70, basis=Basis.CAPACITY))), "quantity")
        assert (found.value, found.low, found.high, found.state) == (None, None, "70", state)
    capacity = finding(fold(tells("wfp", fact("capacity", amount(50, basis=Basis.CAPACITY)))), "capacity")
    assert (capacity.low, capacity.state) == ("50", State.SINGLE_SOURCE)


def test_an_open_end_of_a_line_leaves_the_total_open_and_the_least_sure_line_says_how_sure_it_is() -> None:
    first = [tells(source, fact("quantity", amount(10), line="a")) for source in ("wfp", "icrc")]
    open_ended = tells("ngo", fact("quantity", amount(5, qualifier=Qualifier.AT_LEAST), line="b"))
    found = finding(fold(*first, open_ended, lines=("a", "b")), "quantity", line=None)
    assert (found.low, found.high, found.state, found.score) == ("15", None, State.SINGLE_SOURCE, 847)
    rivals = [tells(source, fact("quantity", amount(n), line="b")) for source, n in (("wfp", 5), ("carrier", 8))]
    found = finding(fold(*first, *rivals, lines=("a", "b")), "quantity", line=None)
    assert (found.low, found.high, found.state) == ("15", "18", State.CONTESTED)
