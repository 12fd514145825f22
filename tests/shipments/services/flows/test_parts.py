"""What one offer or shipment is of: the plan of its lines, and what reports tell of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shipments.services.flows.amounts import Amount, amount_in
from shipments.services.flows.parts import FactTold, LineTold, parts_of, planned_amount
from shipments.services.flows.told import Part

DONOR = ("ACT-DONOR",)


def exactly(end: int | None) -> Decimal | None:
    return None if end is None else Decimal(end)


def amount(low: int | None, high: int | None, unit: str = "TNE") -> Amount:
    return amount_in(unit, exactly(low), exactly(high))


def plan(key: str, low: int | None, unit: str = "TNE", **given: Any) -> LineTold:
    return LineTold(key=key, item=key, unit=unit, amounts=(amount(low, low, unit),), **given)


def told(low: int | None, high: int | None, *, line: str = "", scope: str = "TNE::", **given: Any) -> FactTold:
    values = {"is_money": False, "is_actual": True, "state": "single_source", **given}
    return FactTold(line=line, scope=scope, low=exactly(low), high=exactly(high), **values)


def ends(parts: tuple[Part, ...]) -> list[Any]:
    return [(part.item, [(each.unit, each.low, each.high) for each in part.amounts]) for part in parts]


FOOD, TENTS = plan("food", 5), plan("tents", 4)


@pytest.mark.parametrize(
    ("lines", "facts", "expected"),
    [
        # Nothing is told: one part of unknown amount.
        ([], [], [("", [])]),
        ([FOOD], [], [("food", [("TNE", 5, 5)])]),
        # The sum of lines that the reconciler wrote beside them, and the total that it set apart, add nothing.
        (
            [FOOD, TENTS],
            [told(6, 6, line="food"), told(6, None), told(99, 99, scope="stated|TNE::")],
            [("food", [("TNE", 6, 6)]), ("tents", [("TNE", 4, 4)])],
        ),
        # A total takes the place of the lines in its unit, and of no others.
        ([FOOD, TENTS], [told(12, 12)], [("food", []), ("tents", []), ("", [("TNE", 12, 12)])]),
        (
            [FOOD, plan("kits", 40, "packages")],
            [told(12, 12)],
            [("food", []), ("kits", [("packages", 40, 40)]), ("", [("TNE", 12, 12)])],
        ),
        ([FOOD], [told(12, 12)], [("food", [("TNE", 12, 12)])]),
        # What legs can carry bounds what nobody tells, and nothing else.
        ([], [told(None, 150, state="unknown")], [("", [("TNE", None, 150)])]),
        ([FOOD], [told(None, 150, state="unknown")], [("food", [("TNE", 5, 5)])]),
        ([plan("doses", 9, "doses")], [told(None, 150, state="unknown")], [("doses", [("doses", 9, 9)])]),
        ([], [told(50, 50, scope="TNE::capacity"), told(9, 9)], [("", [("TNE", 9, 9)])]),
        # What is planned counts where nothing actual is told; what was withdrawn never does.
        ([], [told(7, 7, is_actual=False), told(9, 9)], [("", [("TNE", 9, 9)])]),
        ([], [told(7, 7, is_actual=False)], [("", [("TNE", 7, 7)])]),
        ([FOOD], [told(None, None, line="food", state="retracted")], [("food", [("TNE", 5, 5)])]),
        # Two measures of one thing are not added.
        ([], [told(9, 9), told(11, 11, scope="TNE:gross:")], [("", [("TNE", 9, 11)])]),
    ],
)
def test_amounts_by_part(lines: list[LineTold], facts: list[FactTold], expected: Any) -> None:
    assert ends(parts_of(lines, facts, DONOR)) == expected
    assert ends(parts_of(lines, facts[::-1], DONOR)) == expected


def test_a_denied_amount_is_unknown_and_contested() -> None:
    (part,) = parts_of([FOOD], [told(None, None, line="food", state="denied")], DONOR)
    assert [(each.low, each.high, each.is_contested) for each in part.amounts] == [(None, None, True)]


def test_a_total_of_lines_by_several_donors_is_given_jointly() -> None:
    lines = [plan("food", 5, donors=("ACT-A",)), plan("tents", 4)]
    found = [part.donors for part in parts_of(lines, [told(9, 9)], DONOR)]
    assert found == [("ACT-A",), DONOR, ("ACT-A", "ACT-DONOR")]


def test_sources_that_count_on_one_day_are_rivals_and_days_add_up() -> None:
    first, second = date(2022, 5, 20), date(2022, 5, 21)
    counts = (
        (first, "customs", Decimal(2)),
        (first, "customs", Decimal(1)),
        (first, "ngo", Decimal("2.5")),
        (second, "ngo", Decimal(4)),
    )
    for said in (counts, counts[::-1]):
        (part,) = parts_of([plan("food", 9, counts=said)], [], DONOR)
        assert part.received is not None
        (received,) = part.received
        assert (received.low, received.high, received.is_contested) == (Decimal("6.5"), Decimal(7), True)


@pytest.mark.parametrize(
    ("low", "high", "unit", "qualifier", "expected"),
    [
        (5, 5, "TNE", "exact", [(5, 5)]),
        (5, 5, "TNE", "unknown", [(5, 5)]),
        (5, None, "TNE", "at_least", [(5, None)]),
        (None, 5, "doses", "up_to", [(None, 5)]),
        (500_000, 500_000, "doses", "about", [(450_000, 550_000)]),
        (None, None, "doses", "unknown", [(None, None)]),
        (5, 5, "", "exact", []),
    ],
)
def test_a_plan_is_read_as_it_was_said(
    low: int | None, high: int | None, unit: str, qualifier: str, expected: Any
) -> None:
    found = planned_amount(low=exactly(low), high=exactly(high), unit=unit, qualifier=qualifier)
    assert [(each.low, each.high) for each in found] == expected
