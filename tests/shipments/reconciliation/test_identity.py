"""S0 and the first half of S1: what there is, and what its own source took back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.model import ReportKey, Target
from shipments.reconciliation.vocabulary import ConflictKind, Fate, Kind
from tests.shipments.reconciliation.reading import claim, fold, path
from tests.shipments.reconciliation.telling import EVER, correct, evidence, hours, keyed, retract, say

ARRIVED = say("wfp", "arrived", 30)
DELIVERED = say("wfp", "delivered", 60)


def test_a_report_received_after_the_moment_is_not_known_yet() -> None:
    late = say("wfp", "arrived", 30, received=90)
    assert fold(late, known_at=hours(89)).claims == ()
    assert fold(late, known_at=hours(90)).status == "arrived"


def test_a_repeat_counts_from_its_first_receipt() -> None:
    again = replace(ARRIVED, received_at=hours(500))
    assert fold(again, ARRIVED, known_at=hours(30)).status == "arrived"


def test_a_repeat_that_came_later_does_not_make_what_was_foretold_a_thing_of_the_past() -> None:
    foretold = say("wfp", "arrived", 90, received=30)
    again = replace(foretold, received_at=hours(500))
    for told in ((foretold, again), (again, foretold)):
        assert [found.kind for found in fold(*told).conflicts] == [ConflictKind.FUTURE_TIME]


def test_rows_without_an_event_id_that_really_repeat_are_kept_apart_by_their_ordinal() -> None:
    second = replace(ARRIVED, key=ARRIVED.key._replace(ordinal=1))
    assert len(fold(ARRIVED, second).claims) == 2


def test_one_event_id_with_two_contents_is_two_reports() -> None:
    one, other = say("wfp", "arrived", 30, event="e"), say("wfp", "arrived", 31, event="e")
    assert one.key != other.key
    assert len(fold(one, other).claims) == 2


def test_a_retraction_that_arrives_before_its_target_still_works() -> None:
    early = retract(DELIVERED, 70, received=10)
    waiting = fold(early, known_at=hours(20))
    assert claim(waiting, early).reason == "target_missing"
    assert fold(early, DELIVERED).status is None


def test_a_correction_that_arrives_before_its_target_speaks_for_itself_meanwhile() -> None:
    early = correct(DELIVERED, "arrived", 60, 70, received=50)
    assert path(fold(early, known_at=hours(55))) == "arrived"
    assert path(fold(early, DELIVERED)) == "arrived"


@pytest.mark.parametrize("events", [("a", "b"), ("b", "a")])
def test_a_retraction_wins_a_tie_with_a_correction(events: tuple[str, str]) -> None:
    right, gone = correct(DELIVERED, "delivered", 84, 90, event=events[0]), retract(DELIVERED, 90, event=events[1])
    picture = fold(DELIVERED, right, gone)
    assert path(picture) == ""
    assert (claim(picture, right).fate, claim(picture, right).reason) == (Fate.RETRACTED, "later_word")
    assert claim(picture, gone).fate is Fate.USED


@pytest.mark.parametrize("events", [("a", "b"), ("b", "a")])
def test_of_two_corrections_said_at_once_the_greater_key_holds(events: tuple[str, str]) -> None:
    said = {
        event: correct(DELIVERED, "delivered", at, 90, event=event) for event, at in zip(events, (84, 86), strict=True)
    }
    picture = fold(DELIVERED, *said.values())
    assert (claim(picture, said["a"]).fate, claim(picture, said["b"]).fate) == (Fate.SUPERSEDED, Fate.USED)


def test_a_correction_after_the_retraction_brings_the_word_back() -> None:
    assert path(fold(DELIVERED, retract(DELIVERED, 80), correct(DELIVERED, "delivered", 84, 90))) == "delivered"


def test_of_two_corrections_the_later_asserted_holds() -> None:
    first, second = correct(DELIVERED, "delivered", 84, 90), correct(DELIVERED, "delivered", 86, 95)
    picture = fold(second, DELIVERED, first)
    assert claim(picture, first).fate is Fate.SUPERSEDED
    assert claim(picture, second).fate is Fate.USED


def test_a_correction_of_a_correction_holds() -> None:
    first = correct(DELIVERED, "delivered", 84, 90)
    assert path(fold(DELIVERED, first, correct(first, "arrived", 84, 95))) == "arrived"


def test_a_retracted_correction_leaves_the_first_word_standing() -> None:
    wrong = correct(DELIVERED, "lost", 84, 90)
    assert path(fold(DELIVERED, wrong, retract(wrong, 95))) == "delivered"


def test_a_retracted_retraction_leaves_the_word_standing() -> None:
    taken_back = retract(DELIVERED, 90)
    assert path(fold(DELIVERED, taken_back, retract(taken_back, 95))) == "delivered"


def test_a_retraction_by_event_id_takes_back_every_version_of_the_event() -> None:
    one, other = say("wfp", "arrived", 30, event="e"), say("wfp", "arrived", 31, event="e")
    gone = say("wfp", said=40, kind=Kind.RETRACT, target=Target("wfp", "e"))
    assert path(fold(one, other, gone)) == ""


def test_a_correction_and_a_retraction_sent_under_their_targets_event_id_speak_of_the_target() -> None:
    first = say("wfp", "arrived", 30, event="e")
    right = say("wfp", "delivered", 30, event="e", said=40, kind=Kind.CORRECT, target=Target("wfp", "e"))
    gone = say("wfp", event="e", said=50, kind=Kind.RETRACT, target=Target("wfp", "e"))
    assert path(fold(first, right)) == "delivered"
    assert path(fold(first, right, gone)) == ""


def test_no_source_can_take_back_the_word_of_another() -> None:
    foreign = say("blog", said=70, kind=Kind.RETRACT, target=Target.of(DELIVERED.key))
    picture = fold(DELIVERED, foreign)
    assert picture.status == "delivered"
    assert claim(picture, foreign).reason == "not_own_voice"


def test_retractions_that_aim_at_each_other_do_nothing_and_are_named() -> None:
    one = say("wfp", event="a", said=1, kind=Kind.RETRACT, target=Target("wfp", "b"))
    other = say("wfp", event="b", said=2, kind=Kind.RETRACT, target=Target("wfp", "a"))
    picture = fold(one, other, ARRIVED)
    assert {claim(picture, r).reason for r in (one, other)} == {"circular_target"}
    assert picture.status == "arrived"


def test_a_long_chain_of_retractions_is_followed_to_its_end() -> None:
    names = [f"e{n}" for n in range(3000)]
    chain = [keyed(replace(ARRIVED, key=ReportKey("wfp", "e0", "")))]
    chain += [
        say("wfp", event=name, said=n, kind=Kind.RETRACT, target=Target("wfp", before))
        for n, (before, name) in enumerate(pairwise(names))
    ]
    assert path(reconcile(evidence(*chain), known_at=EVER)) == ""  # an odd number of retractions
