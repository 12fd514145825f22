"""Merging from a list: chosen there, named and explained on a page, refused in words, within one's clearance."""

import re

import pytest

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry
from shipments.factories import OfferFactory, PlaceFactory, ShipmentFactory
from shipments.models import Contact, Offer, Place, Subject
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


def rows_of(kind):
    factory = {"shipment": ShipmentFactory, "offer": OfferFactory, "actor": ActorFactory, "place": PlaceFactory}[kind]
    codes = ({"code": "PLC-1"}, {"code": "PLC-2"}) if kind == "place" else ({}, {})
    return factory(provisional=True, **codes[0]), factory(**codes[1])


@pytest.mark.parametrize(
    ("app", "kind", "model"),
    [
        ("shipments", "shipment", Subject),
        ("shipments", "offer", Subject),
        ("actors", "actor", Actor),
        ("shipments", "place", Place),
    ],
)
def test_chosen_rows_are_merged_and_parted_again(app, kind, model):
    row, into = rows_of(kind)
    client, changelist = signed_in(), f"/admin/{app}/{kind}/"
    chosen = client.post(changelist, {"action": "merge_chosen", "_selected_action": [str(row.pk)]})
    page = chosen.headers["Location"]
    asked = client.get(page).content.decode()
    assert "can be undone" in asked
    assert f"Its {'code' if kind == 'place' else 'reference'}, which the list shows." in asked
    name = into.code if kind == "place" else into.reference.lower()
    answer = client.post(page, {"into": name, "reason": "One thing, told twice."})
    assert answer.headers["Location"] == changelist
    assert model.objects.get(pk=row.pk).merged_into_id == into.pk
    chosen = client.post(changelist, {"action": "undo_merge", "_selected_action": [str(row.pk)]})
    assert client.post(chosen.headers["Location"], {"reason": "Two things."}).status_code == 302
    assert model.objects.get(pk=row.pk).merged_into_id is None
    assert {entry.reason for entry in AuditEntry.objects.all()} >= {"One thing, told twice.", "Two things."}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"into": "SHP-00000000", "reason": "x"}, "none of that reference"),
        ({"into": "hidden", "reason": "x"}, "none of that reference"),
        ({"into": "self", "reason": "x"}, "into itself"),
        ({"into": "good", "reason": " "}, "required"),
    ],
)
def test_what_cannot_be_merged_is_told_and_changes_nothing(said, told):
    row, into = rows_of("shipment")
    hidden = ShipmentFactory(marking=Marking.RED)
    names = {"hidden": hidden.reference, "self": row.reference, "good": into.reference}
    said = {**said, "into": names.get(said["into"], said["into"])}
    answer = signed_in().post(f"/admin/shipments/shipment/merge/?row={row.pk}", said)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Subject.objects.exclude(merged_into=None).exists()


def test_rows_that_are_hidden_or_no_rows_are_one_answer():
    hidden = ShipmentFactory(provisional=True, marking=Marking.RED)
    client = signed_in()
    for row in (hidden.pk, "01a20e35-29af-7072-92bb-fac916227970", "x", ""):
        for page in ("merge", "unmerge"):
            assert client.get(f"/admin/shipments/shipment/{page}/?row={row}").status_code == 403


def entered(kind, **said):
    rows = {f"{name}-{count}": 0 for name in ("lines", "identifiers") for count in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return signed_in().post(f"/admin/shipments/{kind}/add/", {"title": "New", "marking": 0, **rows, **said})


def test_whoever_names_what_was_merged_names_what_it_is_now():
    last, recipient = ActorFactory(), ActorFactory()
    between = ActorFactory(merged_into=last)
    first = ActorFactory(merged_into=between)
    assert entered("offer", form="money", donor=first.pk, recipient=recipient.pk).status_code == 302
    assert Offer.objects.get().donor == last
    named = [first.pk, last.pk, recipient.pk]
    assert entered("contact", form="call", participants=named).status_code == 302
    assert set(Contact.objects.get().participants.all()) == {last, recipient}


def test_what_was_merged_into_what_is_hidden_is_refused_beside_its_field():
    hidden = ActorFactory(name="Canary", marking=Marking.RED)
    answer = entered("offer", form="money", donor=ActorFactory(merged_into=hidden).pk, recipient=ActorFactory().pk)
    assert "It was merged into another that you may not name." in answer.text
    assert "Canary" not in answer.text
    assert not Offer.objects.exists()


def test_lists_mark_what_was_merged():
    place = PlaceFactory(name="Sunan", code="SUN-1", merged_into=PlaceFactory(code="SUN-2"))
    actor = ActorFactory(name="Koryo", merged_into=ActorFactory())
    shipment = ShipmentFactory(title="Flights of May", merged_into=ShipmentFactory().subject)
    for row, name in ((place, "Sunan"), (actor, "Koryo"), (shipment, "Flights of May")):
        where = page_of(row).replace(f"{row.pk}/change/", f"?q={name}")
        assert len(re.findall(r">\s*merged\s*<", signed_in().get(where).text)) == 1
