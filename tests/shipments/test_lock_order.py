"""Whoever changes a subject and whoever folds it take their locks in one order: none waits for the other in a circle.

The row of the subject, then what hangs on it: its entry and its row in the queue. Whoever only points at the subject
has the database look for it as they commit, last of all: that must not wait for who is changing it.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.services.containing import lock_containers
from shipments.admin import subjects as pages
from shipments.factories import PlaceFactory, ReportFactory, ShipmentFactory
from shipments.models import Attachment, Due, LedgerEntry, Place, Shipment
from shipments.services import deciding, reconciling, revising
from shipments.services.curating import attach_report, rate_source
from shipments.services.merging import merge
from shipments.services.naming import lock_names
from shipments.services.planning import note_plan_change
from shipments.services.queue import claim, mark_due_now
from tests.pages import page_of, plain_files, seen_on, signed_in  # noqa: F401
from tests.people import make_partner
from tests.shipments.api.entries import ENTERS, good_entries
from tests.threads import all_at_once, until_somebody_waits

PARTS = ["party_rows", "legs", "lines", "identifiers", "grants"]


@pytest.fixture
def sender(committed_db):
    return make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))


@pytest.fixture
def entered(sender):
    """Where a shipment is that a partner entered and may still change."""
    return sender.post("shipments/", good_entries()["shipment"]).headers["Location"]


@pytest.fixture
def met(monkeypatch):
    """``meet(where)`` has whoever notes a change of plan in the module ``where`` go on once somebody waits for them."""
    arrived = threading.Event()

    def meet(where, kind="transactionid"):
        def notes(subject):
            arrived.set()
            until_somebody_waits(kind)
            note_plan_change(subject)

        monkeypatch.setattr(where, "note_plan_change", notes)
        return arrived

    return meet


def test_an_analyst_and_a_patch(sender, entered, met):
    analyst, shipment, answers = signed_in(), Shipment.objects.get(), {}
    said = {"title": "As an analyst knows it", "provisional": "on", "mode": shipment.mode}
    said |= {"marking": shipment.marking, "recipient": shipment.recipient_id}
    said |= {f"{part}-{count}": "0" for part in PARTS for count in ("TOTAL_FORMS", "INITIAL_FORMS")}
    saving = met(pages)

    def patch():
        saving.wait(timeout=30)
        answers["patch"] = sender.send("PATCH", entered, {"mode": "sea"}, **{"idempotency-key": "by-sea"})

    def save():
        answers["page"] = analyst.post(page_of(shipment), said)

    all_at_once(save, patch)
    assert {name: answer.status_code for name, answer in answers.items()} == {"page": 302, "patch": 200}
    shipment.refresh_from_db()
    assert (shipment.title, shipment.mode) == ("As an analyst knows it", "sea")
    assert LedgerEntry.objects.get().version == 3


@pytest.mark.parametrize("said", ["a field", "another whole", "a leg"])
def test_who_may_not_change_it_waits_for_nobody_who_does(entered, said):
    stranger = make_partner(scopes=ENTERS, source=SourceFactory(code="other", actor=ActorFactory()))
    shipment, keyed = Shipment.objects.get(), {"idempotency-key": "not-mine"}

    def change():
        try:
            if said == "a leg":
                return stranger.post(f"{entered}legs/", good_entries()["shipment"]["legs"][0], **keyed)
            changed = {"parent": shipment.reference} if said == "another whole" else {"mode": "sea"}
            return stranger.send("PATCH", entered, changed, **keyed)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as others, transaction.atomic():
        lock_containers("shipment")
        lock_names([shipment.reference], entering=True)
        Shipment.objects.select_for_update().get()
        answer = others.submit(change).result(timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")


def test_the_second_of_two_analysts_who_save_at_once_is_told_what_the_first_changed(entered, met):
    analysts, shipment, answers = [signed_in(), signed_in()], Shipment.objects.get(), {}
    saving = met(pages)
    said = {"provisional": "on", "marking": shipment.marking, "recipient": shipment.recipient_id}
    said |= {"offer": shipment.offer_id, "destination": shipment.destination_id}
    said |= {f"{part}-{count}": "0" for part in PARTS for count in ("TOTAL_FORMS", "INITIAL_FORMS")}
    said |= {"seen": seen_on(analysts[0].get(page_of(shipment)))}

    def first():
        answers["first"] = analysts[0].post(page_of(shipment), {**said, "title": "Mended", "mode": shipment.mode})

    def second():
        saving.wait(timeout=30)
        answers["second"] = analysts[1].post(page_of(shipment), {**said, "title": shipment.title, "mode": "sea"})

    all_at_once(first, second)
    assert {name: answer.status_code for name, answer in answers.items()} == {"first": 302, "second": 200}
    assert "title (now Mended)" in answers["second"].content.decode()
    assert Shipment.objects.get().title == "Mended"


def test_a_patch_and_a_worker(sender, entered, met):
    mark_due_now([Shipment.objects.get().pk])
    claims, answers = claim(limit=10), []
    changing = met(revising)

    def fold():
        changing.wait(timeout=30)
        reconciling.reconcile(claims)

    def patch():
        answers.append(sender.send("PATCH", entered, {"title": "Changed"}, **{"idempotency-key": "changed"}))

    all_at_once(patch, fold)
    assert [answer.status_code for answer in answers] == [200]
    # What changed meanwhile is folded once more.
    assert Due.objects.get().claim_token is None


@pytest.mark.parametrize("change", ["patch", "merge"])
def test_whoever_attaches_a_report_and_whoever_changes_what_it_is_about(sender, entered, change):
    shipment, analyst, attached = Shipment.objects.get(), UserFactory(), threading.Event()
    known = ShipmentFactory(recipient=shipment.recipient, offer=shipment.offer)
    held = ReportFactory(subject=None)

    def attach():
        with transaction.atomic():
            attach_report(held, shipment, reason="Their number.", by=analyst)
            attached.set()
            until_somebody_waits()

    def patch():
        answer = sender.send("PATCH", entered, {"title": "Changed"}, **{"idempotency-key": "changed"})
        assert answer.status_code == 200

    def change_it():
        attached.wait(timeout=30)
        patch() if change == "patch" else merge(shipment, known, reason="One flight.", by=analyst)

    all_at_once(attach, change_it)
    assert Attachment.objects.filter(subject=shipment, report=held).exists()
    shipment.refresh_from_db()
    assert (shipment.title == "Changed") is (change == "patch")
    assert (shipment.merged_into_id == known.pk) is (change == "merge")


def test_a_patch_and_a_merge_of_a_place_that_it_is_sent_from(sender, entered, met):
    place, answers, changing = Place.objects.get(code="CNSHE"), [], met(revising, "advisory")
    Place.objects.filter(pk=place.pk).update(provisional=True)
    known, analyst = PlaceFactory(), UserFactory()

    def patch():
        answers.append(sender.send("PATCH", entered, {"title": "Changed"}, **{"idempotency-key": "changed"}))

    def join():
        changing.wait(timeout=30)
        merge(place, known, reason="One harbour.", by=analyst)

    all_at_once(patch, join)
    assert [answer.status_code for answer in answers] == [200]
    assert Place.objects.get(pk=place.pk).merged_into_id == known.pk
    # Told to its sender: changed once by themselves, once by the merge.
    assert LedgerEntry.objects.get().version == 3


@pytest.mark.usefixtures("committed_db")
def test_whoever_moves_a_report_and_whoever_grades_its_source(monkeypatch):
    source, analyst, recorded = SourceFactory(), UserFactory(), threading.Event()
    to, said_of = sorted([ShipmentFactory(), ShipmentFactory()], key=lambda each: each.pk)
    report, _ = (ReportFactory(source=source, subject=each) for each in (said_of, to))
    record = deciding.record

    def records(*drafts, **how):
        outcomes = record(*drafts, **how)
        recorded.set()
        until_somebody_waits()
        return outcomes

    monkeypatch.setattr(deciding, "record", records)

    def move():
        said = {"reason": "Another flight.", "reports": [report], "to_subject": to}
        deciding.decide(said_of, author=analyst, kind="two_events", **said)

    def grade():
        recorded.wait(timeout=30)
        rate_source(source, grade="B", reason="Seldom wrong.", by=analyst)

    all_at_once(move, grade)
    assert Attachment.objects.get(report=report).subject_id == to.pk
    assert {due.subject_id: due.generation for due in Due.objects.all()} == {to.pk: 2, said_of.pk: 3}
