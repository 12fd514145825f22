"""Legs: folded by themselves, and carried over to their shipment."""

from __future__ import annotations

from msgspec.structs import replace

from shipments.reconciliation.model import LegPlan
from shipments.reconciliation.picture import Picture
from shipments.reconciliation.vocabulary import ConflictKind
from tests.shipments.reconciliation.reading import conflict, finding, fold, path, step
from tests.shipments.reconciliation.telling import LEGS, hours, say


def told(*reports: object) -> Picture:
    return fold(*reports, legs=LEGS)  # type: ignore[arg-type]


def test_departed_of_the_first_carrying_leg_is_departed() -> None:
    picture = told(say("wfp", "departed", 10, leg="first"))
    assert (picture.status, path(picture)) == ("departed", "departed")
    assert step(picture, "departed").stands_for == "first"


def test_a_positioning_leg_moves_nothing() -> None:
    picture = told(say("wfp", "departed", 1, leg="ferry"), say("wfp", "arrived", 5, leg="ferry"))
    assert picture.status is None
    assert [(leg.key, leg.status) for leg in picture.legs] == [("ferry", "arrived")]


def test_what_lies_between_is_in_transit() -> None:
    picture = told(
        say("wfp", "departed", 10, leg="first"),
        say("wfp", "arrived", 20, leg="first"),
        say("wfp", "departed", 30, leg="second"),
    )
    assert path(picture) == "departed in_transit"
    at = step(picture, "in_transit").at
    assert at is not None
    assert (at.earliest, at.latest) == (hours(20), hours(30))


def test_of_legs_side_by_side_the_first_to_leave_departs() -> None:
    legs = (LegPlan(key="one", sequence=1), LegPlan(key="other", sequence=1))
    reports = [say("wfp", "departed", 20, leg="one"), say("carrier", "departed", 10, leg="other")]
    for told in (reports, [replace(each, leg={"one": "other", "other": "one"}[each.leg or ""]) for each in reports]):
        departed = step(fold(*told, legs=legs), "departed")
        assert departed.at is not None
        assert (departed.at.earliest, departed.stands_for) == (hours(10), "one")


def test_arrived_of_the_last_legs_is_arrived_when_the_last_of_them_is_in() -> None:
    one_in = [say("wfp", "departed", 10, leg="first"), say("wfp", "arrived", 40, leg="second")]
    assert told(*one_in).status == "in_transit"
    both = told(*one_in, say("wfp", "arrived", 60, leg="beside"))
    assert both.status == "arrived"
    at = step(both, "arrived").at
    assert at is not None
    assert at.earliest == hours(60)


def test_a_cancelled_leg_is_not_waited_for() -> None:
    picture = told(
        say("wfp", "departed", 10, leg="first"),
        say("wfp", "arrived", 40, leg="second"),
        say("wfp", "cancelled", 5, leg="beside"),
    )
    assert picture.status == "arrived"


def test_an_arrival_elsewhere_is_in_transit_for_the_shipment() -> None:
    reports = [say("wfp", "departed", 10, leg="first"), say("wfp", "arrived", 60, leg="beside")]
    elsewhere = told(*reports, say("wfp", "arrived", 40, leg="second", place="CNDDG"))
    assert elsewhere.status == "in_transit"
    assert told(*reports, say("wfp", "arrived", 40, leg="second", place="KP")).status == "arrived"


def test_a_diverted_leg_has_arrived_elsewhere_unless_its_place_says_otherwise() -> None:
    reports = [
        say("wfp", "departed", 10, leg="first"),
        say("wfp", "departed", 20, leg="beside"),
        say("wfp", "diverted", 30, leg="beside"),
        say("wfp", "arrived", 40, leg="second"),
    ]
    assert told(*reports, say("wfp", "arrived", 50, leg="beside")).status == "in_transit"


def test_the_origins_of_a_shipment_include_those_of_its_positioning_legs() -> None:
    picture = told(say("wfp", "departed", 10, leg="first"), say("carrier", "arrived", 5, leg="ferry"))
    assert finding(picture, "departed", leg=None).origins == ("carrier", "wfp")
    assert picture.state == "corroborated"


def test_legs_say_nothing_of_what_comes_after_arrival() -> None:
    picture = told(
        say("wfp", "departed", 10, leg="first"),
        say("carrier", "arrived", 5, leg="ferry"),
        say("icrc", "delivered", 90),
    )
    assert step(picture, "delivered").origins == ("icrc",)


def test_a_conflict_on_a_leg_names_the_leg() -> None:
    wrong = say("ngo", "arrived", 5, leg="first")
    picture = told(say("wfp", "departed", 20, leg="first"), say("wfp", "arrived", 30, leg="first"), wrong)
    found = conflict(picture, ConflictKind.OUT_OF_SEQUENCE)
    assert (found.leg, found.keys) == ("first", (wrong.key,))


def test_a_denied_departure_of_the_only_first_leg_is_charged_on_the_shipment() -> None:
    picture = told(say("carrier", "departed", 10, leg="first"), say("ngo", "departed", 20, leg="first", denies=True))
    assert step(picture, "departed").margin == 1735 - 847


def test_the_leg_lifecycle_lets_a_leg_arrive_after_it_was_diverted() -> None:
    picture = told(
        say("wfp", "departed", 10, leg="first"),
        say("wfp", "diverted", 20, leg="first"),
        say("wfp", "arrived", 30, leg="first"),
    )
    assert [s.milestone for s in picture.legs[0].timeline] == ["departed", "diverted", "arrived"]


def test_without_legs_an_arrival_outside_the_destination_is_in_transit() -> None:
    away = say("wfp", "arrived", 30, place="CNDDG")
    assert fold(away, destination="KPFNJ").status == "in_transit"
    assert fold(say("wfp", "arrived", 30, place="KP"), destination="KPFNJ").status == "arrived"
    assert fold(say("wfp", "arrived", 30), destination="KPFNJ").status == "arrived"
    assert fold(away).status == "arrived"


def test_cancelling_the_last_leg_does_not_make_the_stop_before_it_the_end() -> None:
    legs = (
        LegPlan(key="one", sequence=1, destination="CNSHE"),
        LegPlan(key="two", sequence=2, destination="KPFNJ"),
    )
    told = [say("carrier", "departed", 1, leg="one"), say("wfp", "cancelled", 20, leg="two")]
    stop = say("wfp", "arrived", 10, leg="one", place="CNSHE")
    assert fold(*told, stop, legs=legs, destination="KPFNJ").status == "in_transit"
    home = say("wfp", "arrived", 10, leg="one", place="KPFNJ")
    direct = (LegPlan(key="one", sequence=1), legs[1])
    assert fold(*told, home, legs=direct, destination="KPFNJ").status == "arrived"
    # Where the shipment has a destination, that of its cancelled leg is not asked.
    assert fold(*told, replace(home, place="KP"), legs=direct, destination="KPNAM").status == "arrived"
    assert fold(*told, home, legs=direct, destination="CNDDG").status == "in_transit"


def test_a_leg_that_may_be_cancelled_does_not_put_the_shipment_on_its_way() -> None:
    picture = told(say("blog", "cancelled", 5, leg="first"))
    assert (picture.legs[0].leading, picture.legs[0].status) == ("cancelled", None)
    assert path(picture) == ""
