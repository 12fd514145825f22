"""The examples of the OpenAPI document are what the service answers about the case of May 2022.

`make examples` notes them anew. Every GET is asked by itself; what is sent is told below.
"""

import os
import random
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.utils import timezone
from yaml import CSafeLoader, load

from actors.factories import ActorFactory, SourceFactory, start_over
from actors.identifiers import new_reference
from actors.models import Actor, PartnerKey
from aidtracker.api.docs import document
from aidtracker.api.schema import operations_of
from shipments.models import IdempotentRequest, Subject
from shipments.services.cases import load_case, read_case_file
from shipments.services.reconciling import reconcile_due
from shipments.services.relaying import KEPT_FOR, drop_old_events, relay_outbox
from shipments.services.webhooks.fanning_out import fan_out
from tests.aidtracker.api.entries import CHANGES, DOCUMENT, PARTS, entries
from tests.aidtracker.api.recording import EXAMPLES, FORM, Recording
from tests.people import ALL_SCOPES, Caller, make_partner, make_stranger

pytestmark = pytest.mark.django_db
CASE = "dprk-covid-2022"
# The subject of each kind that shows most in fewest lines.
SHOWN = {
    "shipments": "chinese-medical-staff",
    "offers": "offer-south-korea",
    "appeals": "appeal-to-russia",
    "contacts": "morgulov-shin",
    "inquiries": "inquiry-chinese-embassy",
    "crises": "outbreak",
}
EVENT = {"event_id": "lss-2022-000881", "asserted_at": "2022-05-17T11:30:00+09:00"}
QUANTITY = {"attribute": "quantity", "value": {"low": "9.5", "high": "9.5", "unit": "TNE", "basis": "manifest"}}


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Recording:
    """An empty recording, in a world whose references are the same each time."""
    monkeypatch.setattr("actors.identifiers.secrets", random.Random(2022))
    start_over()
    for carrier in Actor.objects.order_by("name"):  # of the vocabularies, which were loaded before
        Actor.objects.filter(pk=carrier.pk).update(reference=new_reference("ACT"))
    load_case(read_case_file(CASE))
    while reconcile_due(limit=100):
        pass
    return Recording(load(document(), CSafeLoader))


def test_examples_are_what_the_service_answers(recording: Recording) -> None:
    wfp = ActorFactory(name="World Food Programme", kind="un_agency", country="IT")
    source = SourceFactory(code="wfp", name="WFP", kind="partner_system", actor=wfp, grade="B")
    partner = make_partner(scopes=ALL_SCOPES, source=source)
    named = Subject.objects.filter(identifiers__scheme=f"case:{CASE}")
    references = dict(named.values_list("identifiers__value", "reference"))

    _send(recording, partner, references["flights-16-may"])
    _enter(recording, partner)
    _exchange(recording, partner)
    _subscribe(recording, partner)
    _read(recording, partner, references)
    _go_wrong(recording, partner)

    if os.environ.get("RECORD_EXAMPLES"):
        EXAMPLES.write_text(recording.as_json(), encoding="utf-8")
    assert recording.as_json() == EXAMPLES.read_text(encoding="utf-8"), "make examples"


def _send(recording: Recording, partner: Caller, flights: str) -> None:
    departed = {**EVENT, "subject": flights, "code": "departed", "occurred": "2022-05-16T09:00:00+09:00"}
    report = {**departed, "facts": [QUANTITY]}
    recording.post(partner, "reports/", "A flight departed", report, **{"idempotency-key": "lss-881"})
    recording.post(partner, "reports/", "The same again", report)
    elsewhere = {**departed, "event_id": "lss-882", "subject": "awb:120-12345675"}
    recording.post(partner, "reports/", "A subject that nobody knows yet", elsewhere)
    retraction = {"kind": "retract", "target": {"event_id": "lss-2022-000881"}, "subject": flights}
    recording.post(partner, "reports/", "Taking it back", {**EVENT, **retraction, "event_id": "lss-883"})
    recording.post(partner, "reports/", "Saying nothing", {**EVENT, "event_id": "lss-884", "subject": flights})
    items = [
        {**departed, "event_id": "lss-885", "code": "arrived", "occurred": "2022-05-16"},
        {**departed, "event_id": "lss-886", "facts": [{**QUANTITY, "attribute": "quantitty"}]},
    ]
    recording.post(partner, "reports/batch/", "One good, one bad", items)
    lines = b'{"event_id": "lss-885", "subject": "%s"}\nnot JSON\n' % flights.encode()
    recording.post(partner, "reports/batch/", "Lines", lines, content_type="application/x-ndjson")
    while reconcile_due(limit=100):
        pass
    relay_outbox()


def _enter(recording: Recording, partner: Caller) -> None:
    def twice(path: str, body: Any) -> str:
        made = recording.post(partner, path, "New", body)
        recording.post(partner, path, "The same again", body)
        return str(made["reference"])

    def change(path: str, body: Any) -> None:
        recording.send("PATCH", partner, path, "A change", body, **{"idempotency-key": path})

    assert partner.key
    for collection, body in entries(donor=partner.key.actor.reference).items():
        location = f"{collection}/{twice(f'{collection}/', body)}/"
        other = {**body, ("name" if "name" in body else "title"): "Something else"}
        recording.post(partner, f"{collection}/", "The same name with other content", other)
        for part, row in PARTS.get(collection, {}).items():
            twice(f"{location}{part}/", row)
            change(f"{location}{part}/{row['key']}/", CHANGES[part])
        change(location, CHANGES[collection])
        stale = {"idempotency-key": "lss-902", "if-match": '"1"'}
        answer = partner.send("PATCH", location, CHANGES[collection], **stale)
        recording.problem(answer, "Somebody changed it meanwhile")
    twice("documents/", DOCUMENT)


def _exchange(recording: Recording, partner: Caller) -> None:
    form = {"grant_type": "client_credentials", "scope": "read"}
    client = partner.token.rpartition("_")[::2]
    for title, said in (
        ("A token to read", (form, client)),
        ("A wrong secret", (form, (client[0], "wrong"))),
        ("A scope that the key has not", ({**form, "scope": "everything"}, client)),
    ):
        basic = "Basic " + b64encode(":".join(said[1]).encode()).decode()
        body = urlencode(said[0]).encode()
        recording.post(partner, "oauth/token/", title, body, content_type=FORM, authorization=basic)


def _subscribe(recording: Recording, partner: Caller) -> None:
    body = {"url": "https://hooks.example.org/aidtracker", "event_types": ["picture.changed", "report.bound"]}
    more = {"description": "Situation room", "filters": {"kinds": ["shipment", "offer"]}}
    once = {"idempotency-key": "lss-910"}
    recording.post(partner, "subscriptions/", "Ours, not yours", {**body, "url": "https://127.0.0.1/"}, **once)
    brief = partner.post("subscriptions/", body, **once).json()["reference"]
    recording.send("DELETE", partner, f"subscriptions/{brief}/", "", b"")
    once = {"idempotency-key": "lss-911"}
    made = recording.post(partner, "subscriptions/", "New", {**body, **more}, **once)
    own = f"subscriptions/{made['reference']}/"
    change, key = {"event_types": ["picture.changed", "subject.gone"]}, {"idempotency-key": "lss-913"}
    recording.send("PATCH", partner, own, "Other types", change, **key)
    sent = recording.post(partner, f"{own}test/", "A trial", {})["webhook_id"]
    recording.post(partner, f"{own}disable/", "For now", {"note": "Moving house"})
    recording.post(partner, f"{own}enable/", "Again", {})
    recording.post(partner, f"{own}deliveries/{sent}/replay/", "Again", {})
    rotation = {"idempotency-key": "lss-912"}
    recording.post(partner, f"{own}secret/rotate/", "With a day for both", {"overlap_hours": 24}, **rotation)


def _read(recording: Recording, partner: Caller, references: dict[str, str]) -> None:
    firsts = {kind: references[key] for kind, key in SHOWN.items()}
    # Lists before what is in them.
    for path, method, operation in sorted(operations_of(recording.document), key=lambda each: each[0].count("{")):
        if method != "get":
            continue
        collection, *_ = path.removeprefix("/api/v1/").split("/")
        if "{" in path:
            before, _, after = path.replace("{", "}").split("}")
            path = f"{before}{firsts[collection]}{after}"
        takes = {each["name"]: each.get("required", False) for each in operation.get("parameters", ())}
        asked = {"limit": 1} if "limit" in takes else {}
        asked |= {"known_at": "2022-05-16..2022-05-18"} if takes.get("known_at") else {}
        body = recording.get(partner, f"{path}?{urlencode(asked)}" if asked else path)
        for row in body.get("results", ())[:1]:
            firsts.setdefault(collection, row.get("reference") or row.get("code") or row.get("id"))


def _go_wrong(recording: Recording, partner: Caller) -> None:
    note, shipment = recording.problem, {**EVENT, "subject": "SHP-7K2M9QXD"}
    note(partner.get("shipments/", {"recipent": "ACT-00000000"}), "A mistyped parameter")
    note(partner.post("reports/", {**shipment, "codes": "departed", "marking": "SECRET"}), "A body with two faults")
    note(make_stranger().get("shipments/"), "No key, or none that is good")
    note(make_partner(scopes=["read"]).post("reports/", shipment), "A key without the scope")
    note(partner.get("shipments/SHP-00000000/"), "Hidden, missing, or not known then")
    note(partner.get("shipments/", accept="text/html"), "Another form of answer")
    note(partner.post("reports/", shipment, content_type="application/xml"), "Not JSON")
    note(partner.post("reports/batch/", [{}] * 1001), "Too many items")
    note(partner.post("reports/batch/", b"", **{"transfer-encoding": "chunked"}), "A body in chunks")
    held = {**shipment, "code": "departed"}
    once = {"idempotency-key": "lss-900"}
    partner.post("reports/", held, **once)
    note(partner.post("reports/", {**held, "code": "arrived"}, **once), "A used Idempotency-Key")
    IdempotentRequest.objects.filter(key="lss-900").update(status=None)
    note(partner.post("reports/", held, **once), "The first is still being answered")
    old = partner.get("changes/?limit=1").json()["next"]
    fan_out()
    drop_old_events(timezone.now() + 2 * KEPT_FOR)
    recording.get(partner, old, "A cursor that is too old")
    note(_asked_of_a_slow_database(partner), "The database is away")
    PartnerKey.objects.update(reads_per_minute=1)
    note(partner.get("shipments/"), "The quota of this minute is spent")


def _asked_of_a_slow_database(partner: Caller) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        answer = partner.get("shipments/")
        transaction.set_rollback(True)
    return answer
