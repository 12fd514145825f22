"""POST /documents/: kept once for good, in the sender's name or relayed, and told apart from what one may not see."""

import pytest

from actors.factories import SourceFactory
from actors.marking import Marking
from actors.models import AuditEntry
from shipments.factories import DocumentFactory
from shipments.models import Document
from tests.people import ALL_SCOPES, code_of, faults_of, make_partner

BODY = {
    "key": "sitrep-1",
    "kind": "release",
    "title": "Situation report",
    "url": "https://example.org/sitrep",
    "published_at": "2022-05-18T16:00:00+09:00",
    "sha256": "9f" * 32,
}


def test_document_is_kept_once_and_reports_may_name_it(partner):
    answer = partner.post("documents/", BODY)
    assert (answer.status_code, answer.json()["result"]) == (201, "accepted")
    kept = Document.objects.get()
    assert (kept.source, kept.sender_id, bytes(kept.sha256).hex()) == (
        partner.key.source, partner.key.actor_id, BODY["sha256"],
    )  # fmt: skip
    assert AuditEntry.objects.get(object_type="document").partner_key == partner.key
    again = partner.post("documents/", {**BODY, "published_at": "2022-05-18T07:00:00Z"})
    assert (again.status_code, again.json()) == (200, {**answer.json(), "result": "duplicate"})
    report = {"event_id": "e-1", "subject": "x:1", "code": "departed", "asserted_at": "2022-05-19T00:00:00Z"}
    assert partner.post("reports/", {**report, "document": kept.reference}).status_code == 202
    assert partner.get(answer.headers["Location"]).json()["title"] == BODY["title"]


def test_form_that_is_asked_for_is_told(partner):
    answer = partner.post("documents/", {**BODY, "sha256": "9F" * 32})
    assert faults_of(answer) == {"/sha256": "invalid_format"}
    assert answer.json()["detail"].endswith(": ^[0-9a-f]{64}$")


def test_same_key_with_other_content_is_refused_with_what_differs(partner):
    partner.post("documents/", BODY)
    answer = partner.post("documents/", {**BODY, "title": "Other", "sha256": None, "marking": "RED"})
    assert (answer.status_code, code_of(answer)) == (409, "already_kept")
    assert faults_of(answer) == {"/title": "differs", "/sha256": "differs", "/marking": "differs"}
    assert Document.objects.count() == 1


def test_a_document_that_is_hidden_is_as_if_it_were_not_there(partner):
    wire = SourceFactory(code="wire")
    DocumentFactory(source=wire, key="hidden", url="", marking=Marking.RED, title="Quiet")
    hidden, fresh = (partner.post("documents/", {**BODY, "source": "wire", "key": key}) for key in ("hidden", "fresh"))
    assert hidden.status_code == fresh.status_code == 201
    assert hidden.json().keys() == fresh.json().keys()
    assert partner.post("documents/", {**BODY, "source": "wire", "key": "hidden"}).json()["result"] == "duplicate"


def test_anothers_document_needs_the_scope_and_a_source_that_may_be_named(partner):
    SourceFactory(code="wire")
    SourceFactory(code="informant", protected=True)
    answer = make_partner().post("documents/", {**BODY, "source": "wire"})
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    for code in ("informant", "nobody"):
        assert faults_of(partner.post("documents/", {**BODY, "source": code})) == {"/source": "not_found"}
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_protected_source_is_answered_as_an_unknown_one_wherever_it_is_named():
    SourceFactory(code="informant", protected=True)
    partner = make_partner(scopes=ALL_SCOPES)
    report = {"event_id": "e-1", "subject": "x:1", "code": "departed", "asserted_at": "2022-05-19T00:00:00Z"}
    for place in (
        lambda code: {"source": code},
        lambda code: {"attributed_to": code},
        lambda code: {"cites": [{"source": code, "event_id": "i-1"}]},
        lambda code: {"kind": "correct", "target": {"source": code, "event_id": "i-1"}},
    ):
        answers = []
        for code in ("informant", "informent"):
            answer = partner.post("reports/", {**report, **place(code)})
            said = {name: each for name, each in answer.json().items() if name != "request_id"}
            answers.append((answer.status_code, str(said).replace(code, "")))
        assert answers[0] == answers[1]
        assert answers[0][0] == 422
