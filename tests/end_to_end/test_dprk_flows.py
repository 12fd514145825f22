"""The case of May 2022 as flows: who promised North Korea what, and what became of it.

Each test is one line of what the flows must say, now (20 June 2022) or as known on 17 May.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from actors.access import Reader
from actors.marking import Marking
from shipments.intake.moments import known_at_of
from shipments.models import Subject
from shipments.services.cases import load_case, read_case_file
from shipments.services.flows.amounts import Total
from shipments.services.flows.paging import Page, read_flows
from shipments.services.flows.summing import Flow
from shipments.services.flows.told import Days
from shipments.services.reconciling import reconcile_due

CASE = "dprk-covid-2022"
LATER = datetime(2022, 6, 20, tzinfo=UTC)
THEN = known_at_of("2022-05-17")


@dataclass(kw_only=True)
class Case:
    """The flows by the name of their donor, and the offers by the keys of the case."""

    now: dict[str, Flow]
    on_17_may: dict[str, Flow]
    offers: dict[str, str]


@pytest.fixture(scope="module")
def case(django_db_setup: None, django_db_blocker: Any) -> Generator[Case, None, None]:
    with django_db_blocker.unblock(), transaction.atomic():
        load_case(read_case_file(CASE))
        while reconcile_due(limit=100):
            pass
        public = Reader(clearance=Marking.CLEAR)
        subjects = Subject.objects.filter(identifiers__scheme=f"case:{CASE}")
        yield Case(
            now=_by_donor(read_flows(public, now=LATER)),
            on_17_may=_by_donor(read_flows(public, now=LATER, known_at=THEN)),
            offers=dict(subjects.values_list("identifiers__value", "reference")),
        )
        transaction.set_rollback(True)


def _by_donor(page: Page) -> dict[str, Flow]:
    assert {page.actors[flow.key.recipient]["name"] for flow in page.flows} == {"North Korea"}
    return {page.actors[donor]["name"]: flow for flow in page.flows for donor in flow.key.donors}


def test_four_donors_gave_or_offered_and_none_is_told_of_in_two_flows(case: Case) -> None:
    assert case.now.keys() == {"China", "Russia", "South Korea", "World Health Organization"}


@pytest.mark.parametrize("rung", ["dispatched", "arrived"])
def test_chinas_flights_left_and_arrived_with_at_most_150_tonnes(case: Case, rung: str) -> None:
    flown = case.now["China"].rungs[rung]

    assert (flown.count, flown.unconfirmed, flown.contested, flown.unknown) == (1, 0, 0, 1)
    assert flown.amounts == [Total(measure="tonnes", unit="TNE", low=None, high=Decimal(150), contested=Decimal(0))]
    assert flown.amounts[0].value is None


def test_nothing_is_told_to_have_been_received(case: Case) -> None:
    received = case.now["China"].rungs["received"]

    assert (received.count, received.unconfirmed, received.amounts) == (0, 0, [])


def test_what_china_was_preparing_has_not_left(case: Case) -> None:
    assert case.now["China"].shipments == {"arrived": 1, "unconfirmed": 2}


def test_chinas_offer_stays_an_offer_beside_the_flights(case: Case) -> None:
    offered = case.now["China"].rungs["offered"]

    assert (offered.count, offered.unknown, offered.amounts) == (1, 1, [])
    (waiting,) = case.now["China"].silence.waiting
    assert not waiting.is_said  # nobody tells of an answer, nobody says that there was none


def test_south_koreas_offer_is_contested(case: Case) -> None:
    flow = case.now["South Korea"]

    assert (flow.contested, flow.offers) == (1, {"made": 1})
    assert (flow.rungs["offered"].count, flow.rungs["offered"].contested) == (1, 1)
    (waiting,) = flow.silence.waiting
    assert (waiting.is_said, waiting.is_contested) == (True, True)


def test_russias_three_offers_are_of_unknown_quantity_and_not_of_nothing(case: Case) -> None:
    offered = case.now["Russia"].rungs["offered"]

    assert (offered.count, offered.unknown) == (3, 3)
    assert [(total.unit, total.low, total.high) for total in offered.amounts] == [
        ("doses", None, None),
        ("people", None, None),
    ]
    assert case.now["Russia"].rungs["accepted"].count == 0


def test_russias_old_offer_had_been_without_an_answer_for_years(case: Case) -> None:
    now, then = ({each.offer: each for each in flows["Russia"].silence.waiting} for flows in (case.now, case.on_17_may))
    old, june = case.offers["offer-russia-2020"], case.offers["offer-russia-1-june"]

    # Made in 2020, nobody says when: from its last moment, and from its first.
    assert then.keys() == {old}
    assert then[old].days(THEN) == Days(least=502, most=867)
    assert now[old].days(LATER) == Days(least=535, most=901)
    # Told of at noon in Moscow on 1 June, and made at some time before that.
    assert now[june].days(LATER) == Days(least=18, most=None)
    assert now[old].is_said
    assert now[june].is_said


def test_a_condition_is_the_donors_word_and_no_answer(case: Case) -> None:
    silence = case.now["Russia"].silence

    assert case.offers["offer-russia-sputnik-v"] not in {each.offer for each in silence.waiting}
    assert silence.answered == 0


def test_whos_offer_was_refused_and_stays_offered(case: Case) -> None:
    flow = case.now["World Health Organization"]

    assert flow.offers == {"refused": 1}
    assert (flow.rungs["offered"].count, flow.rungs["accepted"].count) == (1, 0)
    assert (flow.silence.answered, flow.silence.waiting) == (1, [])


def test_on_17_may_only_what_was_told_by_then_is_there(case: Case) -> None:
    assert case.on_17_may.keys() == {"China", "Russia"}
    assert case.on_17_may["China"].shipments == {"arrived": 1}
    assert case.on_17_may["Russia"].offers == {"made": 1}
