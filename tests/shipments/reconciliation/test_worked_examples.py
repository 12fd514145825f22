"""Every row of the worked examples: the numbers that any implementation must reproduce."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.model import Report
from shipments.reconciliation.picture import Conflict, Picture
from shipments.reconciliation.vocabulary import ConflictKind, DecisionKind, Fate, Standing
from tests.shipments.reconciliation.telling import EVER, correct, decide, evidence, hours, retract, say

BOOKED = say("carrier", "booked", 0)
DEPARTED = say("carrier", "departed", 24, place="CNSHE")
ARRIVED = say("wfp", "arrived", 30, place="KPFNJ")
BASE = (BOOKED, DEPARTED, ARRIVED)
DELIVERED_LOST = (say("carrier", "delivered", 60), say("customs", "lost", 60))
OWN_PAPERS = tuple(say(f"paper{n}", "delivered", 60) for n in (1, 2, 3))
CITING_PAPERS = tuple(say(f"paper{n}", "delivered", 60, cites=["wire"]) for n in (1, 2, 3))
WFP_DELIVERED = say("wfp", "delivered", 60)
ACCEPT = decide(DecisionKind.ACCEPT, "delivered", 60, said=100)


@dataclass(frozen=True)
class Row:
    """What is said, and the status, the leading step and their confidence (per mille) it must give."""

    reports: tuple[Report, ...]
    status: str
    confidence: int
    leading: str
    leading_confidence: int
    standing: Standing
    path: str
    left_out: tuple[tuple[str, ConflictKind], ...] = ()


A, C, U = Standing.ACCEPTED, Standing.CONTESTED, Standing.UNCONFIRMED
ROWS = {
    "0 nothing more": Row(BASE, "arrived", 950, "arrived", 950, A, "booked departed arrived"),
    "1 a late word in between": Row(
        (*BASE, say("ngo", "ready", 20, received=90)),
        "arrived",
        950,
        "arrived",
        950,
        A,
        "booked ready departed arrived",
    ),
    "2 the arrival five times": Row(
        (*BASE, *[ARRIVED] * 4), "arrived", 950, "arrived", 950, A, "booked departed arrived"
    ),
    "3 delivered against lost": Row(
        (*BASE, *DELIVERED_LOST),
        "arrived",
        950,
        "delivered",
        500,
        C,
        "booked departed arrived delivered",
        (("milestone:lost", ConflictKind.EXCLUSIVE_BRANCH),),
    ),
    "4a three papers, each on its own": Row(
        (BOOKED, DEPARTED, *OWN_PAPERS),
        "delivered",
        927,
        "delivered",
        927,
        A,
        "booked departed delivered",
    ),
    "4b the same three, all citing the wire": Row(
        (BOOKED, DEPARTED, *CITING_PAPERS),
        "departed",
        930,
        "delivered",
        700,
        U,
        "booked departed delivered",
    ),
    "5 delivered": Row(
        (*BASE, WFP_DELIVERED),
        "delivered",
        950,
        "delivered",
        950,
        A,
        "booked departed arrived delivered",
    ),
    "5 then retracted": Row(
        (*BASE, WFP_DELIVERED, retract(WFP_DELIVERED, 70)),
        "arrived",
        950,
        "arrived",
        950,
        A,
        "booked departed arrived",
    ),
    "5c corrected": Row(
        (*BASE, WFP_DELIVERED, correct(WFP_DELIVERED, "delivered", 84, 90)),
        "delivered",
        950,
        "delivered",
        950,
        A,
        "booked departed arrived delivered",
    ),
    "6 an analyst accepts delivered": Row(
        (*BASE, *DELIVERED_LOST, ACCEPT),
        "delivered",
        1000,
        "delivered",
        1000,
        A,
        "booked departed arrived delivered",
        (("milestone:lost", ConflictKind.EXCLUSIVE_BRANCH),),
    ),
    "7 an arrival before the departure": Row(
        (*BASE, say("ngo", "arrived", 10)),
        "arrived",
        950,
        "arrived",
        950,
        A,
        "booked departed arrived",
        (("milestone:arrived", ConflictKind.OUT_OF_SEQUENCE),),
    ),
    "8 two stories that agree on cleared": Row(
        (*BASE, say("wfp", "delivered", 120), say("customs", "customs", 168), say("carrier", "cleared", 192)),
        "cleared",
        850,
        "cleared",
        629,
        C,
        "booked departed arrived customs cleared",
        (("milestone:delivered", ConflictKind.OUT_OF_SEQUENCE),),
    ),
    "9 a blog says delivered": Row(
        (*BASE, say("blog", "delivered", 70)),
        "arrived",
        959,
        "delivered",
        550,
        U,
        "booked departed arrived delivered",
    ),
}


def fold(reports: Iterable[Report]) -> Picture:
    return reconcile(evidence(*reports), known_at=EVER)


def only(picture: Picture, kind: ConflictKind) -> Conflict:
    (found,) = [c for c in picture.conflicts if c.kind is kind]
    return found


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_worked_example(row: Row) -> None:
    picture = fold(row.reports)
    assert (picture.status, picture.confidence) == (row.status, row.confidence)
    assert (picture.leading, picture.leading_confidence) == (row.leading, row.leading_confidence)
    assert picture.standing is row.standing
    assert " ".join(step.milestone for step in picture.timeline) == row.path
    assert tuple((c.about, c.kind) for c in picture.conflicts) == row.left_out


def test_five_times_the_arrival_is_one_picture() -> None:
    assert fold(ROWS["2 the arrival five times"].reports).output_hash == fold(BASE).output_hash


def test_the_arrival_resent_under_five_event_ids_is_one_picture_too() -> None:
    resent = [say("wfp", "arrived", 30, place="KPFNJ", event=f"e{n}", said=30 + n) for n in range(5)]
    assert fold((*BASE, *resent)).output_hash == fold(BASE).output_hash


def test_a_retracted_delivery_stays_listed() -> None:
    picture = fold(ROWS["5 then retracted"].reports)
    (claim,) = [c for c in picture.claims if c.report == WFP_DELIVERED.key]
    assert claim.fate is Fate.RETRACTED
    (finding,) = [f for f in picture.findings if f.attribute == "delivered"]
    assert finding.state == "retracted"


def test_a_corrected_time_is_shown_and_the_old_one_superseded() -> None:
    picture = fold(ROWS["5c corrected"].reports)
    at = picture.timeline[-1].at
    assert at is not None
    assert at.earliest == hours(84)
    (claim,) = [c for c in picture.claims if c.report == WFP_DELIVERED.key]
    assert claim.fate is Fate.SUPERSEDED


def test_margins_and_reaches_are_the_integers_of_the_rules() -> None:
    picture = fold(ROWS["8 two stories that agree on cleared"].reports)
    assert (picture.reach, picture.margin) == (1735, 526)
    assert [a.margin for a in picture.alternatives] == [-526]
    assert picture.contested_from == "customs"
    assert fold(ROWS["4b the same three, all citing the wire"].reports).reach == 2582


def test_new_evidence_against_a_decision_is_raised() -> None:
    later = say("icrc", "lost", 62, said=150)
    picture = fold((*ROWS["6 an analyst accepts delivered"].reports, later))
    assert picture.status == "delivered"
    challenge = only(picture, ConflictKind.OVERRIDE_CHALLENGED)
    assert challenge.keys == (later.key,)
    assert challenge.against == (ACCEPT.key,)


def test_old_evidence_against_a_decision_is_not_raised_again() -> None:
    picture = fold(ROWS["6 an analyst accepts delivered"].reports)
    assert all(c.kind is not ConflictKind.OVERRIDE_CHALLENGED for c in picture.conflicts)
