"""PATCH: by whom, as long as nobody has taken it over, at the version that was read."""

import pytest

from actors.factories import ActorFactory, ActorNameFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry
from shipments.factories import AttachmentFactory, LegFactory, ShipmentFactory, ShipmentPartyFactory
from shipments.models import Due, LedgerEntry, Leg, Report, Shipment, ShipmentParty
from shipments.services.planning import note_plan_change
from tests.people import code_of, faults_of, make_analyst, make_partner
from tests.shipments.api.conftest import reconcile
from tests.shipments.api.entries import ENTERS, PLURALS

numbers = iter(range(10**6))


def patch(caller, path, body, **headers):
    headers = {"idempotency-key": f"k-{next(numbers)}", **headers}
    return caller.send("PATCH", path, body, **headers)


@pytest.fixture
def shipment(sender, bodies):
    return sender.post("shipments/", bodies["shipment"]).headers["Location"]


def test_only_what_is_sent_changes(sender, shipment):
    analysts = Shipment.objects.get()
    Shipment.objects.filter(pk=analysts.pk).update(title="Mended by an analyst")
    Due.objects.all().delete()
    answer = patch(sender, shipment, {"mode": "sea", "offer": None})
    assert (answer.status_code, answer.json()["result"], answer.json()["version"]) == (200, "revised", 2)
    changed = Shipment.objects.get()
    assert (changed.mode, changed.offer, changed.title) == ("sea", None, "Mended by an analyst")
    assert Due.objects.filter(subject=changed.pk).exists()
    audited = AuditEntry.objects.get(action="revise")
    assert (audited.partner_key, audited.changes["after"]) == (sender.key, {"mode": "sea", "offer": None})
    assert patch(sender, shipment, {"mode": "sea"}).json() == {**answer.json(), "result": "unchanged"}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("appeal", {"asked_for": None, "title": "Other"}),
        ("offer", {"conditions": "To the airport."}),
        ("shipment", {"parties": []}),
        ("actor", {"names": [{"name": "MoPH"}]}),
        ("place", {"name": "Hall 2", "within": None}),
    ],
)
def test_every_kind_can_be_changed(sender, bodies, kind, change):
    location = sender.post(f"{PLURALS[kind]}/", bodies[kind]).headers["Location"]
    answer = patch(sender, location, change)
    assert (answer.status_code, answer.json()["result"]) == (200, "revised"), answer.content
    assert sender.post(f"{PLURALS[kind]}/", bodies[kind]).json()["result"] == "exists"
    assert LedgerEntry.objects.get(kind=kind).version == 2


def test_parties_and_names_that_analysts_added_stay(sender, bodies):
    shipment = sender.post("shipments/", bodies["shipment"]).headers["Location"]
    actor = sender.post("actors/", bodies["actor"]).headers["Location"]
    quiet = ActorFactory(marking=Marking.RED)
    ShipmentPartyFactory(shipment=Shipment.objects.get(), actor=quiet)
    named = ActorNameFactory(actor=Actor.objects.get(name=bodies["actor"]["name"]), name="MOPH").actor
    assert patch(sender, shipment, {"parties": []}).status_code == 200
    assert patch(sender, actor, {"names": [{"name": "MoPH", "language": "en"}]}).status_code == 200
    assert [row.actor for row in ShipmentParty.objects.all()] == [quiet]
    assert set(named.names.values_list("name", flat=True)) == {"MOPH", "MoPH"}


def test_stale_version_is_told_the_present_one_and_nothing_else(sender, shipment):
    assert patch(sender, shipment, {"mode": "sea"}, **{"if-match": '"1"'}).status_code == 200
    answer = patch(sender, shipment, {"mode": "rail"}, **{"if-match": '"1"'})
    assert (answer.status_code, code_of(answer), answer.headers["ETag"]) == (412, "changed_meanwhile", '"2"')
    assert answer.json()["detail"] == "It is at version 2."
    assert "errors" not in answer.json()
    assert Shipment.objects.get().mode == "sea"
    note_plan_change(Shipment.objects.get().subject)
    assert patch(sender, shipment, {"mode": "rail"}, **{"if-match": '"2"'}).headers["ETag"] == '"3"'
    assert patch(sender, shipment, {"mode": "rail"}, **{"if-match": "*"}).status_code == 200


@pytest.mark.parametrize("kind", PLURALS)
def test_the_etag_of_a_detail_is_what_if_match_wants(sender, bodies, kind):
    location = sender.post(f"{PLURALS[kind]}/", bodies[kind]).headers["Location"]
    title = "name" if "name" in bodies[kind] else "title"
    read = sender.get(location).headers["ETag"]
    assert read.startswith('"1-')
    assert sender.get(location, **{"if-none-match": read}).status_code == 304
    changed = patch(sender, location, {title: "Other"}, **{"if-match": read})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert sender.get(location, **{"if-none-match": read}).status_code == 200
    stale = patch(sender, location, {title: "Another"}, **{"if-match": read})
    assert (stale.status_code, code_of(stale)) == (412, "changed_meanwhile")
    # As a proxy that compresses answers passes it on.
    again = {"if-match": f"W/{sender.get(location).headers['ETag']}"}
    assert patch(sender, location, {title: "Another"}, **again).status_code == 200


def test_what_came_to_be_believed_changes_the_etag_and_is_no_change_of_the_entry(sender, shipment):
    read = sender.get(shipment).headers["ETag"]
    said = {"subject": shipment.split("/")[-2], "code": "departed", "asserted_at": "2022-05-16T09:00:00Z"}
    sender.post("reports/", said)
    reconcile()
    assert sender.get(shipment, **{"if-none-match": read}).status_code == 200
    assert patch(sender, shipment, {"mode": "sea"}, **{"if-match": read}).status_code == 200


def test_the_version_is_told_to_whoever_may_change_it_alone(sender, shipment):
    same = make_partner(source=sender.key.source)
    for other in (same, make_partner(scopes=ENTERS), make_analyst()):
        assert "-" not in other.get(shipment).headers["ETag"]
    foreign = same.get(shipment).headers["ETag"]
    assert patch(sender, shipment, {"mode": "sea"}, **{"if-match": foreign}).status_code == 412


@pytest.mark.parametrize("header", ["1", '"x"', '"', '"1", "2"', '"1e3"', '"٣"', '""', '"-1"'])
def test_bad_if_match_is_named(sender, shipment, header):
    answer = patch(sender, shipment, {"mode": "sea"}, **{"if-match": header})
    assert (answer.status_code, faults_of(answer)) == (400, {"If-Match": "invalid_if_match"})


def test_change_needs_an_idempotency_key_and_is_done_once(sender, shipment):
    answer = sender.send("PATCH", shipment, {"mode": "sea"})
    assert (answer.status_code, faults_of(answer)) == (400, {"Idempotency-Key": "idempotency_key_required"})
    headers = {"idempotency-key": "same", "if-match": '"1"'}
    first = patch(sender, shipment, {"mode": "sea"}, **headers)
    again = patch(sender, shipment, {"mode": "sea"}, **headers)
    assert (again.status_code, again.content, again.headers["ETag"]) == (200, first.content, '"2"')
    other = patch(sender, shipment, {"mode": "sea"}, **{**headers, "if-match": '"2"'})
    assert code_of(other) == "idempotency_mismatch"


def test_only_its_sender_changes_it_and_only_until_it_is_confirmed(sender, shipment):
    other = make_partner(scopes=ENTERS)
    assert code_of(patch(other, shipment, {"mode": "sea"})) == "not_yours"
    assert patch(other, shipment, {"mode": "sea"}).status_code == 403
    analysts = f"/api/v1/shipments/{ShipmentFactory().reference}/"
    assert code_of(patch(sender, analysts, {"mode": "sea"})) == "not_yours"
    Shipment.objects.filter(entry__isnull=False).update(provisional=False)
    answer = patch(sender, shipment, {"mode": "sea"})
    assert (answer.status_code, code_of(answer)) == (409, "confirmed")
    other = Shipment.objects.get(entry=None)
    Shipment.objects.filter(entry__isnull=False).update(provisional=True, merged_into=other.pk)
    assert code_of(patch(sender, shipment, {"mode": "sea"})) == "merged"


def test_hidden_and_missing_are_one_answer(sender, shipment):
    hidden = f"/api/v1/shipments/{ShipmentFactory(marking=Marking.AMBER).reference}/"
    answers = [patch(sender, path, {"mode": "sea"}) for path in (hidden, "/api/v1/shipments/SHP-00000000/")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    Shipment.objects.filter(entry__isnull=False).update(marking=Marking.RED)
    assert patch(sender, shipment, {"mode": "sea"}).status_code == 404
    assert patch(sender, f"{shipment}legs/out-1/", {"sequence": 2}).status_code == 404


def test_marking_is_raised_and_not_lowered(sender, bodies):
    location = sender.post("appeals/", bodies["appeal"]).headers["Location"]
    assert patch(sender, location, {"marking": "GREEN"}).status_code == 200
    for marking in ("CLEAR", "AMBER"):
        answer = patch(sender, location, {"marking": marking})
        assert faults_of(answer) == {"/marking": "marking_not_allowed"}


@pytest.mark.parametrize(
    ("body", "status", "faults"),
    [
        ({}, 400, {"": "too_few"}),
        ([], 400, {"": "object_required"}),
        (None, 400, {"": "object_required"}),
        ({"external_id": "S-2"}, 400, {"/external_id": "read_only_field"}),
        ({"legs": []}, 400, {"/legs": "read_only_field"}),
        ({"legs": [], "mode": "rocket"}, 400, {"/legs": "read_only_field", "/mode": "unknown_word"}),
        ({"title": None}, 400, {"/title": "required"}),
        ({"parent": "SHP-00000000"}, 422, {"/parent": "not_found"}),
        ({"bogus": None}, 400, {"/bogus": "unknown_field"}),
        ({"reference": "SHP-00000000"}, 400, {"/reference": "read_only_field"}),
        ({"provisional": False}, 400, {"/provisional": "read_only_field"}),
        ({"offer": "OFR-00000000"}, 422, {"/offer": "not_found"}),
        ({"parent": "lss:S-1"}, 422, {"/parent": "contains_itself"}),
    ],
)
def test_bad_changes_are_named_and_change_nothing(sender, shipment, body, status, faults):
    answer = patch(sender, shipment, body)
    assert (answer.status_code, faults_of(answer)) == (status, faults)
    assert LedgerEntry.objects.get(kind="shipment").version == 1


def test_legs_and_lines_are_added_and_changed_by_their_keys(sender, shipment, bodies):
    leg = {**bodies["shipment"]["legs"][0], "key": "out-2", "sequence": 2}
    report = {"event_id": "e-1", "subject": "lss:S-1", "leg": "out-2", "code": "departed"}
    sender.post("reports/", {**report, "asserted_at": "2022-05-16T11:30:00+09:00"})
    assert Report.objects.held().count() == 1
    answer = sender.post(f"{shipment}legs/", leg)
    assert (answer.status_code, answer.json()["result"], answer.json()["version"]) == (201, "created", 2)
    assert not Report.objects.held().exists()
    assert sender.post(f"{shipment}legs/", leg).json()["result"] == "exists"
    differs = sender.post(f"{shipment}legs/", {**leg, "sequence": 3})
    assert (differs.status_code, faults_of(differs)) == (409, {"/sequence": "differs"})
    changed = patch(sender, f"{shipment}legs/out-2/", {"planned_arrival": "2022-05-17T10:30:00+09:00"})
    assert changed.json()["result"] == "revised"
    assert Leg.objects.get(key="out-2").planned_arrival.day == 17
    early = patch(sender, f"{shipment}legs/out-2/", {"planned_arrival": "2022-05-01T10:30:00+09:00"})
    assert faults_of(early).keys() == {"/planned_departure", "/planned_arrival"}
    assert patch(sender, f"{shipment}legs/out-9/", {"sequence": 2}).status_code == 404
    line = {"key": "kits", "item": "Kits"}
    assert sender.post(f"{shipment}lines/", line).status_code == 201
    assert patch(sender, f"{shipment}lines/kits/", {"lot": "B-1"}).json()["result"] == "revised"
    assert sender.post("shipments/", bodies["shipment"]).json()["result"] == "exists"


def test_a_report_that_was_moved_away_is_not_taken_back_by_a_leg(sender, shipment, bodies):
    report = {"event_id": "e-1", "subject": "lss:S-1", "leg": "out-2", "code": "departed"}
    sender.post("reports/", {**report, "asserted_at": "2022-05-16T11:30:00+09:00"})
    moved = AttachmentFactory(report=Report.objects.get(), subject=ShipmentFactory().subject)
    assert sender.post(f"{shipment}legs/", {**bodies["shipment"]["legs"][0], "key": "out-2"}).status_code == 201
    assert list(Report.objects.get().attachments.all()) == [moved]


def test_lines_of_offers_hold_money(sender, bodies):
    offer = sender.post("offers/", bodies["offer"]).headers["Location"]
    line = {"key": "cash", "item": "Cash", "amount": "100", "currency": "JPY"}
    assert sender.post(f"{offer}lines/", line).status_code == 201
    for change, code in ({"amount": "100.50"}, "too_fine"), ({"currency": None}, "incomplete"):
        answer = patch(sender, f"{offer}lines/cash/", change)
        assert (answer.status_code, faults_of(answer)) == (422, {"/amount": code, "/currency": code})
    assert patch(sender, f"{offer}lines/cash/", {"amount": None, "currency": None}).json()["result"] == "revised"


def test_a_key_that_an_analyst_uses_is_taken(sender, shipment, bodies):
    LegFactory(shipment=Shipment.objects.get(), key="back-1")
    answer = sender.post(f"{shipment}legs/", {**bodies["shipment"]["legs"][0], "key": "back-1"})
    assert faults_of(answer) == {"/key": "key_taken"}
