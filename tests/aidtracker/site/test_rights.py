"""Nobody learns from any page of the admin of what they may not see: not its text, its number or its being there."""

import re
from collections.abc import Iterable
from difflib import unified_diff
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.test import Client

from actors.factories import ActorFactory, UserFactory
from actors.marking import Marking
from actors.models import Actor
from shipments.factories import InquiryFactory, ReadingGrantFactory
from shipments.models import ReadingGrant
from tests.pages import autocompletes, body_of, lists, make_rows, page_of, pages_about, signed_in

pytestmark = pytest.mark.django_db

CANARY = "Canary"


def everything(words: str) -> list[str]:
    """Every page that names no row."""
    wheres = lists()
    return [
        "/admin/",
        *wheres,
        *(f"{where}?q={words}" for where in wheres),
        *(f"{where}add/" for where in wheres),
        "/admin/shipments/shipment/?state=single_source&contested=yes&status=departed",
        "/admin/shipments/report/?held=yes",
        *autocompletes(""),
        *autocompletes(words),
    ]


def answers(client: Client, addresses: list[str]) -> dict[str, tuple[int, str, bytes]]:
    found = {}
    for address in addresses:
        answer = client.get(address)
        found[address] = (answer.status_code, answer.headers.get("Location", ""), body_of(answer))
    return found


def told(before: bytes, after: bytes) -> list[str]:
    """The first lines in which two answers differ."""
    lines = [body.decode().splitlines() for body in (before, after)]
    return [line for line in unified_diff(*lines, lineterm="", n=0) if line.strip("+- ")][:8]


def test_a_world_with_hidden_rows_looks_like_one_without():
    analyst = UserFactory()
    open_rows = make_rows(by=analyst)
    client = signed_in(clearance=Marking.GREEN)
    addresses = everything(CANARY) + [page_of(row) for name, row in open_rows.items() if name not in ("identifier",)]
    before = answers(client, addresses)

    make_rows(marking=Marking.AMBER, name=CANARY, by=analyst)
    after = answers(client, addresses)

    assert {status for status, _, _ in before.values()} <= {200, 302, 403}
    assert {
        address: told(before[address], after[address]) for address in addresses if before[address] != after[address]
    } == {}


def test_a_hidden_row_is_answered_like_one_that_never_was():
    hidden = make_rows(marking=Marking.AMBER, name=CANARY)
    # Two browsers of one person, since each is told on its next page of what it did not find.
    person = UserFactory(clearance=Marking.CLEAR)
    client, other = signed_in(person=person), signed_in(person=person)
    for name, row in hidden.items():
        if name == "identifier":
            continue
        missing = uuid4() if not isinstance(row.pk, int) else 987_654_321
        for address in [*pages_about(row), "/admin/"]:
            there = client.get(address)
            nowhere = other.get(address.replace(str(row.pk), str(missing)))
            assert there.status_code == nowhere.status_code, address
            assert CANARY.encode() not in there.content, address
            # Both keys from both pages: "/80" is in a style's name, too, and may be a key by chance.
            keys = (row.pk, missing)
            seen, unseen = without_keys(body_of(there), keys), without_keys(body_of(nowhere), keys)
            assert not told(seen, unseen), (address, name, told(seen, unseen))


def without_keys(body: bytes, keys: Iterable[object]) -> bytes:
    """A page without the keys asked for; a number is one only where it is quoted or a part of an address."""
    said = body.decode()
    for key in keys:
        if isinstance(key, UUID):
            said = said.replace(str(key), "")
        else:
            said = re.sub(rf"(?<=[“/]){key}(?=[”/&\"])", "", said)
    return said.encode()


def test_whoever_is_cleared_sees_them_in_the_same_places():
    """The other tests would pass in an empty admin; this one would not."""
    make_rows(marking=Marking.AMBER, name=CANARY)
    operator = signed_in(clearance=Marking.RED, operator=True)
    seen = [where for where in lists() if CANARY.lower().encode() in operator.get(where).content.lower()]
    silent = {"attribute", "containment", "place", "policyversion", "codemapping", "user"}
    assert {where.split("/")[3] for where in lists()} - {where.split("/")[3] for where in seen} <= silent


def test_a_hidden_row_is_no_valid_choice():
    hidden = make_rows(marking=Marking.AMBER, name=CANARY)
    client = signed_in(clearance=Marking.CLEAR)
    answers = [
        client.post(
            "/admin/shipments/attachment/add/",
            {"report": hidden["held"].pk, "subject": hidden["shipment"].pk, "reason": "x"},
        ),
        client.post(
            "/admin/shipments/appeal/add/",
            {"title": "x", "requester": hidden["actor"].pk, "marking": 0, "crisis": hidden["crisis"].pk},
        ),
        client.post("/admin/actors/sourceinterest/add/", {"source": hidden["source"].pk, "actor": hidden["actor"].pk}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert b"not one of the available choices" in answer.content
        assert CANARY.encode() not in answer.content


def test_a_grant_opens_one_subject_to_read_and_not_to_write():
    hidden = make_rows(marking=Marking.AMBER, name=CANARY)
    client = signed_in(clearance=Marking.CLEAR)
    page = page_of(hidden["shipment"])
    assert client.get(page).status_code == 302
    reader = client.session["_auth_user_id"]
    grant = ReadingGrantFactory(subject=hidden["shipment"], actor=None, user_id=reader, marking=Marking.AMBER)
    assert CANARY.encode() in client.get(page).content
    assert client.post(page, {"title": "Taken over"}).status_code == 403
    assert client.get(page.replace("/change/", "/decide/")).status_code == 403
    ReadingGrant.objects.filter(pk=grant.pk).update(withdrawn_at="2026-05-21T00:00Z")
    assert client.get(page).status_code == 302


def test_saving_a_page_does_not_empty_a_key_whose_row_is_hidden():
    hidden = make_rows(marking=Marking.AMBER, name=CANARY)
    shown = make_rows()["shipment"]
    type(shown).objects.filter(pk=shown.pk).update(carrier=hidden["actor"], crisis=hidden["crisis"])
    client = signed_in(clearance=Marking.CLEAR)
    form = {"title": "Renamed", "marking": 0, "mode": "air", "recipient": shown.recipient_id}
    for prefix in ("party_rows", "legs", "lines", "identifiers", "grants"):
        form |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    answer = client.post(page_of(shown), form)
    assert answer.status_code == 302
    shown.refresh_from_db()
    assert (shown.title, shown.carrier, shown.crisis_id) == ("Renamed", hidden["actor"], hidden["crisis"].pk)


@pytest.mark.parametrize(
    "lookup", ["carrier__name__startswith=C", "reference__startswith=S", "version__gte=1", "title__regex=(", "id__in=1"]
)
def test_a_lookup_that_no_filter_offers_is_refused(lookup):
    assert signed_in().get(f"/admin/shipments/shipment/?{lookup}").status_code == 400


def test_an_order_by_hidden_names_is_not_to_be_had():
    hidden = [ActorFactory(name=name, marking=Marking.AMBER) for name in ("Canary A", "Canary B")]
    client, where = signed_in(clearance=Marking.CLEAR), "/admin/shipments/inquiry/"

    def told() -> list[list[str]]:
        inquiries = [InquiryFactory(asked_by=each) for each in hidden]
        orders = []
        for column in range(1, 6):
            page = client.get(f"{where}?o={column}").text
            orders.append(sorted(range(2), key=lambda number: page.index(inquiries[number].reference)))
        for each in inquiries:
            each.delete()
        return orders

    before = told()
    Actor.objects.filter(pk=hidden[0].pk).update(name="Canary C")
    assert told() == before


def test_nobody_marks_beyond_their_own_clearance():
    shown = make_rows()["appeal"]
    client = signed_in(clearance=Marking.GREEN)
    form = {"title": "x", "requester": shown.requester_id, "marking": int(Marking.RED)}
    assert b"not one of the available choices" in client.post("/admin/shipments/appeal/add/", form).content


def test_analysts_manage_neither_people_nor_keys():
    client = signed_in(clearance=Marking.RED)
    for where in ("/admin/actors/user/", "/admin/actors/user/add/", "/admin/actors/partnerkey/add/"):
        assert client.get(where).status_code == 403


def test_a_stranger_is_asked_to_sign_in():
    for where in ["/admin/", *lists()]:
        assert Client().get(where).status_code == 302


def test_every_model_has_a_page_and_says_who_may_see_it():
    registered = {model.__name__ for model in admin.site._registry}
    shown_on_their_parents_page = {"ActorName", "ActorIdentifier", "SubjectIdentifier", "DeliveryAttempt"}
    never_shown = {"SubscriptionSecret"}
    from django.apps import apps

    ours = {model.__name__ for label in ("actors", "shipments") for model in apps.get_app_config(label).get_models()}
    kept_for_an_hour_and_about_nobody = {"AccessToken", "RequestCount"}
    sums_of_what_is_shown = {"FlowDue", "FlowShare", "FlowTotal"}
    without = shown_on_their_parents_page | never_shown | kept_for_an_hour_and_about_nobody | sums_of_what_is_shown
    assert ours - registered == without
