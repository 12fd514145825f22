"""Lists that are found in several ways at once, or looked for in so many rows a page: all is told once, in order."""

from datetime import datetime
from itertools import combinations
from typing import Any

import pytest

from actors.api import pages
from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from shipments.api import searching
from shipments.factories import (
    ConflictFactory,
    ContactFactory,
    DocumentFactory,
    LegFactory,
    PictureFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ShipmentFactory,
)
from tests.growth.base import MADE
from tests.people import make_partner
from tests.shipments.api.conftest import day, record_report
from tests.shipments.api.test_lists import rows, walk


@pytest.fixture(autouse=True)
def looked_through(monkeypatch):
    for name, most in (("LOOKED_THROUGH", 6), ("AT_ONCE", 3), ("LEAST", 1)):
        monkeypatch.setattr(pages, name, most)
    monkeypatch.setattr(searching, "FEW", 0)


@pytest.mark.parametrize("ordering", ["created_at", "-created_at"])
def test_what_touches_a_place_that_many_have_is_told_once_in_the_order_of_the_list(partner, ordering):
    place, other = PlaceFactory(code="XXA"), PlaceFactory()
    touching = []
    for number in range(12):
        shipment = ShipmentFactory(destination=place if number % 4 == 0 else None, title=f"No. {number}")
        if number % 3 == 0:
            LegFactory.create_batch(2, shipment=shipment, origin=place, destination=other)
            LegFactory(shipment=shipment, origin=other, destination=place)
        if number % 4 == 0 or number % 3 == 0:
            touching.append(shipment.title)
    path = f"shipments/?limit=2&ordering={ordering}&place=XXA"
    wanted = touching if ordering == "created_at" else touching[::-1]
    assert [row["title"] for row in walk(partner, path)] == wanted
    assert [row["title"] for row in walk(partner, f"{path}&q=no.")] == wanted


@pytest.mark.parametrize("ordering", ["received_at", "-received_at"])
def test_reports_that_are_held_in_any_way_are_told_once_in_the_order_of_the_list(world, partner, analyst, ordering):
    about = {"subject": world.shipment.reference, "code": "departed"}
    ways = ({}, {"subject": "who knows"}, {"leg": "none"}, {"code_scheme": "own", "code": "??"}, {"line": "none"})
    for number in range(10):
        said = about | ways[number % 5]
        if number % 5 == 4:
            said |= {"facts": [{"attribute": "quantity", "value": {"low": "1", "high": "1", "unit": "TNE"}}]}
        record_report(day(20 + number // 4), source="wire", event_id=f"h-{number}", **said)
    sent = partner.post("reports/", {"subject": "nobody", "code": "departed", "asserted_at": "2022-05-20T09:00:00Z"})
    path = f"reports/?ordering={ordering}&limit=3"
    for reader, count in ((analyst, 9), (partner, 7), (make_partner(), 6)):
        held = [row["reference"] for row in walk(reader, path) if row["is_held"]]
        assert len(held) == count
        assert (sent.json()["reference"] in held) is (reader is not None and count > 6)
        assert [row["reference"] for row in walk(reader, f"{path}&held=true")] == held


def test_reports_above_the_clearance_are_told_to_who_sent_them_by_whichever_key_and_to_who_was_granted_them(
    world, partner
):
    successor = make_partner(actor=partner.key.actor, source=partner.key.source, clearance=partner.key.clearance)
    secret = ShipmentFactory()
    sent = []
    for number, key in enumerate((partner, successor, partner)):
        said = {"subject": secret.reference, "code": "departed", "event_id": f"own-{number}", "marking": "AMBER"}
        answer = key.post("reports/", said | {"asserted_at": "2022-05-20T09:00:00Z"})
        assert answer.status_code == 201, answer.content
        sent.append(answer.json()["reference"])
    assert [row["reference"] for row in walk(partner, "reports/?limit=2&marking=AMBER")] == sent[::-1]
    stranger = make_partner()
    assert walk(stranger, "reports/?marking=AMBER") == []
    assert walk(stranger, "shipments/?marking=AMBER") == []
    ReadingGrantFactory(subject=world.shipment, actor=stranger.key.actor, marking=Marking.AMBER)
    assert [row["event_id"] for row in walk(stranger, "reports/?limit=1&marking=AMBER")] == ["i-1"]
    hidden = ShipmentFactory(marking=Marking.AMBER)
    ReadingGrantFactory(subject=hidden, actor=stranger.key.actor, marking=Marking.AMBER)
    assert [row["reference"] for row in walk(stranger, "shipments/?limit=1&marking=AMBER")] == [hidden.reference]


@pytest.mark.parametrize("ordering", ["known_from", "-known_from"])
def test_conflicts_of_a_past_moment_are_those_that_stood_then_in_the_order_of_the_list(partner, ordering):
    for number in range(1, 10):
        ConflictFactory(
            subject=ShipmentFactory(), reason=f"No. {number}", known_from=day(number), kept_open=number % 2 == 0,
            known_to=None if number % 3 == 0 else day(number + 4),
        )  # fmt: skip
    path = f"conflicts/?limit=2&ordering={ordering}"

    def told(asked):
        return sorted(int(row["reason"].removeprefix("No. ")) for row in walk(partner, f"{path}&{asked}"))

    def standing(moment):
        return [number for number in range(1, moment + 1) if number % 3 == 0 or number + 4 > moment]

    assert told("known_at=2022-05-01T00:00:00Z") == []
    for moment in (4, 7, 9):
        assert told(f"known_at=2022-05-{moment:02}T12:00:00Z") == standing(moment)
        assert told(f"known_at=2022-05-{moment:02}T12:00:00Z&kept_open=true") == [
            number for number in standing(moment) if number % 2 == 0
        ]
    assert told("kept_open=true") == [6]
    assert told("subject_kind=shipment") == [3, 6, 9]
    assert told("subject_kind=crisis") == []
    found = [row["reason"] for row in walk(partner, f"{path}&known_at=2022-05-07T12:00:00Z")]
    assert found == [f"No. {number}" for number in standing(7)][:: 1 if ordering == "known_from" else -1]


@pytest.mark.parametrize("most", [0, 20])
def test_conflicts_are_found_by_words_of_their_reason_and_of_their_subject_whether_few_or_many_have_them(
    partner, monkeypatch, most
):
    monkeypatch.setattr(searching, "FEW", most)
    subjects = [ShipmentFactory(title=f"Train of {'salt' if number % 4 == 0 else 'rice'}") for number in range(12)]
    hidden = ShipmentFactory(title="Train of salt", marking=Marking.AMBER)
    for number, subject in enumerate([*subjects, hidden]):
        ConflictFactory(subject=subject, reason="no salt" if number % 6 == 1 else "late", known_from=day(number + 1))

    def told(*words):
        found = walk(partner, f"conflicts/?limit=2&ordering=known_from&q={'%20'.join(words)}")
        return [row["subject"] for row in found]

    references = [each.reference for each in subjects]
    assert told("salt") == [references[number] for number in (0, 1, 4, 7, 8)]
    assert told("salt", "late") == [references[number] for number in (0, 4, 8)]
    assert told(references[5].lower()) == [references[5]]
    assert told("pepper") == []


@pytest.mark.parametrize("ordering", ["known_from", "-known_from"])
def test_conflicts_of_a_rare_kind_of_subject_are_met_at_once_whoever_wrote_them(partner, ordering):
    for number in range(1, 25):
        # A release of before does not say the kind.
        said = {"subject_kind": ""} if number in (11, 12) else {}
        subject = (ContactFactory if number in (12, 13) else ShipmentFactory)()
        ConflictFactory(subject=subject, reason=f"No. {number}", known_from=day(number), **said)
    ConflictFactory(subject=ContactFactory(marking=Marking.AMBER), known_from=day(14))
    path = f"conflicts/?limit=2&ordering={ordering}&subject_kind"

    def told(asked):
        return sorted(int(row["reason"].removeprefix("No. ")) for row in walk(partner, f"{path}={asked}"))

    page = partner.get(f"{path}=contact").json()
    assert {row["reason"] for row in page["results"]} == {"No. 12", "No. 13"}
    assert page["next"] is None
    assert told("shipment") == [*range(1, 12), *range(14, 25)]
    assert told("contact&kind=exclusive_branch") == told("contact&known_at=2022-05-30") == [12, 13]
    assert told("contact&until=2022-05-12T23:00:00Z") == [12]
    assert told("crisis") == []


@pytest.mark.parametrize("ordering", ["published_at", "-published_at", "received_at", "-received_at"])
def test_documents_are_told_once_by_whatever_they_are_asked_for_in_either_order(partner, ordering):
    wire, other = SourceFactory(code="wire"), SourceFactory(code="other")
    documents = [
        DocumentFactory(
            title=f"No. {number}{' twice' if number % 6 else ''}", source=wire if number % 3 else other,
            kind="image" if number % 5 else "article",
            marking=Marking.GREEN if number % 4 == 1 else Marking.CLEAR, published_at=day(20 - number % 7),
            received_at=day(21 + number % 2),
        )
        for number in range(24)
    ]  # fmt: skip
    DocumentFactory(title="No secret", source=wire, kind="image", marking=Marking.AMBER)
    asked = {
        "source=wire": lambda each: each.source == wire,
        "kind=image": lambda each: each.kind == "image",
        "marking=GREEN": lambda each: each.marking == Marking.GREEN,
        "since=2022-05-18": lambda each: each.published_at >= day(18),
        "until=2022-05-15T12:00:00Z": lambda each: each.published_at <= day(15),
        "known_at=2022-05-21": lambda each: each.received_at <= day(21),
        "q=twice": lambda each: "twice" in each.title,
    }
    order = ordering.removeprefix("-")
    documents.sort(key=lambda each: (getattr(each, order), each.pk), reverse=ordering != order)
    for pair in combinations(asked, 2):
        path = f"documents/?limit=2&ordering={ordering}&fields=title&{'&'.join(pair)}"
        wanted = [each.title for each in documents if all(asked[name](each) for name in pair)]
        assert [row["title"] for row in walk(partner, path)] == wanted, path


def test_a_name_that_many_actors_have_is_found_in_what_they_take_part_in(partner):
    flown = ShipmentFactory(carrier=ActorFactory(name="Common Air"), title="Flown")
    met = ContactFactory(participants=[ActorFactory(name="Common Ministry")], title="Met")
    hidden = ShipmentFactory(carrier=ActorFactory(name="Common Secret", marking=Marking.RED), title="Hidden")
    ShipmentFactory(title="Other")
    for plural, wanted in (("shipments", flown), ("contacts", met)):
        found = [row["reference"] for row in walk(partner, f"{plural}/?limit=2&q=common")]
        assert found == [wanted.reference]
        assert hidden.reference not in found


def test_contacts_of_which_nothing_is_contested_or_of_a_day_are_looked_for(partner):
    contact = ContactFactory(held_on=day(3).date())
    ContactFactory(held_on=day(9).date())
    assert rows(partner, "contacts/", {"contested": "false"}) == []
    assert [row["reference"] for row in walk(partner, "contacts/?since=2022-05-02&until=2022-05-04")] == [
        contact.reference
    ]


def _told(*moments: datetime) -> Any:
    """A shipment of which something is believed at some moments."""
    spans = [{**MADE["at"], "from": at.isoformat(), "to": at.isoformat()} for at in moments]
    steps = [{**MADE, "at": span} for span in spans]
    return PictureFactory(subject=ShipmentFactory(), status="", timeline=steps).subject


@pytest.mark.parametrize(
    "asked",
    [
        "since=2022-05-10&until=2022-05-12",
        "since=2022-05-20&until=2022-05-04",
        "since=2022-05-25",
        "until=2022-05-01",
    ],
)
def test_a_span_that_no_story_reaches_into_is_known_at_once_to_have_nothing(partner, monkeypatch, asked):
    monkeypatch.setattr(searching, "FEW", 4)
    for _ in range(5):
        _told(day(3), day(8))
        _told(day(15), day(20))
    _told()
    PictureFactory(subject=ShipmentFactory(), status="", timeline=[{**MADE, "at": None}])
    answer = partner.get(f"shipments/?limit=9&{asked}").json()
    assert (answer["results"], answer["next"]) == ([], None)
