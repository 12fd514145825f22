"""Two worlds, one with hidden things in it and one without: the same writes by the same key get the same answers.

Every operation that writes, as the OpenAPI document names them; each write is undone before the next one.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import transaction

from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from actors.models import Source
from shipments.factories import (
    AppealFactory,
    CrisisFactory,
    DeliveryFactory,
    DocumentFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    ShipmentFactory,
    SubjectIdentifierFactory,
    SubscriptionSecretFactory,
)
from shipments.models import Delivery, Subscription
from shipments.services.webhooks.clock import moment
from tests.aidtracker.api.test_schema import DOCUMENT
from tests.people import ALL_SCOPES, Caller, make_partner
from tests.shipments.api.conftest import day, record_report
from tests.shipments.api.entries import PLURALS, good_entries

# Another organisation exchanges its own key; nothing that is named there can be hidden from it.
NAMES_NOTHING = {"requestToken"}
WRITES = {
    operation["operationId"]
    for operations in DOCUMENT["paths"].values()
    for method, operation in operations.items()
    if method in ("post", "put", "patch", "delete")
}
HIDDEN = {
    "shipment": "SHP-H1DDEN01",
    "offer": "OFR-H1DDEN01",
    "appeal": "APL-H1DDEN01",
    "crisis": "CRS-H1DDEN01",
    "actor": "ACT-H1DDEN01",
    "document": "DOC-H1DDEN01",
    "subscription": "SUB-H1DDEN01",
}
WEBHOOK = "msg_HIDDENHIDDENHIDDEN01"
WAYBILL = "awb:784-00000011"
WIRE = {"source": "wire", "event_id": "w-1", "code": "departed", "asserted_at": "2022-05-16T09:00:00+00:00"}
NOISE = [
    (r'"request_id":"[^"]*"', '"request_id":""'),
    (r"\b(?!RPT)[A-Z]{3}-[0-9A-Z]{8,16}\b", "REFERENCE"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "MOMENT"),
    (r"(whsec|msg)_[^\"]+", "RANDOM"),
    (r'"key":"[^"]*"', '"key":""'),
]
numbers = count()
Write = tuple[str, str, str, Any]


@pytest.fixture
def sender(db: None) -> Caller:
    return make_partner(scopes=ALL_SCOPES, source=SourceFactory(code="lss", actor=ActorFactory()))


def hide(seen: str, bodies: dict[str, Any]) -> None:
    """Things of all kinds that GREEN readers may not know of; ``seen`` is a shipment that they do know."""
    marked = {"marking": Marking.AMBER}
    source = SourceFactory(code="other", actor=ActorFactory())
    other = make_partner(scopes=ALL_SCOPES, source=source, clearance=Marking.AMBER)
    crisis = CrisisFactory(reference=HIDDEN["crisis"], **marked)
    AppealFactory(reference=HIDDEN["appeal"], crisis=crisis, **marked)
    OfferLineFactory(offer=OfferFactory(reference=HIDDEN["offer"], **marked), key="v")
    shipment = ShipmentFactory(reference=HIDDEN["shipment"], **marked)
    LegFactory(shipment=shipment, key="out-1")
    LineFactory(shipment=shipment, key="masks")
    SubjectIdentifierFactory(subject=shipment.subject, scheme="awb", value=WAYBILL.removeprefix("awb:"))
    ActorFactory(reference=HIDDEN["actor"], **marked)
    SourceFactory(code="informant", protected=True, actor=ActorFactory())
    DocumentFactory(reference=HIDDEN["document"], key="quiet", url="", sender=other.key.actor, **marked)
    DocumentFactory(source=Source.objects.get(code="paper"), key="d-1", url="", sender=other.key.actor, **marked)
    record_report(day(16), **WIRE, subject=seen, marking="AMBER")
    record_report(day(16), **WIRE, subject=WAYBILL)
    for kind, body in bodies.items():
        theirs = {**body, "external_id": "theirs"} | ({} if kind == "place" else {"marking": "AMBER"})
        assert other.post(f"{PLURALS[kind]}/", theirs).status_code == 201
    subscription = SubscriptionSecretFactory(
        subscription__key=other.key, subscription__reference=HIDDEN["subscription"]
    ).subscription
    DeliveryFactory(subscription=subscription, webhook_id=WEBHOOK, state=Delivery.State.FAILED, finished_at=moment())


def writes(seen: str, bodies: dict[str, Any], own: dict[str, str]) -> Iterator[Write]:
    """(operation, method, path, body) of each write; ``own`` are the addresses of what the sender entered."""
    about = {**WIRE, "subject": seen}
    reports = [
        {**about, "marking": "AMBER"},
        {**WIRE, "subject": WAYBILL},
        {**about, "subject": HIDDEN["shipment"]},
        {**about, "subject": "other:theirs"},
        {**about, "event_id": "w-2", "document": HIDDEN["document"]},
        {**about, "event_id": "w-2", "document": "quiet"},
        {**about, "source": "informant"},
        {**about, "event_id": "w-3", "cites": [{"source": "informant", "event_id": "i-1"}]},
        {**about, "event_id": "w-4", "kind": "retract", "target": {"source": "wire", "event_id": "w-1"}},
    ]
    for report in reports:
        yield "sendReport", "POST", "reports/", report
    yield "sendReports", "POST", "reports/batch/", reports
    document = {"kind": "article", "title": "Told", "published_at": "2022-05-16T11:30:00+09:00"}
    yield "sendDocument", "POST", "documents/", {**document, "source": "paper", "key": "d-1"}
    named = {
        "appeal": [{"requester": HIDDEN["actor"]}, {"crisis": HIDDEN["crisis"]}],
        "offer": [{"donor": HIDDEN["actor"]}, {"answers": HIDDEN["appeal"]}, {"crisis": HIDDEN["crisis"]}],
        "shipment": [
            {"offer": HIDDEN["offer"]},
            {"parent": HIDDEN["shipment"]},
            {"carrier": HIDDEN["actor"]},
            {"parties": [{"role": "donor", "actor": HIDDEN["actor"]}]},
        ],
        "actor": [{"parent": HIDDEN["actor"]}],
        "place": [{"within": "other:theirs"}],
    }
    for kind, changes in named.items():
        name, list_, body = kind.capitalize(), f"{PLURALS[kind]}/", bodies[kind]
        yield f"enter{name}", "POST", list_, {**body, "external_id": "theirs"}
        for change in changes:
            yield f"enter{name}", "POST", list_, {**body, "external_id": "new", **change}
            yield f"revise{name}", "PATCH", own[kind], change
        if kind in HIDDEN:
            yield f"revise{name}", "PATCH", f"{list_}{HIDDEN[kind]}/", changes[0]
    parts = [("shipment", "legs", "Leg"), ("shipment", "lines", "Line"), ("offer", "lines", "Line")]
    for kind, part, operation in parts:
        path, (one, *_) = f"{PLURALS[kind]}/{HIDDEN[kind]}/{part}/", bodies[kind][part]
        yield f"enter{kind.capitalize()}{operation}", "POST", path, one
        yield f"revise{kind.capitalize()}{operation}", "PATCH", f"{path}{one['key']}/", {"key": "other"}
    leg = {**bodies["shipment"]["legs"][0], "key": "new", "carrier": HIDDEN["actor"]}
    yield "enterShipmentLeg", "POST", f"{own['shipment']}legs/", leg
    wants = {"url": "https://hooks.example.org/x", "event_types": ["picture.changed"]}
    filters = {"subjects": [HIDDEN["shipment"]], "crises": [HIDDEN["crisis"]], "donors": [HIDDEN["actor"]]}
    yield "subscribe", "POST", "subscriptions/", {**wants, "filters": filters}
    theirs = f"subscriptions/{HIDDEN['subscription']}/"
    for operation, end in (
        ("disableSubscription", "disable/"),
        ("enableSubscription", "enable/"),
        ("rotateSecret", "secret/rotate/"),
        ("testSubscription", "test/"),
        ("replayDelivery", f"deliveries/{WEBHOOK}/replay/"),
    ):
        yield operation, "POST", f"{theirs}{end}", {}
    yield "changeSubscription", "PATCH", theirs, {"description": "Ours now"}
    yield "unsubscribe", "DELETE", theirs, {}


def outcome(sender: Caller, write: Write) -> tuple[Any, ...]:
    """What the sender sees of one write and of what it can read after it; then it is undone."""
    _, method, path, body = write
    with transaction.atomic():
        answer = sender.send(method, path, body, **{"idempotency-key": f"w-{next(numbers)}"})
        location = answer.headers.get("Location")
        read = sender.get(location) if location else None
        again = sender.send(method, path, body, **{"idempotency-key": f"w-{next(numbers)}"})
        transaction.set_rollback(True)
    return tuple((each.status_code, _plain(each.content)) for each in (answer, read, again) if each is not None)


def _plain(content: bytes) -> str:
    said = content.decode()
    for pattern, word in NOISE:
        said = re.sub(pattern, word, said)
    return said


def test_no_write_tells_what_is_hidden(sender: Caller) -> None:
    SourceFactory(code="wire")
    SourceFactory(code="paper")
    seen = ShipmentFactory().reference
    bodies = good_entries()
    own = {kind: sender.post(f"{PLURALS[kind]}/", body).headers["Location"] for kind, body in bodies.items()}
    asked = list(writes(seen, bodies, own))
    assert {operation for operation, *_ in asked} == WRITES - NAMES_NOTHING
    before = [outcome(sender, each) for each in asked]
    hide(seen, bodies)
    assert Subscription.objects.count() == 1
    told = [
        (each[:3], json.dumps(each[3])[:200], one, other)
        for each, one, other in zip(asked, before, (outcome(sender, each) for each in asked), strict=True)
        if one != other
    ]
    assert told == []
    # The writes are good ones: most are taken, or refused for just what they name.
    crashed = [(each[:3], one) for each, one in zip(asked, before, strict=True) if one[0][0] >= 500]
    assert crashed == []
    assert {201, 202, 207, 404, 422} <= {each[0][0] for each in before}
