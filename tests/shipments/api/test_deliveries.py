"""What was sent to an address and what came of it, for whoever subscribed with it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.marking import Marking
from actors.models import AuditEntry
from shipments.api.times import instant
from shipments.factories import DeliveryAttemptFactory, DeliveryFactory
from shipments.models import Delivery, Subject, Subscription
from shipments.services.relaying import relay_outbox
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.fanning_out import fan_out
from tests.people import Caller, faults_of, make_partner
from tests.shipments.api.test_subscriptions import SCOPES, made

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Caller:
    return make_partner(scopes=SCOPES)


def test_deliveries_tell_each_attempt_and_the_last_can_be_asked_for_by_state(partner, world, tell):
    reference = made(partner)["reference"]
    tell("carrier", "arrived", event_id="c-2", occurred="2022-05-20")
    relay_outbox()
    while fan_out():
        pass
    subscription = Subscription.objects.get()
    delivery = Delivery.objects.get()
    DeliveryAttemptFactory(delivery=delivery, status=500, response="no")
    DeliveryFactory(subscription=subscription, state="delivered", finished_at=moment())

    (waiting,) = partner.get(f"subscriptions/{reference}/deliveries/", {"state": "pending"}).json()["results"]
    assert waiting == {
        "webhook_id": delivery.webhook_id,
        "type": "picture.changed",
        "subject": world.shipment.reference,
        "state": "pending",
        "created_at": instant(delivery.created_at),
        "next_attempt_at": instant(delivery.next_attempt_at),
        "finished_at": None,
        "attempts": [
            {
                "number": 1,
                "at": "2026-05-20T12:00:00Z",
                "duration_ms": 120,
                "status": 500,
                "error": "",
                "response": "no",
            }
        ],
    }
    for query, count in [
        ({}, 2),
        ({"type": "ping"}, 1),
        ({"subject": world.shipment.reference}, 1),
        ({"subject": "SHP-00000000"}, 0),
    ]:
        assert len(partner.get(f"subscriptions/{reference}/deliveries/", query).json()["results"]) == count, query
    assert faults_of(partner.get(f"subscriptions/{reference}/deliveries/", {"state": "withheld"})) == {
        "state": "unknown_word"
    }


def test_delivery_on_what_became_hidden_is_not_listed_and_not_replayed(partner, world, tell):
    reference = made(partner)["reference"]
    tell("carrier", "arrived", event_id="c-2", occurred="2022-05-20")
    relay_outbox()
    while fan_out():
        pass
    Delivery.objects.update(state="delivered", finished_at=moment())
    webhook_id = Delivery.objects.get().webhook_id
    assert len(partner.get(f"subscriptions/{reference}/deliveries/").json()["results"]) == 1
    Subject.objects.filter(pk=world.shipment.pk).update(marking=Marking.AMBER)
    assert partner.get(f"subscriptions/{reference}/deliveries/").json()["results"] == []
    assert partner.post(f"subscriptions/{reference}/deliveries/{webhook_id}/replay/", {}).status_code == 404


def test_withheld_delivery_is_as_if_it_had_never_been(partner):
    reference = made(partner)["reference"]
    held = DeliveryFactory(subscription=Subscription.objects.get(), state="withheld", finished_at=moment())
    assert partner.get(f"subscriptions/{reference}/deliveries/").json()["results"] == []
    assert partner.post(f"subscriptions/{reference}/deliveries/{held.webhook_id}/replay/", {}).status_code == 404


def test_replay_makes_it_wait_again_once_for_one_idempotency_key(partner):
    reference = made(partner)["reference"]
    delivery = DeliveryFactory(subscription=Subscription.objects.get(), state="failed", finished_at=moment())
    path = f"subscriptions/{reference}/deliveries/{delivery.webhook_id}/replay/"
    for _ in range(2):
        answer = partner.post(path, {}, **{"idempotency-key": "again"})
        assert (answer.status_code, answer.json()) == (202, {"webhook_id": delivery.webhook_id})
    assert AuditEntry.objects.filter(action="subscription.replayed").count() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures) == ("pending", 0)


def test_lists_come_in_pages_and_cost_as_many_queries_for_many_as_for_few(partner):
    for _ in range(3):
        made(partner)
    first = partner.get("subscriptions/", {"limit": 2}).json()
    second = partner.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (2, 1, None)

    subscription = Subscription.objects.first()
    path = f"subscriptions/{subscription.reference}/deliveries/"
    DeliveryAttemptFactory(delivery=DeliveryFactory(subscription=subscription))

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert partner.get(address).status_code == 200
        return len(queries)

    partner.get(path)
    few = cost(path), cost("subscriptions/")
    for _ in range(5):
        DeliveryAttemptFactory(delivery=DeliveryFactory(subscription=subscription))
        made(partner)
    assert (cost(path), cost("subscriptions/")) == few
    assert max(few) <= 6
    page = partner.get(path, {"limit": 4}).json()
    assert len(partner.get(page["next"]).json()["results"]) == 2
