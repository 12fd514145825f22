"""What we believed when, and for whom."""

from __future__ import annotations

import pytest

from shipments.reconciliation.audiences import visible
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import history, moments
from shipments.reconciliation.model import Citation, Cite, Rating, Target
from shipments.reconciliation.vocabulary import DecisionKind, Grade, Marking, Tier
from tests.shipments.reconciliation.reading import fold
from tests.shipments.reconciliation.telling import EVER, decide, evidence, hours, retract, say

ARRIVED = say("wfp", "arrived", 30)
DELIVERED = say("carrier", "delivered", 60)


def told(*reports: object, **more: object) -> list[tuple[int, int | None, str | None]]:
    bundle = evidence(*reports, **more)  # type: ignore[arg-type]
    return [
        (v.known_from // hours(1), None if v.known_to is None else v.known_to // hours(1), v.picture.status)
        for v in history(bundle, moments_from=None, until=EVER)
    ]


def test_a_version_begins_at_each_receipt_that_changes_the_picture() -> None:
    assert told(DELIVERED, ARRIVED) == [(30, 60, "arrived"), (60, None, "delivered")]


def test_an_echo_makes_no_version() -> None:
    assert told(ARRIVED, say("ngo", "arrived", 30, received=50, cites=["wfp"])) == [(30, None, "arrived")]


def test_a_batch_is_one_moment() -> None:
    assert told(ARRIVED, say("carrier", "delivered", 29, received=30)) == [(30, None, "delivered")]


def test_a_picture_that_comes_back_is_a_new_version() -> None:
    assert [v[2] for v in told(ARRIVED, DELIVERED, retract(DELIVERED, 70))] == ["arrived", "delivered", "arrived"]


def test_a_rating_a_citation_and_an_expiry_are_moments_too() -> None:
    worse = Rating(source="wfp", grade=Grade.E, valid_from=0, recorded_at=hours(100))
    edge = Citation(citing=Target.of(DELIVERED.key), cited=Cite(source="blog"), recorded_at=hours(110))
    decision = decide(DecisionKind.ACCEPT, "verified", 100, said=120, expires=130)
    assert told(ARRIVED, DELIVERED, decision, ratings=[worse], citations=[edge]) == [
        (30, 60, "arrived"),
        (60, 100, "delivered"),
        (100, 110, "delivered"),
        (110, 120, None),
        (120, 130, "verified"),
        (130, None, None),
    ]


def test_nothing_is_believed_before_the_first_receipt() -> None:
    assert moments(evidence(), until=EVER) == ()
    assert moments(evidence(ARRIVED), until=hours(29)) == ()


def test_what_was_recorded_at_the_very_moment_of_the_fold_is_folded() -> None:
    graded = evidence(ARRIVED, ratings=[Rating(source="wfp", grade=Grade.E, valid_from=0, recorded_at=hours(40))])
    assert moments(graded, until=hours(40)) == (hours(30), hours(40))
    assert moments(graded, until=hours(40) - 1) == (hours(30),)


def test_from_a_moment_on_only_what_changed_since_is_told() -> None:
    bundle = evidence(ARRIVED, DELIVERED)
    assert [v.known_from for v in history(bundle, moments_from=hours(31), until=EVER)] == [hours(60)]
    assert history(bundle, moments_from=hours(61), until=EVER) == ()


def test_evidence_without_a_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="policy"):
        reconcile(evidence(ARRIVED, policies=()), known_at=EVER)


@pytest.mark.parametrize(
    ("marking", "seen_by"),
    [
        (Marking.CLEAR, {Tier.CLEAR, Tier.GREEN, Tier.AMBER, Tier.RED}),
        (Marking.GREEN, {Tier.GREEN, Tier.AMBER, Tier.RED}),
        (Marking.AMBER, {Tier.AMBER, Tier.RED}),
        (Marking.AMBER_STRICT, {Tier.AMBER, Tier.RED}),
        (Marking.RED, {Tier.RED}),
    ],
)
def test_a_report_is_folded_for_those_who_may_see_it(marking: Marking, seen_by: set[Tier]) -> None:
    bundle = evidence(ARRIVED, say("carrier", "delivered", 60, marking=marking))
    delivered = {t for t in Tier if reconcile(visible(bundle, t), known_at=EVER).status == "delivered"}
    assert delivered == seen_by


def test_an_edge_found_later_is_for_those_who_may_see_it() -> None:
    copy = say("ngo", "arrived", 30)
    edge = Citation(citing=Target.of(copy.key), cited=Cite(source="wfp"), recorded_at=0, marking=Marking.RED)
    bundle = evidence(ARRIVED, copy, citations=[edge])
    assert fold(ARRIVED, copy).output_hash == reconcile(visible(bundle, Tier.AMBER), known_at=EVER).output_hash
    (step,) = reconcile(visible(bundle, Tier.RED), known_at=EVER).timeline
    assert step.origins == ("wfp",)


def test_when_it_was_read_and_what_changed_nothing_are_not_in_the_hash() -> None:
    bundle = evidence(ARRIVED, say("ngo", "arrived", 30, cites=["wfp"]))
    assert reconcile(bundle, known_at=EVER).output_hash == reconcile(bundle, known_at=EVER + 1).output_hash
    assert reconcile(bundle, known_at=EVER).output_hash == fold(ARRIVED).output_hash
    assert fold(ARRIVED).output_hash != fold(say("wfp", "arrived", 31)).output_hash
