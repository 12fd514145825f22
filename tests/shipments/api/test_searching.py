"""Lists searched by words, and by who, what and where a subject is about."""

from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import Q

from actors.api import pages
from actors.factories import ActorFactory, ActorNameFactory, SourceFactory
from actors.marking import Marking
from shipments.api import searching
from shipments.factories import (
    ContactFactory,
    DocumentFactory,
    LineFactory,
    PlaceFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
)
from shipments.models import Subject
from tests.growth.plans import statements
from tests.shipments.api.conftest import day, record_report
from tests.shipments.api.test_lists import rows, walk


def found(caller, plural, word):
    return {row["reference"] for row in rows(caller, f"{plural}/", {"q": word})}


@pytest.fixture(params=[0, searching.FEW], ids=["as what many have", "as what few have"])
def looked_for(request, monkeypatch):
    """Both ways of finding subjects."""
    monkeypatch.setattr(searching, "FEW", request.param)


@pytest.mark.django_db
@pytest.mark.parametrize("few", [0, 2])
def test_few_are_asked_for_once(monkeypatch, few):
    monkeypatch.setattr(searching, "FEW", few)
    shipment = ShipmentFactory()
    with statements() as asked:
        which = searching.few_or_each(Subject.objects.filter(kind="shipment").values_list("pk", flat=True), Q(pk=None))
    assert len(asked) == 1
    narrowed, looked_for = pages.narrow(Subject.objects.filter(pk=shipment.pk), [which])
    assert narrowed.exists()
    assert bool(looked_for.condition) is (few == 0)


@pytest.mark.usefixtures("looked_for")
def test_subjects_are_found_by_donor_place_item_and_participant(world, partner):
    ShipmentFactory(title="Another")
    ContactFactory()
    met = ContactFactory(participants=[world.donor])
    flown = {"shipments": world.shipment.reference}
    for plural, asked in (
        ("shipments", {"donor": world.donor.reference}),
        ("shipments", {"place": world.leg.origin.code, "donor": world.donor.reference}),
        ("shipments", {"item": world.line.item[1:].upper(), "donor": world.donor.reference}),
        ("contacts", {"participant": world.donor.reference}),
    ):
        expected = flown.get(plural, met.reference)
        assert [row["reference"] for row in rows(partner, f"{plural}/", asked)] == [expected], asked
    for asked in ({"donor": world.recipient.reference}, {"place": "NOWHERE"}, {"item": "nothing"}):
        assert rows(partner, "shipments/", asked) == [], asked


@pytest.mark.usefixtures("looked_for")
def test_search_looks_at_all_that_is_shown(world, partner):
    shipment, offer = world.shipment.reference, world.offer.reference
    LineFactory(shipment=world.shipment, key="x", item="Oxygen concentrators")
    SubjectIdentifierFactory(subject=world.shipment, value="784-12345675")
    type(world.offer).objects.update(conditions="Only through the Red Cross")
    party = ActorFactory(name="Airlift Trust")
    ActorNameFactory(actor=party, name="공수")
    ShipmentPartyFactory(shipment=world.shipment, actor=party)
    for word in ("flight", "PYONGYANG", shipment, shipment.lower(), "concentrat", "12345675", "airlift", "공수"):
        assert found(partner, "shipments", word) == {shipment}, word
    assert found(partner, "shipments", "flight oxygen airlift") == {shipment}
    assert found(partner, "shipments", "flight nothing") == set()
    assert found(partner, "offers", "cross") == {offer}
    assert found(partner, "inquiries", world.inquiry.question.split()[0]) == {world.inquiry.reference}
    assert found(partner, "crises", world.crisis.title.split()[0]) == {world.crisis.reference}


@pytest.mark.usefixtures("looked_for")
def test_search_finds_nothing_by_what_is_hidden(world, partner, analyst):
    hidden = ActorFactory(name="Quiet Fund", marking=Marking.AMBER)
    ActorNameFactory(actor=hidden, name="조용한")
    ShipmentPartyFactory(shipment=world.shipment, actor=hidden)
    for word in ("quiet", "조용한", "%", "_"):
        assert found(partner, "shipments", word) == set(), word
    assert found(analyst, "shipments", "quiet") == {world.shipment.reference}
    SourceFactory(code="mole", name="The mole", protected=True)
    assert rows(partner, "sources/", {"q": "mole"}) == []


def test_reports_are_found_by_their_words_time_and_marking(world, partner, analyst):
    record_report(
        day(21), source="wire", subject=world.shipment.reference, code="arrived", event_id="q", quote="Landed at dawn"
    )
    assert len(rows(partner, "reports/", {"q": "DAWN landed"})) == 1
    assert len(rows(partner, "reports/", {"since": "2022-05-17", "until": "2022-05-18"})) == 2
    assert len(rows(partner, "reports/", {"milestone": "arrived"})) == 2
    assert rows(partner, "reports/", {"marking": "AMBER"}) == []
    assert len(rows(analyst, "reports/", {"marking": "AMBER"})) == 1


def test_conflicts_and_documents_are_found_by_words_and_time(world, partner):
    assert rows(partner, "conflicts/", {"q": "pyongyang"}) == rows(partner, "conflicts/") != []
    assert rows(partner, "conflicts/", {"since": "2022-05-19"}) == []
    document = DocumentFactory(title="On a flight")
    assert [row["reference"] for row in rows(partner, "documents/", {"q": "flight on"})] == [document.reference]
    assert rows(partner, "documents/", {"until": "1990-01-01"}) == []


@pytest.mark.usefixtures("looked_for")
def test_a_word_of_one_or_two_letters_is_found_where_a_word_begins(partner):
    titles = (
        "EU aid",
        "From the eu",
        "Sent (EU)",
        "Non-EU aid",
        "Sent/EU",
        "조선민주주의인민공화국",
        "Museum aid",
        "100% so",
    )
    made = {title: ShipmentFactory(title=title).reference for title in titles}
    for word, count in (("eu", 5), ("조선", 1), ("us", 0), ("0%", 0), ("(e", 1)):
        assert len(found(partner, "shipments", word)) == count, word
    assert made["Museum aid"] not in found(partner, "shipments", "eu")
    actor = ActorFactory(name="Société EU")
    assert found(partner, "offers", "eu") == set()
    ShipmentFactory(title="Another", carrier=actor)
    assert len(found(partner, "shipments", "eu another")) == 1


# A place is found in the order of keys (see test_looking), and in no other.
@pytest.mark.parametrize(
    ("asked", "ordering"),
    [
        *((asked, ordering) for asked in ("item=Tents", "q=tents") for ordering in ("created_at", "-reference")),
        ("place=XXA", "-reference"),
    ],
)
def test_what_many_subjects_have_is_looked_for_in_some_and_the_next_page_looks_on(
    partner, monkeypatch, asked, ordering
):
    monkeypatch.setattr(searching, "FEW", 0)
    monkeypatch.setattr(pages, "LOOKED_THROUGH", 4)
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    place = PlaceFactory(code="XXA")
    for number in range(10):
        shipment = ShipmentFactory(destination=place if number in (5, 8) else None, title=f"No. {number}")
        LineFactory(shipment=shipment, item="Tents" if number in (5, 8) else "Rice")
    path = f"shipments/?limit=2&ordering={ordering}"
    every = [row["title"] for row in walk(partner, path)]
    pages_read, at = [], f"{path}&{asked}"
    while at:
        page = partner.get(at).json()
        pages_read.append([row["title"] for row in page["results"]])
        at = page["next"]
    assert [] in pages_read
    assert [title for page in pages_read for title in page] == [title for title in every if title in ("No. 5", "No. 8")]


@pytest.mark.usefixtures("looked_for")
@pytest.mark.parametrize("ordering", ["received_at", "-received_at"])
@pytest.mark.parametrize(
    "asked", ["milestone=lost", "since=2022-05-24", "until=2022-05-20", "since=2022-05-19&until=2022-05-23&q=lost"]
)
def test_reports_by_milestone_and_by_when_they_were_said_are_told_once_in_the_order_of_the_list(
    world, partner, monkeypatch, ordering, asked
):
    monkeypatch.setattr(pages, "LOOKED_THROUGH", 8)
    monkeypatch.setattr(pages, "AT_ONCE", 4)
    others = ShipmentFactory(marking=Marking.RED)
    for number in range(12):
        code = "lost" if number % 5 == 2 else "departed"
        subject = others if number == 7 else world.shipment
        said = {"subject": subject.reference, "code": code, "asserted_at": day(18 + number % 8).isoformat()}
        record_report(day(26), source="wire", quote=code, event_id=f"m-{number}", **said)
    path = f"reports/?limit=3&ordering={ordering}&source=wire&known_at=2022-05-27"
    asked_for = dict(each.split("=") for each in asked.split("&"))
    every = walk(partner, path)
    wanted = [
        row["event_id"]
        for row in every
        if asked_for.get("milestone", row["milestone"]) == row["milestone"]
        if asked_for.get("q", row["milestone"]) == row["milestone"]
        if asked_for.get("since", "") <= row["asserted_at"][:10] <= asked_for.get("until", "9")
    ]
    assert 0 < len(wanted) < len(every)
    assert [row["event_id"] for row in walk(partner, f"{path}&{asked}")] == wanted


def test_a_milestone_that_many_reports_have_is_looked_for_in_some_and_the_next_page_looks_on(
    world, partner, monkeypatch
):
    for name, most in (("LOOKED_THROUGH", 4), ("AT_ONCE", 2)):
        monkeypatch.setattr(pages, name, most)
    monkeypatch.setattr(searching, "FEW", 0)
    for number in range(10):
        said = {"subject": world.shipment.reference, "code": "returned" if number == 5 else "departed"}
        record_report(day(20), source="wire", event_id=f"n-{number}", **said)
    first = partner.get("reports/?limit=2&ordering=received_at&milestone=returned").json()
    assert first["results"] == []
    assert [row["event_id"] for row in walk(partner, first["next"])] == ["n-5"]


def test_a_page_may_end_at_a_report_that_is_hidden_and_its_cursor_tells_nothing_of_it(
    world, partner, monkeypatch, settings
):
    for name, most in (("LOOKED_THROUGH", 2), ("AT_ONCE", 2), ("LEAST", 1)):
        monkeypatch.setattr(pages, name, most)
    monkeypatch.setattr(searching, "FEW", 0)
    hidden = {"subject": ShipmentFactory(marking=Marking.RED).reference, "code": "lost"}
    for number in range(6):
        record_report(day(20), source="wire", event_id=f"h-{number}", **hidden)
    told = {"subject": world.shipment.reference, "code": "lost", "event_id": "told"}
    record_report(day(21), source="wire", **told)
    at, seen = "reports/?limit=2&ordering=received_at&milestone=lost", []
    while at:
        page = partner.get(at).json()
        seen += [row["event_id"] for row in page["results"]]
        at = page["next"]
        if at:
            cursor = parse_qs(urlsplit(at).query)["cursor"][0]
            assert b"2022-05" not in urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            assert partner.get(at).json()["next"] == partner.get(at).json()["next"]
            # What was given out under a secret of before is still good.
            settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
            settings.SECRET_KEY = f"{settings.SECRET_KEY} and then another"
    assert seen == ["d-1", "told"]


@pytest.mark.parametrize("ordering", ["received_at", "-received_at"])
def test_a_page_looks_for_words_in_some_rows_and_the_next_one_looks_on(world, partner, monkeypatch, ordering):
    monkeypatch.setattr(pages, "LOOKED_THROUGH", 4)
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    for number in range(10):
        quote = "a needle" if number == 5 else "hay"
        said = {"subject": world.shipment.reference, "code": "departed", "event_id": f"n-{number}", "quote": quote}
        record_report(day(20), source="wire", **said)
    path = f"reports/?limit=2&ordering={ordering}"
    every = [report["event_id"] for report in walk(partner, path)]
    first = partner.get(f"{path}&q=needle").json()
    assert first["results"] == []
    assert first["next"]
    assert [report["event_id"] for report in walk(partner, f"{path}&q=needle")] == ["n-5"]
    # What is found often is told each once and in the order of the list.
    hay = [event_id for event_id in every if event_id.startswith("n-") and event_id != "n-5"]
    assert [report["event_id"] for report in walk(partner, f"{path}&q=hay")] == hay
    assert len(hay) == 9
