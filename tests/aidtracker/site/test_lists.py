"""Lists ask the database as often for many rows as for few, and are not upset by anything in their address."""

import re
from datetime import timedelta
from itertools import cycle
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actors.factories import NOON, SourceFactory, UserFactory
from actors.marking import Marking
from actors.models import Source
from aidtracker.site.first_page import first_page, held_reports
from shipments.factories import PictureFactory, ReadingGrantFactory, ReportFactory, ShipmentFactory
from shipments.models import ReadingGrant
from tests.growth.plans import statements
from tests.pages import autocompletes, lists, make_rows, page_of, signed_in

pytestmark = pytest.mark.django_db

JUNK = ["\x00", "'", "(", "a" * 5000, "-1", "9" * 40, "ﷺ", "null", "../../x"]


def count(client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(queries)


def test_a_list_of_many_rows_costs_as_many_queries_as_one_of_few():
    make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    addresses = ["/admin/", *lists()]
    for address in addresses:
        operator.get(address)  # what is cached once is cached now
    few = {address: count(operator, address) for address in addresses}
    for number in range(3):
        make_rows(name=f"More{number}")
    many = {address: count(operator, address) for address in addresses}
    assert {each: (few[each], many[each]) for each in addresses if many[each] > few[each]} == {}
    assert max(many.values()) <= 25


def test_a_subjects_page_costs_as_many_queries_for_many_reports_as_for_few():
    from shipments.factories import ReportFactory

    shipment = make_rows()["shipment"]
    client = signed_in()
    client.get(page_of(shipment))
    few = count(client, page_of(shipment))
    for _ in range(10):
        ReportFactory(subject=shipment)
    assert count(client, page_of(shipment)) <= few


def test_a_long_list_is_counted_no_further_than_it_is_paged(monkeypatch):
    monkeypatch.setattr("actors.admin.paging.MOST", 2)
    monkeypatch.setattr(admin.site._registry[Source], "list_per_page", 1)
    SourceFactory.create_batch(3)
    address = reverse("admin:actors_source_changelist")
    with CaptureQueriesContext(connection) as queries:
        first = signed_in().get(address)
    counts = [each["sql"] for each in queries if "COUNT(*)" in each["sql"] and "actors_source" in each["sql"]]
    assert [sql for sql in counts if "LIMIT 3" not in sql] == []
    assert b"and more: filter or search" in first.content
    assert signed_in().get(f"{address}?p=2").status_code == 200


def test_a_short_list_says_how_long_it_is():
    SourceFactory.create_batch(3)
    said = signed_in().get(reverse("admin:actors_source_changelist")).content
    assert re.search(rb"\b3\s+sources\b", said)
    assert b"and more: filter or search" not in said


def test_select_all_means_as_many_as_the_list_says(monkeypatch):
    for place in ("paging", "looking"):
        monkeypatch.setattr(f"actors.admin.{place}.MOST", 2)
    grants = ReadingGrantFactory.create_batch(3)
    asked = {
        "action": "withdraw",
        "select_across": "1",
        "index": 0,
        "_selected_action": str(grants[0].pk),
        "reason": "x",
    }
    signed_in().post(reverse("admin:shipments_readinggrant_changelist"), asked)
    assert [each.pk for each in ReadingGrant.objects.filter(withdrawn_at=None)] == [grants[0].pk]


def test_what_an_index_finds_is_found_however_old_and_other_words_among_the_newest(monkeypatch):
    for place in ("paging", "looking"):
        monkeypatch.setattr(f"actors.admin.{place}.MOST", 2)
    old, *_ = [
        ReportFactory(
            subject__title=f"Flight {n}", event_id=f"e-{n}", code_said=f"c-{n}", received_at=NOON + timedelta(days=n)
        )
        for n in range(4)
    ]
    client, where = signed_in(), reverse("admin:shipments_report_changelist")
    name = old.reference.encode()

    def finds(question: str) -> bool:
        return name in client.get(f"{where}?{question}").content

    found = (
        f"q={old.reference}",
        f"q={old.source.code}",
        "q=e-0",
        'q="Flight 0"',
        f"source={old.source_id}",
        f"subject={old.subject_id}",
    )
    assert [each for each in found if not finds(each)] == []
    assert not finds("q=c-0")
    assert not finds("polarity__exact=affirm")
    assert b"and more: filter or search" in client.get(f"{where}?polarity__exact=affirm").content
    assert finds(f"q=c-0&received_at_to={NOON:%Y-%m-%d}")
    assert not finds(f"q=c-0&received_at_from={NOON + timedelta(days=1):%Y-%m-%d}")


def test_a_status_a_state_and_what_is_contested_are_found_however_old_where_few_subjects_have_them(monkeypatch):
    for place in ("paging", "looking"):
        monkeypatch.setattr(f"actors.admin.{place}.MOST", 2)
    old, *others = ShipmentFactory.create_batch(5)
    PictureFactory(subject=old, status="lost", state="retracted", contested=True)
    for other in others:
        PictureFactory(subject=other, status="arrived", state="single_source")
    client, where = signed_in(), reverse("admin:shipments_shipment_changelist")

    def shown(question: str) -> set[str]:
        said = client.get(f"{where}?{question}").content.decode()
        return {each.reference for each in (old, *others) if each.reference in said}

    newest = {each.reference for each in others[-2:]}
    found = {old.reference}
    assert {question: shown(question) for question in ("status=lost", "state=retracted", "contested=yes")} == {
        "status=lost": found, "state=retracted": found, "contested=yes": found}  # fmt: skip
    assert shown("status=arrived") == shown("state=single_source") == shown("contested=no") == newest
    assert shown("status=nonsense") == set()


def test_a_picture_above_the_reader_is_no_reason_to_be_listed():
    shipment = ShipmentFactory()
    PictureFactory(subject=shipment, status="arrived", tier=Marking.CLEAR)
    PictureFactory(subject=shipment, status="lost", tier=Marking.RED)
    where = f"{reverse('admin:shipments_shipment_changelist')}?status="
    for clearance, status in ((Marking.AMBER, "arrived"), (Marking.RED, "lost")):
        client = signed_in(clearance=clearance)
        listed = [
            word for word in ("arrived", "lost") if shipment.reference in client.get(where + word).content.decode()
        ]
        assert listed == [status]


def test_a_list_sends_as_many_parameters_however_many_rows_it_looks_through():
    client, where = signed_in(), f"{reverse('admin:shipments_readinggrant_changelist')}?q=nowhere"

    def sent() -> int:
        with statements() as found:
            client.get(where)
        return sum(len(params) for _, params in found)

    ReadingGrantFactory()
    few = sent()
    ReadingGrantFactory.create_batch(20)
    assert sent() == few


def test_a_list_of_what_is_held_looks_for_it_once():
    held = ReportFactory(subject=None, subject_said="name:unheard-of")
    with statements() as found:
        answer = signed_in().get(f"{reverse('admin:shipments_report_changelist')}?held=yes")
    assert held.reference.encode() in answer.content
    # Once more for their number beside the navigation.
    assert sum("code_is_known" in sql and "UNION" in sql for sql, _ in found) == 2


def test_the_count_of_held_reports_beside_the_navigation_stops_at_a_hundred(monkeypatch):
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(clearance=Marking.AMBER)
    ReportFactory.create_batch(2, subject=None, subject_said="name:unheard-of")
    assert held_reports(request) == "2"
    monkeypatch.setattr("aidtracker.site.first_page.MOST_COUNTED", 1)
    assert held_reports(request) == "1+"


def test_a_report_that_is_held_in_two_ways_is_counted_and_shown_once():
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(clearance=Marking.AMBER)
    shipment = ShipmentFactory()
    twice = ReportFactory(subject=shipment, leg_said="second", line_said="tents")
    unknown = ReportFactory(subject=shipment, code_scheme="wfp", code_said="ZZ", code_is_known=False, milestone="")
    ReportFactory(subject=shipment)
    assert held_reports(request) == "2"
    assert {each["report"] for each in first_page(request)["held"]} == {twice, unknown}


def test_the_first_page_begins_with_the_newest_contested_subject():
    older, newer = (ShipmentFactory(title=title) for title in ("Aardvark", "Zebra"))
    for shipment in (older, newer):
        PictureFactory(subject=shipment, contested=True)
    said = signed_in().get("/admin/").content
    assert 0 < said.index(b"Zebra") < said.index(b"Aardvark")


def askable(pages, request) -> list[str]:
    """What a list understands, and one thing that it does not."""
    return sorted({"q", "o", "p", "_to_field", "nonsense", *pages._lookups(request)})


def test_junk_in_an_address_is_never_our_fault():
    rows = make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    junk_for = cycle(JUNK)
    for model, pages in admin.site._registry.items():
        where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for parameter in askable(pages, RequestFactory().get("/")):
            said = quote(next(junk_for))
            answer = operator.get(f"{where}?{parameter}={said}")
            assert answer.status_code in (200, 302, 400), (where, parameter, said, answer.status_code)
        for view in ("change", "decide"):
            said = quote(next(junk_for))
            answer = operator.get(f"{where}{said}/{view}/")
            assert answer.status_code in (302, 400, 403, 404), (where, view, said, answer.status_code)
    for address in autocompletes(""):
        said = quote(next(junk_for))
        answer = operator.get(f"{address}{said}&page={said}")
        assert answer.status_code in (200, 400, 403, 404), (address, said)
    for said in map(quote, JUNK):
        assert operator.get(f"{page_of(rows['shipment'])}?known_at={said}").status_code in (200, 400)


@pytest.mark.parametrize("junk", ["\x00", "abc", "9" * 40, ""])
def test_junk_in_an_action_is_never_our_fault(junk):
    make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    acting = [
        ("actors/partnerkey", "revoke"),
        ("shipments/readinggrant", "withdraw"),
        ("shipments/due", "try_again"),
        ("shipments/subscription", "disable"),
        ("shipments/delivery", "send_again"),
    ]
    for name, own in acting:
        where = f"/admin/{name}/"
        for action in ("delete_selected", own, junk):
            answer = operator.post(where, {"action": action, "_selected_action": junk, "index": 0})
            assert answer.status_code in (200, 302, 400, 403), (where, action, answer.status_code)


def test_an_operator_opens_the_page_of_a_person():
    person = UserFactory()
    assert signed_in(operator=True).get(page_of(person)).status_code == 200
