"""Every list: searched, put in order, cut to some fields, paged; and never at a cost that grows with the rows."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.api import pages
from actors.factories import ActorFactory, ActorNameFactory, SourceFactory
from actors.marking import Marking
from shipments.api import searching
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    CrisisFactory,
    DocumentFactory,
    InquiryFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
)
from shipments.models import Subject
from shipments.services.planning import announce_subject
from shipments.services.relaying import relay_outbox
from tests.aidtracker.api.test_queries import query, views
from tests.people import make_partner
from tests.shipments.api.conftest import day, reconcile, record_report

# A partner's subscriptions are its own affair, and tested as such.
READ = [(path, view) for path, view in views() if not path.startswith("subscriptions/")]
PAGED = [(path, view) for path, view in READ if "cursor" in view.parameters().fields and "0000" not in path]
ORDERS = [
    (path, ordering)
    for path, view in PAGED
    if "ordering" in view.parameters().fields
    for ordering in view.parameters().fields["ordering"].choices
]


def rows(caller, path, asked=None):
    answer = caller.get(path, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def found(caller, plural, word):
    return {row["reference"] for row in rows(caller, f"{plural}/", {"q": word})}


def walk(caller, path):
    seen = []
    while path:
        page = caller.get(path).json()
        seen += page["results"]
        path = page["next"]
    return seen


@pytest.fixture
def many(world):
    """Several of everything, some of them equal in what lists are put in order by."""
    gazette = SourceFactory(code="gazette")
    for number in range(4):
        shipment = ShipmentFactory(title="Twin")
        for source, code in (("wire", "delivered"), ("carrier", "departed"), ("daily", "lost")):
            said = {"subject": shipment.reference, "occurred": "2022-05-17", "event_id": f"{source}-{number}2"}
            record_report(day(20), source=source, code=code, **said)
        for factory in (OfferFactory, AppealFactory, ContactFactory, InquiryFactory, CrisisFactory):
            factory()
        ActorFactory(name="Twin")
        PlaceFactory(name="Twin")
        DocumentFactory(source=gazette)
    reconcile()
    return world


def test_lists_of_the_design_are_there():
    assert {path for path, _ in PAGED} >= {
        f"{name}/"
        for name in ("appeals", "offers", "shipments", "contacts", "inquiries", "crises", "actors", "sources", "places",
                     "documents", "reports", "conflicts", "shipments/diff")
    }  # fmt: skip


@pytest.mark.parametrize(("path", "ordering"), ORDERS)
def test_pages_join_in_every_order(many, analyst, path, ordering):
    whole = walk(analyst, f"{path}?ordering={ordering}&limit=100")
    assert len(whole) >= 4
    assert walk(analyst, f"{path}?ordering={ordering}&limit={max(2, len(whole) // 7)}") == whole
    name = ordering.removeprefix("-")
    values = [row[name] for row in whole if row.get(name) is not None]
    if name not in ("name", "code"):  # these are put in order by the database's letters
        assert values == sorted(values, reverse=ordering.startswith("-"))
    backwards = name if ordering.startswith("-") else f"-{name}"
    assert walk(analyst, f"{path}?ordering={backwards}&limit=100") == list(reversed(whole))


def test_rows_that_come_between_pages_are_neither_repeated_nor_in_the_way(many, partner):
    first = partner.get("shipments/?limit=3").json()
    ShipmentFactory()
    rest = walk(partner, first["next"])
    references = [row["reference"] for row in [*first["results"], *rest]]
    assert len(references) == len(set(references)) == 5


@pytest.fixture(params=[0, searching.FEW], ids=["as what many have", "as what few have"])
def looked_for(request, monkeypatch):
    """Both ways of finding subjects."""
    monkeypatch.setattr(searching, "FEW", request.param)


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
    SubjectIdentifierFactory(subject=world.shipment, value="120-12345675")
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


def test_fields_are_those_that_were_asked_for(world, partner):
    path = f"shipments/{world.shipment.reference}/"
    whole = partner.get(path).json()
    names = "reference,picture.status.value,picture.status.origins,picture.findings.attribute,legs.origin.code,lines"
    shown = partner.get(path, {"fields": names}).json()
    assert shown == {
        "reference": whole["reference"],
        "legs": [{"origin": {"code": leg["origin"]["code"]}} for leg in whole["legs"]],
        "lines": whole["lines"],
        "picture": {
            "status": {name: whole["picture"]["status"][name] for name in ("value", "origins")},
            "findings": [{"attribute": each["attribute"]} for each in whole["picture"]["findings"]],
        },
    }
    assert rows(partner, "shipments/", {"fields": names}) == [shown]
    assert partner.get(path, {"fields": "picture,picture.status.value"}).json() == {"picture": whole["picture"]}
    assert rows(partner, "offers/", {"fields": "donor.reference"}) == [{"donor": {"reference": world.donor.reference}}]
    assert set(rows(partner, f"{path}reports/", {"fields": "occurred.from"})[0]["occurred"]) == {"from"}
    assert partner.get(f"{path}timeline/", {"fields": "steps.milestone"}).json()["steps"][0] == {
        "milestone": "departed"
    }
    assert all(each.keys() == {"id"} for each in rows(partner, f"{path}conflicts/", {"fields": "id"}))


def test_fields_may_differ_from_page_to_page(many, partner):
    following = partner.get("shipments/?limit=1&fields=reference").json()["next"]
    assert partner.get(following.replace("fields=reference", "fields=title")).status_code == 200


@pytest.mark.parametrize("path", [path for path, _ in PAGED if "/diff" not in path] + ["shipments/diff/", "changes/"])
def test_every_field_of_every_list_can_be_asked_for_alone(many, analyst, path):
    relay_outbox()
    whole = rows(analyst, f"{path}?{query(path)}")
    assert whole
    for name in dict(views())[path].shape().fields:
        assert rows(analyst, f"{path}?{query(path, f'fields={name}')}") == [{name: row[name]} for row in whole], name


def test_what_is_not_asked_for_is_not_looked_up(world, partner, django_assert_num_queries):
    partner.get("shipments/")
    for fields, count in (
        ("reference,title", 3),
        ("reference,legs,parties", 4),
        ("picture.status.value", 5),
        ("picture", 6),
    ):
        with django_assert_num_queries(count):
            partner.get("shipments/", {"fields": fields})


def prepared(partner, world):
    """An address of each route, with the names of what is there."""
    names = {"SHP-00000000": None, "nobody": None, "0" * 64: None}
    addresses = []
    kinds = {"shipments": world.shipment, "offers": world.offer, "appeals": world.appeal, "contacts": world.contact,
             "inquiries": world.inquiry, "crises": world.crisis, "actors": world.donor}  # fmt: skip
    others = {
        "sources": "wire",
        "places": world.leg.origin.code,
        "documents": DocumentFactory().reference,
        "reports": world.reports[0],
        "conflicts": rows(partner, "conflicts/")[0]["id"],
    }
    for path, _ in READ:
        first = path.partition("/")[0]
        name = kinds[first].reference if first in kinds else others.get(first, "")
        for placeholder in names:
            path = path.replace(placeholder, name)
        addresses.append(path)
    return addresses


def limited(path, limit):
    has_limit = "limit" in dict(views())[path].parameters().fields
    return query(path, *([f"limit={limit}"] if has_limit else []))


def test_queries_do_not_grow_with_what_there_is(world, partner):
    partner.get("shipments/")  # the key's last use is noted now, not again within a minute
    addresses = prepared(partner, world)
    relay_outbox()
    counted = {}
    for real, (path, _) in zip(addresses, READ, strict=True):
        with CaptureQueriesContext(connection) as few:
            answer = partner.get(real, limited(path, 1))
        assert answer.status_code == 200, real
        counted[real] = len(few)
    for number in range(12):
        other = ShipmentFactory(crisis=world.crisis)
        LegFactory(shipment=other)
        for shipment in (other, world.shipment):
            for source, code in (("wire", "departed"), ("daily", "lost")):
                record_report(day(20), source=source, subject=shipment.reference, code=code, event_id=f"{number}{code}")
        for factory in (OfferFactory, AppealFactory, ContactFactory, InquiryFactory, CrisisFactory):
            announce_subject(factory())
        DocumentFactory(source__code=f"gazette-{number}")
        ShipmentPartyFactory(shipment=world.shipment)
    reconcile()
    relay_outbox()
    for real, (path, _) in zip(addresses, READ, strict=True):
        with CaptureQueriesContext(connection) as many:
            answer = partner.get(real, limited(path, 100))
        assert (answer.status_code, len(many)) == (200, counted[real]), real
    assert max(count for path, count in counted.items() if path.count("/") == 1 and path != "flows/") <= 6


def test_two_worlds_with_and_without_what_is_hidden_answer_in_the_same_bytes(world, partner):
    """Everything that a GREEN partner can read, before and after there is more that it may not."""
    addresses = [*prepared(partner, world), "shipments/SHP-00000000/", "reports/RPT-00000000/", "sources/mole/"]
    asked = [query(path) for path, _ in READ] + [""] * 3
    more = ["", "q=flight", "contested=true", "state=contested", "status=arrived", "known_at=2022-05-18", "limit=1"]
    calls = [*zip(addresses, asked, strict=True), *(("shipments/", each) for each in more)]
    calls += [("reports/", "q=secret"), ("conflicts/", "limit=1"), ("sources/", "limit=1")]
    # Tells of the caller alone, and what is left of its limits, which is less after each request.
    calls.remove(("key/", ""))

    def answers():
        relay_outbox()
        said = {}
        for path, asking in calls:
            answer = partner.get(path, asking)
            body = answer.content
            if answer.status_code >= 400:
                body = json.dumps({name: value for name, value in answer.json().items() if name != "request_id"})
            said[path, asking] = (answer.status_code, body, answer.headers.get("ETag"), answer.headers.get("Link"))
        return said

    other = make_partner()
    mole = SourceFactory(code="mole", protected=True, marking=Marking.AMBER)
    parties = {"donor": world.donor, "recipient": world.recipient}
    before = answers()
    hidden = ShipmentFactory(
        marking=Marking.AMBER,
        title="Secret flight",
        parent=world.shipment,
        crisis=world.crisis,
        recipient=world.recipient,
        destination=world.shipment.destination,
        carrier=world.shipment.carrier,
    )
    ShipmentPartyFactory(shipment=world.shipment, actor=ActorFactory(marking=Marking.AMBER, name="Quiet flight fund"))
    OfferFactory(marking=Marking.RED, crisis=world.crisis, **parties)
    DocumentFactory(marking=Marking.AMBER, title="Secret", source=mole)
    for number, subject in enumerate((world.shipment.reference, hidden.reference, "who knows")):
        for source, code, marking in (("mole", "delivered", "AMBER"), ("wire", "lost", "RED")):
            record_report(
                day(18 + number), source=source, subject=subject, code=code, event_id=f"{code}-{number}",
                marking=marking, quote="secret",
            )  # fmt: skip
    record_report(day(20), source="wire", subject="who knows", code="delivered", event_id="held", quote="secret")
    announce_subject(hidden)
    ReadingGrantFactory(subject=Subject.objects.get(pk=hidden.pk), actor=other.key.actor, marking=Marking.RED)
    reconcile()
    after = answers()
    for call, answer in before.items():
        assert after[call] == answer, call
    assert {status for status, *_ in before.values()} == {200, 404}
    assert all(etag for status, _, etag, _ in before.values() if status == 200)
