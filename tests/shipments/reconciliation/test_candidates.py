"""S4: gaps and islands in time."""

from __future__ import annotations

from shipments.reconciliation.vocabulary import ConflictKind, DecisionKind, Fate, TimeClass
from tests.shipments.reconciliation.reading import claim, conflict, conflicts, fold, path, step
from tests.shipments.reconciliation.telling import decide, hours, say


def test_times_within_six_hours_are_one_event() -> None:
    picture = fold(say("wfp", "arrived", 30), say("carrier", "arrived", 36))
    assert step(picture, "arrived").score == 2944 + 1735
    assert conflicts(picture) == []


def test_times_further_apart_are_rivals() -> None:
    picture = fold(say("wfp", "arrived", 30), say("carrier", "arrived", 36.1))
    assert step(picture, "arrived").score == 2944
    assert conflicts(picture) == [("arrived", ConflictKind.DUPLICATE_SLOT)]


def test_an_island_grows_with_each_time_that_touches_it() -> None:
    picture = fold(*[say(f"paper{n}", "arrived", 30 + 5 * n) for n in (1, 2, 3)])
    assert step(picture, "arrived").score == 3 * 847


def test_a_coarse_time_joins_the_earliest_event_it_overlaps_and_never_bridges_two() -> None:
    picture = fold(say("wfp", "arrived", 30), say("carrier", "arrived", 42), say("paper1", "arrived", (24, 48)))
    assert step(picture, "arrived").score == 2944 + 847
    assert conflicts(picture) == [("arrived", ConflictKind.DUPLICATE_SLOT)]


def test_a_coarse_time_does_not_widen_the_event_it_joins() -> None:
    picture = fold(say("wfp", "arrived", 30), say("paper1", "arrived", (24, 48)), say("carrier", "arrived", 50))
    assert conflicts(picture) == [("arrived", ConflictKind.DUPLICATE_SLOT)]
    at = step(picture, "arrived").at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(30), hours(30))


def test_a_month_a_day_and_an_hour_are_one_event() -> None:
    picture = fold(say("wfp", "arrived", (0, 744)), say("carrier", "arrived", (24, 48)), say("paper1", "arrived", 30))
    assert step(picture, "arrived").score == 2944 + 1735 + 847


def test_a_time_that_nobody_knows_joins_what_is_there() -> None:
    picture = fold(say("wfp", "arrived", 30), say("carrier", "arrived", said=90))
    assert step(picture, "arrived").score == 2944 + 1735


def test_what_has_no_weight_neither_bridges_two_events_nor_says_when_one_happened() -> None:
    apart = [say("wfp", "arrived", 30), say("carrier", "arrived", 40)]
    bridge = say("rumour", "arrived", 35)
    picture = fold(*apart, bridge)
    assert conflicts(picture) == [("arrived", ConflictKind.DUPLICATE_SLOT)]
    assert (claim(picture, bridge).fate, claim(picture, bridge).reason) == (Fate.COMPATIBLE, "no_weight")
    day = say("wfp", "arrived", (24, 48))
    picture = fold(day, say("rumour", "arrived", 30))
    at = step(picture, "arrived").at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(24), hours(48))
    assert claim(picture, day).fate is Fate.USED


def test_an_acceptance_without_a_time_joins_the_heaviest_event() -> None:
    light, heavy = say("ngo", "arrived", 30), say("wfp", "arrived", 60)
    picture = fold(light, heavy, decide(DecisionKind.ACCEPT, "arrived"))
    at = step(picture, "arrived").at
    assert at is not None
    assert at.earliest == hours(60)
    # Of two as heavy, the earlier.
    at = step(fold(say("icrc", "arrived", 30), heavy, decide(DecisionKind.ACCEPT, "arrived")), "arrived").at
    assert at is not None
    assert at.earliest == hours(30)


def test_an_observation_without_a_time_joins_the_earliest_event_like_anything_coarse() -> None:
    light, heavy = say("ngo", "arrived", 30), say("wfp", "arrived", 60)
    untimed = say("carrier", "arrived", said=100)
    assert step(fold(light, heavy, untimed), "arrived").score == 2944
    heaviest = say("paper1", "arrived", time_class=TimeClass.EXPECTED, said=1)
    told = [say(s, "arrived", at, time_class=TimeClass.EXPECTED, said=1) for s, at in (("ngo", 30), ("wfp", 60))]
    (planned,) = fold(*told, heaviest).planned
    assert planned.origins == ("paper1", "wfp")


def test_two_rival_places_are_a_location_conflict_and_not_two_arrivals() -> None:
    there = say("carrier", "arrived", 30, place="KPNAM")
    here = say("wfp", "arrived", 30, place="KPFNJ")
    picture = fold(here, there)
    assert path(picture) == "arrived"
    assert step(picture, "arrived").place == "KPFNJ"
    found = conflict(picture, ConflictKind.LOCATION)
    assert (found.keys, found.against, found.by) == ((there.key,), (here.key,), 2944 - 1735)


def test_a_country_supports_a_port_in_it() -> None:
    picture = fold(say("wfp", "arrived", 30, place="KP"), say("carrier", "arrived", 30, place="KPNAM"))
    assert step(picture, "arrived").place == "KPNAM"
    assert conflicts(picture) == []


def test_the_place_told_without_weight_is_not_shown() -> None:
    there = say("carrier", "arrived", 30, place="KPNAM")
    told = [say("wfp", "arrived", 30), there]
    assert step(fold(*told), "arrived").place == "KPNAM"
    picture = fold(*told, decide(DecisionKind.EXCLUDE, reports=[there]))
    assert step(picture, "arrived").place is None
    assert conflicts(picture) == []


def test_equal_rival_places_leave_no_place() -> None:
    told = [say("carrier", "arrived", 30, place="KPFNJ"), say("customs", "arrived", 30, place="KPNAM")]
    picture = fold(*told)
    assert step(picture, "arrived").place is None
    assert conflict(picture, ConflictKind.LOCATION).by == 0


def test_a_step_of_which_nobody_knows_the_time_has_none() -> None:
    assert step(fold(say("wfp", "arrived", said=90)), "arrived").at is None
    at = step(fold(say("wfp", "arrived", 30), say("carrier", "arrived", said=90)), "arrived").at
    assert at is not None
    assert at.latest == hours(30)


def test_a_day_that_begins_six_hours_after_an_event_or_ends_as_long_before_it_is_of_it() -> None:
    for near, far in (((36, 60), (36.1, 60)), ((0, 24), (0, 23.9))):
        assert conflicts(fold(say("wfp", "arrived", 30), say("carrier", "arrived", near))) == []
        assert conflicts(fold(say("wfp", "arrived", 30), say("carrier", "arrived", far))) != []
