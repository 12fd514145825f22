"""Every address that takes something, every field of it, every way in which it can be wrong.

Never a crash, never half of it stored, always a problem that names the field. The addresses and their fields are
those of the OpenAPI document: what is added there is tried here.
"""

import json
from itertools import count
from typing import Any

import pytest
from django.apps import apps

from actors.factories import ActorFactory, SourceFactory
from shipments.factories import DeliveryFactory, SubscriptionSecretFactory
from shipments.models import Delivery, IdempotentRequest, Report, Subscription
from shipments.services.webhooks.clock import moment
from tests.aidtracker.api.badness import DEEP, Field, fields_of, objects_of, written
from tests.aidtracker.api.test_schema import DOCUMENT as SCHEMA
from tests.people import ALL_SCOPES, Caller, code_of, make_partner
from tests.shipments.api.entries import good_entries

pytestmark = pytest.mark.django_db
SCHEMAS = SCHEMA["components"]["schemas"]
ASKED = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
}
REPORT: dict[str, Any] = {
    "event_id": "e-1",
    "subject": "SHP-00000000",
    "leg": "out-1",
    "line": "masks",
    "place": "CNSHE",
    "code": "departed",
    "code_scheme": "aidtracker",
    "flags": {"delayed": True},
    "facts": [{"attribute": "quantity", "value": {"low": "9", "high": "9.5", "unit": "TNE"}}],
    "occurred": "2022-05-16",
    "asserted_at": "2022-05-16T11:30:00+09:00",
    "cites": [{"source": "wire", "event_id": "w-1"}],
    "quote": "It left.",
    "language": "en",
    "credibility": 2,
    "raw": {"as": "sent"},
}
VARIANTS: list[dict[str, Any]] = [
    {"facts": [{"attribute": "cost", "value": {"low": "9.50", "high": "9.50", "currency": "USD"}}]},
    {"facts": [{"attribute": "cargo", "value": {"text": "Masks."}}]},
    {"facts": [{"attribute": "channel", "value": {"code": "public"}}]},
    {"facts": [{"attribute": "eta", "value": {"from": "2022-05-16", "to": "2022-05-17"}}]},
    {"occurred": {"from": "2022-05-16", "to": "2022-05-17"}},
    {"kind": "correct", "target": {"source": "wire", "event_id": "w-1"}},
]
DOCUMENT = {
    "key": "d-1",
    "kind": "article",
    "title": "Told",
    "url": "https://example.org/a?b=c#d",
    "language": "en",
    "published_at": "2022-05-16T11:30:00+09:00",
    "sha256": "0" * 64,
}
PLURALS = {"Appeal": "appeals", "Offer": "offers", "Shipment": "shipments", "Actor": "actors", "Place": "places"}
CHANGES = {
    "reviseAppeal": {"asked_for": "More."},
    "reviseOffer": {"conditions": "None."},
    "reviseShipment": {"mode": "sea", "parties": []},
    "reviseActor": {"names": [{"name": "MoPH", "language": "en"}]},
    "revisePlace": {"latitude": 1.5, "longitude": 2.5},
    "reviseShipmentLeg": {"sequence": 2},
    "reviseShipmentLine": {"quantity": {"low": "9", "unit": "TNE"}},
    "reviseOfferLine": {"amount": "9.50", "currency": "USD"},
}
UNKNOWN = ("bogus", "titel", "confidental", "id", "reference", "created_at", "status", "__proto__", "a\x00")
numbers = count()


class Door:
    """One operation: where it is, a body that it would take, and somebody who may send it."""

    def __init__(self, operation: str) -> None:
        self.method, path, described = ASKED[operation]
        parameters = described.get("parameters", ())
        self.schema = described["requestBody"]["content"]["application/json"]["schema"]
        actor = ActorFactory()
        self.caller: Caller = make_partner(scopes=ALL_SCOPES, source=SourceFactory(code="lss", actor=actor))
        SourceFactory(code="wire")
        entries = good_entries()
        if operation in ("sendReport", "sendReports"):
            self.bodies = [REPORT, *({**REPORT, **each} for each in VARIANTS)]
        elif operation == "sendDocument":
            self.bodies = [DOCUMENT]
        elif operation.startswith(("enter", "revise")):
            kind, part = self._named(operation)
            whole = entries[kind.lower()]
            if "{" in path:
                # The whole has one part already; another is added to it.
                answer = self.caller.post(f"{PLURALS[kind]}/", whole)
                assert answer.status_code == 201, answer.content
                path = path.replace("{reference}", answer.json()["reference"]).replace(
                    "{code}", answer.json()["reference"]
                )
            if part:
                one = whole[f"{part.lower()}s"][0]
                path = path.replace("{part_key}", one["key"])
                whole = {**one, "key": "another"}
            self.bodies = [CHANGES[operation] if operation.startswith("revise") else whole]
        else:
            examples = described["requestBody"]["content"]["application/json"].get("examples", {})
            self.bodies = [each["value"] for each in examples.values()][:1] or [{}]
            if "url" in self.bodies[0]:
                self.bodies[0] = {**self.bodies[0], "url": "https://hooks.example.org/aidtracker"}
            subscription = SubscriptionSecretFactory(subscription__key=self.caller.key).subscription
            path = path.replace("{reference}", subscription.reference)
            if "{webhook_id}" in path:
                path = path.replace("{webhook_id}", _delivered(subscription).webhook_id)
        assert "{" not in path
        self.path = path
        named = SCHEMAS[self.schema["$ref"].rpartition("/")[2]] if "$ref" in self.schema else self.schema
        self.may_say_nothing = operation.endswith(("Subscription", "Secret", "Delivery")) and not named.get("required")
        self.is_list = operation == "sendReports"
        self.is_change = self.method == "PATCH"
        self.wants_key = any(each.get("name") == "Idempotency-Key" and each.get("required") for each in parameters)

    @staticmethod
    def _named(operation: str) -> tuple[str, str]:
        name = operation.removeprefix("enter").removeprefix("revise")
        kind = next(each for each in PLURALS if name.startswith(each))
        return kind, name.removeprefix(kind)

    def send(self, body: bytes, **headers: str) -> Any:
        content_type = headers.pop("content_type", "application/json")
        key = {"idempotency-key": f"k-{next(numbers)}"} if self.wants_key else {}
        return self.caller.send(self.method, self.path, body, content_type=content_type, **key, **headers)

    def stored(self) -> dict[str, int]:
        return {
            model.__name__: model._default_manager.count()
            for label in ("actors", "shipments")
            for model in apps.get_app_config(label).get_models()
            if model is not IdempotentRequest and model.__name__ not in ("RequestCount", "KeyUse")
        }


def _delivered(subscription: Subscription) -> Delivery:
    return DeliveryFactory(subscription=subscription, state=Delivery.State.FAILED, finished_at=moment())


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Door:
    return Door(request.param)


every_door = pytest.mark.parametrize("door", sorted(ASKED), indirect=True)
SINGLE = sorted(ASKED.keys() - {"sendReports"})


def test_the_addresses_that_take_something_are_many():
    assert len(ASKED) >= 18


def refused(answer: Any, what: object) -> dict[str, Any]:
    """The problem, which is a whole one and echoes nothing that hides or breaks a line."""
    assert answer.status_code in (400, 413, 415, 422), (what, answer.status_code, answer.content[:500])
    code_of(answer)
    problem: dict[str, Any] = answer.json()
    assert problem["request_id"], what
    for fault in problem.get("errors", ()):
        assert fault["detail"].isprintable(), what
        assert len(fault["detail"]) < 600, what
    return problem


@pytest.mark.parametrize("door", SINGLE, indirect=True)
def test_every_field_refuses_every_wrong_value(door: Door) -> None:
    """The good body is taken at the end: what was refused was refused for the one thing that was wrong."""
    tried = fields = 0
    before = door.stored()
    for body in door.bodies:
        for field in fields_of(door.schema, body, SCHEMAS):
            fields += 1
            for name, text in field.cases(is_change=door.is_change).items():
                answer = door.send(written(body, field.path, text))
                problem = refused(answer, (field.pointer, name))
                tried += 1
                assert_named(problem, field, name)
    assert door.stored() == before
    assert tried >= min(26, 5 * fields)
    answer = door.send(json.dumps(door.bodies[0]).encode())
    assert answer.status_code in (200, 201, 202), answer.content


def assert_named(problem: dict[str, Any], field: Field, name: str) -> None:
    """Some fault points at the field, into it, or at the whole that cannot be read."""
    pointers = [fault.get("pointer", "") for fault in problem.get("errors", ())]
    assert pointers, (field.pointer, name, problem)
    whole = {"too_deep", "invalid_json", "too_large"}
    is_named = any(pointer == field.pointer or pointer.startswith(f"{field.pointer}/") for pointer in pointers)
    # A value that tells its form by a field is named as a whole, where that field is wrong.
    is_above = any(pointer and field.pointer.startswith(f"{pointer}/") for pointer in pointers)
    assert is_named or is_above or problem["code"] in whole, (field.pointer, name, problem)


@pytest.mark.parametrize("door", SINGLE, indirect=True)
def test_every_object_refuses_what_it_does_not_know(door: Door) -> None:
    before = door.stored()
    for body in door.bodies:
        for path in objects_of(body):
            known = _at(body, path)
            for name in (
                "bogus",
                "titel",
                "confidental",
                "id",
                "reference",
                "created_at",
                "status",
                "__proto__",
                "a\x00",
            ):
                if name in known:
                    continue
                problem = refused(door.send(json.dumps(_with(body, (*path, name), 1)).encode()), (path, name))
                codes = {fault["code"] for fault in problem["errors"]}
                assert codes & {"unknown_field", "read_only_field", "null_character", "unknown_value_form"}, problem
            for name in known:
                twice = written(body, (*path, name), '1,"' + name + '":2')
                problem = refused(door.send(twice), (path, name, "twice"))
                assert {fault["code"] for fault in problem["errors"]} == {"duplicate_key"}
    assert door.stored() == before


@every_door
def test_what_is_no_body_is_refused(door: Door) -> None:
    before, good = door.stored(), json.dumps([door.bodies[0]] if door.is_list else door.bodies[0]).encode()
    bad = [b"null", b'"x"', b"5", b"true", b"", b"  ", good + b"x", b"\xef\xbb\xbf" + good, good[:-1], b"\xff" + good]
    bad += [b"[" * 100_000, b'{"a":' * 1500, b"{]", b"{'a':1}", "ä".encode("latin-1"), good.decode().encode("utf-16")]
    bad += [b"{" + b",".join(b'"k%d":1' % n for n in range(1001)) + b"}", b"{}" if door.is_list else b"[]"]
    if door.may_say_nothing:
        bad.remove(b"")  # nothing has to be said there
    for body in bad:
        refused(door.send(body), body[:60])
    large = door.send(b'{"a":"' + b"x" * 5_300_000 + b'"}')
    refused(large, "large")
    assert (code_of(large), large.status_code) == ("too_large", 413)
    assert "5,242,880" in large.json()["detail"]
    types = ["charset=utf-16", "charset=utf-7", "charset=idna", "charset=bogus"]
    for content_type in [*(f"application/json; {each}" for each in types), "application/xml", "text/plain", ""]:
        assert door.send(good, content_type=content_type).status_code == 415, content_type
    for content_type in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
        assert door.send(b"&".join([b"a=1"] * 2000), content_type=content_type).status_code == 415, content_type
    assert door.send(good, **{"content-encoding": "gzip"}).status_code == 415
    not_acceptable = door.send(good, accept="/;q=;,,")
    assert (not_acceptable.status_code, code_of(not_acceptable)) == (406, "not_acceptable")
    door.path += "?bogus=1"
    assert code_of(door.send(good)) == "unknown_parameter"
    assert door.stored() == before


def test_each_item_of_a_batch_is_refused_as_a_single_one_is():
    door = Door("sendReports")
    items, expected = [], []
    schema = {"$ref": "#/components/schemas/ReportIn"}
    for field in fields_of(schema, REPORT, SCHEMAS):
        for name, text in field.cases(is_change=False).items():
            if name in DEEP:
                continue  # a fault of the whole body
            try:
                items.append(json.loads(written(REPORT, field.path, text).decode()))
            except (ValueError, RecursionError):
                continue
            expected.append((field.pointer, name))
    # What no JSON reader takes is a fault of the whole body; everything else one of its item.
    asked = [each for each in items if "Infinity" not in json.dumps(each) and "NaN" not in json.dumps(each)]
    sent = [each for each in asked if len(json.dumps(each)) < 3000][:990]
    answer = door.caller.post("reports/batch/", [*sent, {**REPORT, "leg": None, "line": None}])
    assert answer.status_code == 207, answer.content[:500]
    *bad, good = answer.json()["results"]
    assert len(bad) > 200
    assert {each["result"] for each in bad} == {"refused"}, [each for each in bad if each["result"] != "refused"][:3]
    assert all(each["errors"] and "pointer" in each["errors"][0] for each in bad)
    assert good["result"] == "held"
    assert Report.objects.count() == 1


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        body = body[part]
    return body


def _with(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    copied = json.loads(json.dumps(body))
    _at(copied, path[:-1])[path[-1]] = value
    return copied
