"""S8: everything left out is named, with the first reason that applies and a stable id."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shipments.reconciliation.model import Report
from shipments.reconciliation.vocabulary import ConflictKind, Fate
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, fold, path
from tests.shipments.reconciliation.telling import say

DEPARTED, ARRIVED = say("carrier", "departed", 24), say("wfp", "arrived", 30)


@pytest.mark.parametrize(
    ("left_out", "others", "kind"),
    [
        (say("ngo", "arrived", 90, received=50), (ARRIVED,), ConflictKind.FUTURE_TIME),
        (say("ngo", "delivered", 90), (DEPARTED, say("wfp", "lost", 60)), ConflictKind.AFTER_TERMINAL),
        (say("ngo", "lost", 60), (DEPARTED, say("wfp", "delivered", 60)), ConflictKind.EXCLUSIVE_BRANCH),
        (say("ngo", "arrived", 10), (DEPARTED, ARRIVED), ConflictKind.OUT_OF_SEQUENCE),
        (say("ngo", "departed", 60), (ARRIVED,), ConflictKind.OUT_OF_SEQUENCE),
        (say("ngo", "arrived", 60), (DEPARTED, ARRIVED), ConflictKind.DUPLICATE_SLOT),
        (say("rumour", "delivered", 60), (DEPARTED, ARRIVED), ConflictKind.NO_WEIGHT),
    ],
)
def test_the_reason_why_a_claim_was_left_out(left_out: Report, others: tuple[Report, ...], kind: ConflictKind) -> None:
    picture = fold(left_out, *others)
    assert conflict(picture, kind).keys == (left_out.key,)
    assert len(picture.conflicts) == 1
    found = claim(picture, left_out)
    assert (found.reason, found.fate) == (
        kind.value,
        Fate.HELD_OUT if kind is ConflictKind.FUTURE_TIME else Fate.OUTWEIGHED,
    )


def test_a_time_a_day_ahead_of_its_receipt_is_still_believed() -> None:
    assert path(fold(say("wfp", "arrived", 74, said=50))) == "arrived"
    assert path(fold(say("wfp", "arrived", 74.1, said=50))) == ""


def test_a_future_time_does_not_supersede_what_the_source_said_before() -> None:
    assert path(fold(ARRIVED, say("wfp", "arrived", 900, said=50))) == "arrived"


def test_a_claim_says_by_how_much_it_was_outweighed() -> None:
    late = say("ngo", "arrived", 60)
    assert claim(fold(DEPARTED, ARRIVED, late), late).short_by == 2944 - 847


def test_the_id_of_a_conflict_is_of_its_subject_kind_and_keys_alone() -> None:
    rival = say("ngo", "arrived", 60)
    one = conflict(fold(DEPARTED, ARRIVED, rival), ConflictKind.DUPLICATE_SLOT)
    other = conflict(fold(rival, say("icrc", "arrived", 30)), ConflictKind.DUPLICATE_SLOT)
    assert one.id == other.id
    assert len(one.id) == 64
    again = replace(rival, key=rival.key._replace(ordinal=1))
    assert conflict(fold(DEPARTED, ARRIVED, again), ConflictKind.DUPLICATE_SLOT).id != one.id


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (say("wfp", "teleported", 30), "unknown_milestone"),
        (say("wfp", "arrived", 30, leg="no such leg"), "unknown_leg"),
        (say("wfp"), "says_nothing"),
    ],
)
def test_what_cannot_be_judged_is_held_out_and_does_not_move_the_shipment(report: Report, reason: str) -> None:
    picture = fold(report, DEPARTED, say("wfp", "arrived", 30))
    assert picture.status == "arrived"
    assert (claim(picture, report).fate, claim(picture, report).reason) == (Fate.HELD_OUT, reason)


def test_a_denial_that_the_timeline_goes_over_is_a_conflict_of_its_own() -> None:
    denial = say("ngo", "arrived", 50, denies=True)
    picture = fold(DEPARTED, ARRIVED, denial)
    assert conflicts(picture) == [("arrived", ConflictKind.DENIED)]
    assert conflict(picture, ConflictKind.DENIED).against == (ARRIVED.key,)
