"""The lifecycles as data, against the tables they come from."""

from __future__ import annotations

import pytest

from shipments.reconciliation.lifecycles import APPEAL, LEG, LIFECYCLES, OFFER, SHIPMENT
from shipments.reconciliation.model import Lifecycle
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.vocabulary import SubjectKind

PROGRESS = (
    "planned booked ready departed in_transit arrived customs cleared received out_for_delivery delivered verified"
)


@pytest.mark.parametrize(
    ("lifecycle", "before", "after"),
    [
        (SHIPMENT, "planned", "verified"),
        (SHIPMENT, "ready", "cancelled"),
        (SHIPMENT, "out_for_delivery", "lost"),
        (SHIPMENT, "refused", "delivered"),
        (SHIPMENT, "return_started", "destroyed"),
        (LEG, "diverted", "arrived"),
        (LEG, "planned", "cancelled"),
        (OFFER, "floated", "lapsed"),
        (OFFER, "refused", "accepted"),
        (OFFER, "conditional", "refused"),
        (APPEAL, "acknowledged", "withdrawn"),
    ],
)
def test_what_may_follow(lifecycle: Lifecycle, before: str, after: str) -> None:
    assert (before, after) in lifecycle.allowed


@pytest.mark.parametrize(
    ("lifecycle", "before", "after"),
    [
        (SHIPMENT, "departed", "cancelled"),
        (SHIPMENT, "delivered", "lost"),
        (SHIPMENT, "lost", "arrived"),
        (SHIPMENT, "verified", "returned"),
        (SHIPMENT, "returned", "lost"),
        (LEG, "arrived", "diverted"),
        (LEG, "departed", "cancelled"),
        (OFFER, "accepted", "withdrawn"),
        (OFFER, "withdrawn", "lapsed"),
        (APPEAL, "closed", "withdrawn"),
    ],
)
def test_what_may_not_follow(lifecycle: Lifecycle, before: str, after: str) -> None:
    assert (before, after) not in lifecycle.allowed


@pytest.mark.parametrize("lifecycle", LIFECYCLES.values(), ids=LIFECYCLES.keys())
def test_every_allowed_step_goes_up_in_rank_so_that_chain_order_is_one(lifecycle: Lifecycle) -> None:
    for before, after in lifecycle.allowed:
        assert lifecycle.named(before).rank < lifecycle.named(after).rank
    assert lifecycle.only_later <= lifecycle.allowed


def test_progress_implies_all_lower_progress_and_a_branch_itself() -> None:
    assert SHIPMENT.implied("verified") == frozenset(PROGRESS.split()) - {"verified"}
    assert SHIPMENT.implied("lost") == frozenset()
    assert SHIPMENT.implied("returned") == {"return_started"}
    assert OFFER.implied("refused") == {"floated", "made", "acknowledged", "conditional"}
    assert OFFER.implied("withdrawn") == frozenset()


def test_accept_bars_are_those_of_the_rules() -> None:
    bars = {kind: POLICY_V1.bar_for(kind) for kind in SubjectKind}
    assert {kind for kind, bar in bars.items() if bar == 1386} == {SubjectKind.SHIPMENT, SubjectKind.CRISIS}
    assert {bar for kind, bar in bars.items() if kind not in (SubjectKind.SHIPMENT, SubjectKind.CRISIS)} == {0}
