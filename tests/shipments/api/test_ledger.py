"""POST and PATCH of the ledger: one row for each name, what may be said of it, and who may change it."""

import pytest

from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry
from shipments.factories import AppealFactory, OfferFactory, ShipmentFactory
from shipments.models import Appeal, Due, LedgerEntry, Leg, Line, Offer, OfferLine, Place, Report, Shipment
from tests.people import ALL_SCOPES, code_of, faults_of, make_partner
from tests.shipments.api.entries import ENTERS, PLURALS

KINDS = {"appeal": Appeal, "offer": Offer, "shipment": Shipment, "actor": Actor, "place": Place}


def rows() -> list[int]:
    return [model.objects.count() for model in (*KINDS.values(), Leg, Line, OfferLine, LedgerEntry, AuditEntry)]


@pytest.mark.parametrize("kind", KINDS)
def test_entered_once_and_provisional(sender, bodies, kind):
    answer = sender.post(f"{PLURALS[kind]}/", bodies[kind])
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said == {**said, "result": "created", "external_id": bodies[kind]["external_id"], "version": 1}
    assert answer.headers["ETag"] == '"1"'
    shown = sender.get(answer.headers["Location"]).json()
    assert said["reference"] in (shown.get("reference"), shown.get("code"))
    entry = LedgerEntry.objects.get()
    row = entry.place or entry.actor or entry.subject
    assert row.provisional is True
    (audited,) = AuditEntry.objects.filter(action="enter")
    assert (audited.partner_key, audited.object_reference) == (sender.key, said["reference"])


@pytest.mark.parametrize("kind", KINDS)
def test_same_again_is_the_same_entry_for_good(sender, bodies, kind):
    first = sender.post(f"{PLURALS[kind]}/", bodies[kind]).json()
    before = rows()
    again = sender.post(f"{PLURALS[kind]}/", bodies[kind])
    assert (again.status_code, again.json()) == (200, {**first, "result": "exists"})
    assert rows() == before
    title = "name" if "name" in bodies[kind] else "title"
    other = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], title: "Something else"})
    assert (other.status_code, code_of(other)) == (409, "already_entered")
    assert faults_of(other) == {f"/{title}": "differs"}
    assert rows() == before


@pytest.mark.parametrize("kind", ["appeal", "actor"])
def test_what_became_of_an_entry_that_was_hidden_is_not_told(sender, bodies, kind):
    first = sender.post(f"{PLURALS[kind]}/", bodies[kind]).json()
    KINDS[kind].objects.filter(reference=first["reference"]).update(marking=Marking.RED)
    LedgerEntry.objects.update(version=7)
    again = sender.post(f"{PLURALS[kind]}/", bodies[kind])
    assert (again.status_code, again.json()) == (200, {**first, "result": "exists", "version": None})
    assert "ETag" not in again.headers


def test_what_became_of_an_entry_that_was_merged_into_what_is_hidden_is_not_told(sender, bodies):
    sender.post("appeals/", bodies["appeal"])
    Appeal.objects.filter(entry__isnull=False).update(merged_into=AppealFactory(marking=Marking.RED))
    assert sender.post("appeals/", bodies["appeal"]).json()["version"] is None


def test_whole_shipment_is_kept_as_it_was_said(sender, bodies):
    location = sender.post("shipments/", bodies["shipment"]).headers["Location"]
    shown = sender.get(location).json()
    assert (shown["title"], shown["mode"], shown["provisional"]) == ("Flight JS152", "air", True)
    assert shown["offer"] == bodies["shipment"]["offer"]
    assert shown["legs"][0]["origin"]["code"] == "CNSHE"
    assert shown["lines"][0]["quantity"]["high"] == "9.5"
    assert shown["parties"][0]["actor"]["reference"] == bodies["shipment"]["parties"][0]["actor"]


def test_names_of_ones_own_lead_to_what_was_entered(sender, bodies):
    sender.post("actors/", bodies["actor"])
    place = sender.post("places/", bodies["place"]).json()["reference"]
    body = {**bodies["shipment"], "recipient": "lss:moh", "destination": "lss:wh"}
    answer = sender.post("shipments/", body)
    assert answer.status_code == 201, answer.content
    shipment = Shipment.objects.get(reference=answer.json()["reference"])
    assert (shipment.recipient.name, shipment.destination.code) == ("Ministry of Public Health", place)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("appeal", "requester"),
        ("appeal", "crisis"),
        ("offer", "answers"),
        ("offer", "donor"),
        ("shipment", "offer"),
        ("shipment", "parent"),
        ("shipment", "destination"),
        ("actor", "parent"),
        ("place", "within"),
    ],
)
def test_hidden_is_answered_as_missing_is(sender, bodies, kind, field):
    hidden = {
        "requester": ActorFactory,
        "donor": ActorFactory,
        "answers": AppealFactory,
        "offer": OfferFactory,
        "crisis": AppealFactory,
    }
    kinds = {("shipment", "parent"): ShipmentFactory, ("actor", "parent"): ActorFactory}
    factory = kinds.get((kind, field)) or hidden.get(field)
    name = factory(marking=Marking.AMBER).reference if factory else "nowhere"
    before = rows()
    answers = []
    for said in (name, "XXX-00000000"):
        answer = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], field: said})
        assert answer.status_code == 422
        assert faults_of(answer) == {f"/{field}": "not_found"}
        answers.append({k: v for k, v in answer.json().items() if k != "request_id"})
    assert answers[0] == answers[1]
    assert rows() == before


def test_anothers_names_are_not_ones_own(sender, bodies):
    other = make_partner(scopes=ENTERS, source=SourceFactory(code="other", actor=ActorFactory()))
    other.post("actors/", bodies["actor"])
    answer = sender.post("appeals/", {**bodies["appeal"], "requester": "other:moh"})
    assert faults_of(answer) == {"/requester": "not_found"}
    assert sender.post("actors/", bodies["actor"]).json()["result"] == "created"


@pytest.mark.parametrize("marking", ["AMBER", "AMBER+STRICT", "RED"])
def test_nobody_marks_beyond_what_they_read(sender, bodies, marking):
    before = rows()
    for kind in ("appeal", "offer", "shipment", "actor"):
        answer = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], "marking": marking})
        assert (answer.status_code, faults_of(answer)) == (422, {"/marking": "marking_not_allowed"})
    assert rows() == before


def test_place_that_is_not_on_earth_is_told_how_far_degrees_go(sender, bodies):
    answer = sender.post("places/", {**bodies["place"], "latitude": 91})
    assert answer.json()["detail"] == "From -90 to 90 degrees."
    assert faults_of(answer) == {"/latitude": "out_of_range"}


@pytest.mark.parametrize(
    ("kind", "change", "faults"),
    [
        ("appeal", lambda b: {"addressee": b["requester"]}, {"/requester", "/addressee"}),
        ("offer", lambda b: {"recipient": b["donor"]}, {"/donor", "/recipient"}),
        (
            "shipment",
            lambda b: {"legs": [{**b["legs"][0], "planned_arrival": "2022-05-15T10:30:00Z"}]},
            {"/legs/0/planned_departure", "/legs/0/planned_arrival"},
        ),
        (
            "shipment",
            lambda b: {"legs": [{**b["legs"][0], "origin": b["legs"][0]["destination"]}]},
            {"/legs/0/origin", "/legs/0/destination"},
        ),
        (
            "shipment",
            lambda b: {"lines": [{**b["lines"][0], "quantity": {"low": "9", "high": "8", "unit": "TNE"}}]},
            {"/lines/0/quantity/low", "/lines/0/quantity/high"},
        ),
        ("shipment", lambda b: {"lines": [b["lines"][0], b["lines"][0]]}, {"/lines"}),
        ("place", lambda b: {"longitude": None}, {"/latitude", "/longitude"}),
    ],
)
def test_fields_that_do_not_go_together_are_both_named(sender, bodies, kind, change, faults):
    before = rows()
    answer = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], **change(bodies[kind])})
    assert answer.status_code == 422, answer.content
    assert faults_of(answer).keys() == faults
    assert rows() == before


def test_both_sides_may_not_be_one_by_two_names(sender, bodies):
    moh = sender.post("actors/", bodies["actor"]).json()["reference"]
    answer = sender.post("appeals/", {**bodies["appeal"], "requester": "lss:moh", "addressee": moh})
    assert faults_of(answer) == {"/requester": "same_on_both_sides", "/addressee": "same_on_both_sides"}


def test_scope_and_source_are_needed(bodies, analyst, stranger):
    answer = make_partner(scopes=["read", "reports:write"]).post("appeals/", bodies["appeal"])
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    assert "ledger:write" in answer.json()["detail"]
    assert analyst.post("appeals/", bodies["appeal"]).status_code == 403
    assert stranger.post("appeals/", bodies["appeal"]).status_code == 401
    voiceless = make_partner(scopes=ENTERS)
    type(voiceless.key).objects.filter(pk=voiceless.key.pk).update(source=None)
    answer = voiceless.post("appeals/", bodies["appeal"])
    assert (answer.status_code, code_of(answer)) == (403, "no_source")


def test_reports_may_come_before_what_they_name(sender, bodies):
    report = {"event_id": "e-1", "subject": "lss:S-1", "leg": "out-1", "code": "departed"}
    report |= {"asserted_at": "2022-05-16T11:30:00+09:00"}
    assert sender.post("reports/", report).json()["result"] == "held"
    reference = sender.post("shipments/", bodies["shipment"]).json()["reference"]
    assert Due.objects.filter(subject__reference=reference).exists()
    assert not Report.objects.held().exists()
    assert sender.post("reports/", {**report, "event_id": "e-2"}).json()["result"] == "accepted"


def test_a_name_that_two_entries_have_binds_nothing(sender, bodies):
    for kind in ("appeal", "offer"):
        sender.post(f"{PLURALS[kind]}/", {**bodies[kind], "external_id": "S-1"})
    report = {"event_id": "e-1", "subject": "lss:S-1", "code": "departed", "asserted_at": "2022-05-16T11:30:00Z"}
    assert sender.post("reports/", report).json()["result"] == "held"
    assert sender.post("shipments/", bodies["shipment"]).status_code == 201
    assert Report.objects.held().count() == 1


def test_reports_of_others_are_not_bound_by_ones_own_name(sender, bodies):
    other = make_partner(scopes=ALL_SCOPES)
    report = {"event_id": "e-1", "subject": "lss:S-1", "code": "departed", "asserted_at": "2022-05-16T11:30:00Z"}
    assert other.post("reports/", report).json()["result"] == "held"
    sender.post("shipments/", bodies["shipment"])
    assert Report.objects.held().count() == 1
    assert other.post("reports/", {**report, "event_id": "e-2"}).json()["result"] == "held"
