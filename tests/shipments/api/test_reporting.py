"""POST /reports/: what is taken, what is refused, and what happens when it is sent again."""

import json
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from actors.factories import SourceFactory
from actors.marking import Marking
from shipments.api import reporting
from shipments.factories import AttachmentFactory, ShipmentFactory
from shipments.models import Due, IdempotentRequest, OutboxEvent, Report
from shipments.services.answers import forget_answers
from shipments.services.recording import record
from tests.people import ALL_SCOPES, code_of, faults_of, make_partner, make_stranger
from tests.threads import all_at_once


@pytest.fixture
def shipment(db):
    return ShipmentFactory()


@pytest.fixture
def body(shipment):
    return {
        "event_id": "lss-1",
        "subject": shipment.reference,
        "code": "departed",
        "occurred": "2022-05-16T09:00:00+09:00",
        "asserted_at": "2022-05-16T11:30:00+09:00",
    }


def nothing_is_stored() -> bool:
    return not (Report.objects.exists() or Due.objects.exists() or OutboxEvent.objects.exists())


def test_report_is_accepted_and_said_to_be_stored_not_believed(partner, body, shipment):
    answer = partner.post("reports/", body)
    assert answer.status_code == 201
    said = answer.json()
    report = Report.objects.get()
    assert said["result"] == "accepted"
    assert said["reference"] == report.reference
    assert said["meaning"].startswith("Stored.")
    assert answer.headers["Location"] == f"/api/v1/reports/{report.reference}/"
    assert (report.source, report.partner_key, report.subject_id) == (partner.key.source, partner.key, shipment.pk)
    assert Due.objects.filter(subject=shipment.subject).exists()
    shown = partner.get(answer.headers["Location"]).json()
    assert (shown["event_id"], shown["milestone"], shown["is_held"]) == ("lss-1", "departed", False)


def test_same_report_again_is_a_duplicate(partner, body):
    first, again = partner.post("reports/", body), partner.post("reports/", body)
    assert (again.status_code, again.json()["result"]) == (200, "duplicate")
    assert again.json()["reference"] == first.json()["reference"]
    assert Report.objects.count() == 1


@pytest.mark.parametrize("change", [{"subject": "awb:999-00000000"}, {"code": "XYZ", "code_scheme": "iata-fsu"}])
def test_unknown_subject_or_foreign_code_is_held(partner, body, change):
    answer = partner.post("reports/", {**body, **change})
    assert (answer.status_code, answer.json()["result"]) == (202, "held")
    assert answer.json()["unknown"] == ["code" if "code" in change else "subject"]
    assert f"which {answer.json()['unknown'][0]} is meant" in answer.json()["meaning"]
    assert not Due.objects.exists()
    (row,) = partner.get("reports/", {"held": "true"}).json()["results"]
    assert row["reference"] == answer.json()["reference"]


def test_a_report_that_was_bound_to_what_is_hidden_is_still_held_for_its_sender(partner, body, hidden_shipment):
    path = f"reports/{partner.post('reports/', {**body, 'subject': 'our-4711'}).json()['reference']}/"
    before = partner.get(path).content
    AttachmentFactory(report=Report.objects.get(), subject=hidden_shipment.subject)
    assert partner.get(path).content == before
    assert len(partner.get("reports/?held=true").json()["results"]) == 1


def test_hidden_subject_is_held_as_a_missing_one_is(partner, body, hidden_shipment):
    hidden = partner.post("reports/", {**body, "subject": hidden_shipment.reference})
    missing = partner.post("reports/", {**body, "event_id": "lss-2", "subject": "SHP-00000000"})
    assert hidden.status_code == missing.status_code == 202
    assert hidden.json().keys() == missing.json().keys()
    assert not Report.objects.exclude(subject=None).exists()


def test_every_fault_is_told_and_nothing_is_stored(partner, body):
    answer = partner.post("reports/", {**body, "bogus": 1, "occurred": "2022-05-16T09:00:00", "flags": {"delayed": 1}})
    assert answer.status_code == 400
    assert code_of(answer) == "invalid_report"
    assert faults_of(answer) == {
        "/bogus": "unknown_field",
        "/occurred": "timezone_required",
        "/flags/delayed": "boolean_required",
    }
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"code": "deprated"}, "/code", "unknown_code"),
        ({"cites": [{"source": "nobody"}]}, "/cites/0/source", "not_found"),
        ({"document": "DOC-00000000"}, "/document", "not_found"),
        (
            {"facts": [{"attribute": "quantty", "value": {"unit": "TNE", "low": "1"}}]},
            "/facts/0/attribute",
            "unknown_attribute",
        ),
        ({"facts": [{"attribute": "quantity", "value": {"text": "much"}}]}, "/facts/0/value", "wrong_type"),
        ({"occurred": {"from": "2022-05-17", "to": "2022-05-16"}}, "/occurred/to", "ends_before_it_begins"),
        ({"code": None}, "", "says_nothing"),
        ({"asserted_at": "2036-01-01T00:00:00Z"}, "/asserted_at", "future_time"),
    ],
)
def test_well_formed_and_unusable_is_422(partner, body, change, pointer, code):
    answer = partner.post("reports/", {**body, **change})
    assert answer.status_code == 422
    assert set(faults_of(answer).values()) == {code}
    assert pointer in faults_of(answer)
    assert nothing_is_stored()


def test_hidden_source_is_as_unknown_as_a_missing_one(partner, body):
    SourceFactory(code="hidden-voice", marking=Marking.RED)
    hidden = partner.post("reports/", {**body, "cites": [{"source": "hidden-voice"}]}).json()
    missing = partner.post("reports/", {**body, "cites": [{"source": "missng-voice"}]}).json()
    for answer in (hidden, missing):
        answer.pop("request_id")
    assert json.dumps(hidden).replace("hidden-voice", "") == json.dumps(missing).replace("missng-voice", "")


def test_others_words_need_the_scope_for_relaying(body):
    wire = SourceFactory(code="wire")
    own = make_partner()
    answer = own.post("reports/", {**body, "source": "wire"})
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    assert "reports:relay" in answer.json()["errors"][0]["detail"]
    assert nothing_is_stored()
    relay = make_partner(scopes=ALL_SCOPES)
    assert relay.post("reports/", {**body, "source": "wire"}).status_code == 201
    assert Report.objects.get().source == wire


def test_writing_needs_its_scope_and_reading_its_own(body, analyst):
    reader = make_partner(scopes=["read"])
    answer = reader.post("reports/", body)
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    assert "reports:write" in answer.json()["detail"]
    writer = make_partner(scopes=["reports:write"])
    assert writer.post("reports/", body).status_code == 201
    answer = writer.get("reports/")
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    assert answer.json()["detail"] == "This needs the scope read."
    assert make_stranger().post("reports/", body).status_code == 401
    assert analyst.post("reports/", body).status_code == 403


def test_correction_and_retraction_are_reports_that_point_back(partner, body):
    partner.post("reports/", body)
    target = {"event_id": "lss-1"}
    correction = {**body, "event_id": "lss-2", "kind": "correct", "target": target, "code": "arrived"}
    assert partner.post("reports/", correction).status_code == 201
    retraction = {name: body[name] for name in ("subject", "asserted_at")}
    answer = partner.post("reports/", {**retraction, "event_id": "lss-3", "kind": "retract", "target": target})
    assert answer.status_code == 201
    shown = partner.get(answer.headers["Location"]).json()
    assert [(link["kind"], link["event_id"]) for link in shown["links"]] == [("retracts", "lss-1")]
    assert Report.objects.count() == 3


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_evidence_is_never_changed_or_deleted(partner, body, method):
    location = partner.post("reports/", body).headers["Location"]
    for path in (location, "/api/v1/reports/"):
        answer = getattr(partner.client, method)(path, headers=partner.headers)
        assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert Report.objects.count() == 1


KEY = {"idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def test_same_key_gets_the_same_bytes(partner, body):
    first, again = partner.post("reports/", body, **KEY), partner.post("reports/", body, **KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Report.objects.count() == 1


def test_key_is_good_for_one_request_alone(partner, body):
    partner.post("reports/", body, **KEY)
    answer = partner.post("reports/", {**body, "event_id": "lss-2"}, **KEY)
    assert (answer.status_code, code_of(answer)) == (422, "idempotency_mismatch")
    assert Report.objects.count() == 1


def test_anothers_key_is_simply_new(partner, body):
    partner.post("reports/", body, **KEY)
    other = make_partner()
    answer = other.post("reports/", body, **KEY)
    assert (answer.status_code, answer.json()["result"]) == (201, "accepted")
    assert "Idempotent-Replayed" not in answer.headers


def test_answer_is_kept_for_a_day(partner, body):
    partner.post("reports/", body, **KEY)
    IdempotentRequest.objects.update(created_at=Now() - timedelta(hours=23, minutes=59))
    assert partner.post("reports/", body, **KEY).status_code == 201
    IdempotentRequest.objects.update(created_at=Now() - timedelta(hours=24, seconds=1))
    assert partner.post("reports/", body, **KEY).status_code == 200


def test_request_in_flight_is_answered_once_it_is_done(partner, body):
    partner.post("reports/", body, **KEY)
    IdempotentRequest.objects.update(status=None, body=b"")
    answer = partner.post("reports/", body, **KEY)
    assert (answer.status_code, code_of(answer), answer.headers["Retry-After"]) == (409, "in_flight", "1")
    IdempotentRequest.objects.update(created_at=Now() - timedelta(seconds=91))
    assert partner.post("reports/", body, **KEY).status_code == 200


def test_answers_of_yesterday_are_forgotten_and_no_others(partner, body):
    partner.post("reports/", body, **KEY)
    partner.post("reports/", body, **{"idempotency-key": "other"})
    assert forget_answers() == 0
    IdempotentRequest.objects.filter(key="other").update(created_at=Now() - timedelta(hours=24, seconds=1))
    assert forget_answers() == 1
    assert IdempotentRequest.objects.get().key == KEY["idempotency-key"].strip('"')


def test_one_that_was_taken_for_dead_stores_nothing_when_it_comes_to_life(partner, body, monkeypatch):
    """A worker that slept through its lease finds its row gone: whoever came later has the say."""

    def record_late(*args, **kwargs):
        IdempotentRequest.objects.all().delete()
        return record(*args, **kwargs)

    monkeypatch.setattr(reporting, "record", record_late)
    answer = partner.post("reports/", body, **KEY)
    assert (answer.status_code, code_of(answer)) == (409, "in_flight")
    assert nothing_is_stored()


def test_refused_request_leaves_its_key_free(partner, body):
    assert partner.post("reports/", {**body, "code": "deprated"}, **KEY).status_code == 422
    assert partner.post("reports/", body, **KEY).status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "two words", "schlüssel", '"open', "a\x01b"])
def test_bad_idempotency_key_is_named(partner, body, key):
    answer = partner.post("reports/", body, **{"idempotency-key": key})
    assert answer.status_code == 400
    assert faults_of(answer) == {"Idempotency-Key": "invalid_idempotency_key"}
    assert nothing_is_stored()


@pytest.mark.parametrize("headers", [{}, KEY])
def test_eight_at_once_make_one_report(committed_db, headers):
    partner = make_partner()
    body = {
        "event_id": "lss-1",
        "subject": ShipmentFactory().reference,
        "code": "departed",
        "asserted_at": "2022-05-16T11:30:00+09:00",
    }
    answers = []
    all_at_once(*[lambda: answers.append(partner.post("reports/", body, **headers))] * 8)
    statuses = sorted(answer.status_code for answer in answers)
    assert len(statuses) == 8
    assert Report.objects.count() == 1
    if headers:
        assert set(statuses) <= {201, 409}
        assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    else:
        assert statuses == [200] * 7 + [201]


def test_one_report_costs_three_statements_from_its_key_to_its_due_row(partner, body, django_assert_num_queries):
    partner.post("reports/", body)
    with django_assert_num_queries(3):  # its key, what it names, and all that is stored
        assert partner.post("reports/", {**body, "event_id": "lss-2"}).status_code == 201
