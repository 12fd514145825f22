"""Every list: put in order, cut to some fields, paged; and never at a cost that grows with the rows."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    CrisisFactory,
    DocumentFactory,
    InquiryFactory,
    LegFactory,
    OfferFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
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
        ("reference,title", 2),
        ("reference,identifiers", 3),
        ("reference,legs,parties", 4),
        ("picture.status.value", 4),
        ("picture", 5),
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
    assert max(count for path, count in counted.items() if path.count("/") == 1 and path != "flows/") <= 7


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


def test_a_list_by_what_is_believed_looks_up_no_subject_twice(many, partner):
    for asked in ("status=arrived", "contested=true", "since=2022-05-01", "known_at=2022-06-01"):
        with CaptureQueriesContext(connection) as found:
            assert partner.get(f"shipments/?{asked}").status_code == 200
        (keys,) = (each["sql"] for each in found if "ORDER BY 1 DESC" in str(each["sql"]))
        # Of its own table or joined to its shipment, and not asked for again beside its picture.
        assert '"shipments_picture"' in keys
        assert sum(f'{word} "shipments_subject"' in keys for word in ("FROM", "JOIN")) == 1, asked


def test_what_was_merged_into_a_subject_is_found_among_what_was_merged(many):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT reference FROM shipments_subject WHERE merged_into_id = gen_random_uuid()")
        assert "subject_by_merged_into" in str(cursor.fetchall())
