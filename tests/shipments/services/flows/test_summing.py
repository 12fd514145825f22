"""Flows against a small model of its own: every sum made by hand, in any order, nothing twice."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipments.services.flows.amounts import Amount, amount_in, money_in
from shipments.services.flows.ladder import RUNGS, Reached
from shipments.services.flows.summing import Flow, added_up, shares_of
from shipments.services.flows.sums import add_up
from shipments.services.flows.told import Part, Told

SURE, CLAIMED = (Reached(is_accepted=is_accepted, is_contested=False) for is_accepted in (True, False))
# A busy machine is no fault of a sum.
unhurried = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
ENDS = st.none() | st.decimals(0, 10**24, places=6)


@st.composite
def amounts(draw: Any) -> Amount:
    unit, low, high = draw(st.sampled_from(["TNE", "KGM", "doses", "USD"])), draw(ENDS), draw(ENDS)
    if low is not None and high is not None:
        low, high = sorted([low, high])
    found = money_in(unit, low, high) if unit == "USD" else amount_in(unit, low, high)
    return replace(found, is_contested=draw(st.booleans()))


@st.composite
def told(draw: Any) -> list[Told]:
    """Offers, and shipments of which some are parts of others; each rung reached, claimed or not."""
    found = []
    for n in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(["offer", "shipment", "shipment"]))
        rungs = list(RUNGS[kind])[: draw(st.integers(0, 4))]
        sure = draw(st.integers(0, len(rungs)))
        parts = [
            Part(
                donors=draw(st.sampled_from([(), ("A",), ("B",), ("A", "B")])),
                item=draw(st.sampled_from(["", "food"])),
                amounts=tuple(draw(st.lists(amounts(), max_size=2, unique_by=lambda each: each.slot))),
            )
            for _ in range(draw(st.integers(1, 3)))
        ]
        found.append(
            Told(
                pk=UUID(int=n + 1),
                kind=kind,
                recipient=draw(st.sampled_from(["R", "R", "S"])),
                reached={rung: SURE if at < sure else CLAIMED for at, rung in enumerate(rungs)},
                parts=tuple(parts),
                # Any other, itself and circles included.
                whole=UUID(int=draw(st.integers(1, 7))) if kind == "shipment" and draw(st.booleans()) else None,
            )
        )
    return found


def flows_of(told: Collection[Told], group_by: Collection[str] = ()) -> list[Flow]:
    return added_up(shares_of(told, group_by))


@unhurried
@given(told(), st.randoms(use_true_random=False), st.sampled_from([(), ("item",), ("item", "crisis")]))
def test_the_order_of_what_is_told_does_not_matter(some: list[Told], random: Any, group_by: tuple[str, ...]) -> None:
    assert flows_of(random.sample(some, len(some)), group_by) == flows_of(some, group_by)


@unhurried
@given(told(), st.sampled_from([(), ("item",)]))
def test_each_sum_is_that_of_a_model_that_counts_no_whole_beside_its_parts(
    some: list[Told], group_by: tuple[str, ...]
) -> None:
    for rung in ("offered", "committed", "dispatched", "received"):
        expected: defaultdict[Any, list[tuple[Decimal | None, Decimal | None]]] = defaultdict(list)
        for each in some:
            for part in each.parts if _counts(each, rung, some) else ():
                for amount in part.amounts:
                    key = (each.recipient, part.donors, part.item if group_by else "", amount.slot)
                    low = amount.low if each.reached[rung].is_accepted else Decimal(0)
                    expected[key].append((low, amount.high))
        found = {
            (flow.key.recipient, flow.key.donors, flow.key.item, (total.measure, total.unit)): (total.low, total.high)
            for flow in flows_of(some, group_by)
            for total in flow.rungs[rung].amounts
        }
        assert found == {
            key: (_total([low for low, _ in pairs], any), _total([high for _, high in pairs], all))
            for key, pairs in expected.items()
        }


def _total(some: list[Decimal | None], is_known: Any) -> Fraction | None:
    return sum(map(Fraction, filter(None, some)), Fraction()) if is_known(end is not None for end in some) else None


def _counts(told: Told, rung: str, some: list[Told]) -> bool:
    """The rule in other words: whoever is a part of what is surely there is in it, and stands in for it else."""
    if rung not in told.reached:
        return False
    if any(other.reached.get(rung) == SURE and _is_part(told, other, some) for other in some):
        return False
    return told.reached[rung] == SURE or not any(
        rung in other.reached and _is_part(other, told, some) for other in some
    )


def _is_part(one: Told, other: Told, some: list[Told]) -> bool:
    """Whether the links up from ``one`` pass ``other`` and come to an end, all to one recipient."""
    by_pk = {each.pk: each for each in some}
    passed, at = [one], one
    while at.whole in by_pk and by_pk[at.whole].recipient == one.recipient:
        at = by_pk[at.whole]
        if at in passed:
            return False
        passed.append(at)
    return other in passed[1:]


@unhurried
@given(told())
def test_every_rung_of_offers_holds_what_the_next_one_holds(some: list[Told]) -> None:
    ladder = list(RUNGS["offer"])
    for flow in flows_of([each for each in some if each.kind == "offer"]):
        for lower, higher in pairwise(ladder):
            assert flow.rungs[lower].count >= flow.rungs[higher].count


@unhurried
@given(st.lists(amounts(), max_size=8))
def test_the_contested_share_lies_between_nothing_and_all(some: list[Amount]) -> None:
    for total in add_up(some):
        doubts = [each.is_contested for each in some if each.slot == (total.measure, total.unit)]
        assert total.contested is None or 0 <= total.contested <= 1
        assert any(doubts) or total.contested == 0


def test_the_contested_share_is_by_the_upper_ends() -> None:
    one = Amount(measure="doses", unit="doses", low=Decimal(1), high=Decimal(30), is_contested=True)
    other = Amount(measure="doses", unit="doses", low=Decimal(90), high=Decimal(90))
    assert [total.contested for total in add_up([one, other])] == [Decimal("0.25")]
    unsized = Amount(measure="doses", unit="doses", low=None, high=None, is_contested=True)
    assert [total.contested for total in add_up([other, unsized])] == [None]
