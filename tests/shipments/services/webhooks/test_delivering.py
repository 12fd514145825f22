"""From a committed event to a signed request and what becomes of it; time is an argument."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from actors.marking import Marking
from actors.models import PartnerKey
from shipments.factories import ReadingGrantFactory
from shipments.models import Delivery, DeliveryAttempt, OutboxEvent, Subject, Subscription
from shipments.services.planning import announce_loss
from shipments.services.webhooks import delivering
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import deliver_due
from shipments.services.webhooks.schedule import WAITS
from shipments.services.webhooks.subscribing import By, enable, ping, replay
from tests import receiver as endpoint
from tests.shipments.services.webhooks.conftest import believe, partner_key, verified

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(delivering.random, "random", lambda: 0.0)
    settings.WEBHOOK_TIMEOUT_SECONDS = 1


def test_what_is_believed_is_told_signed_by_the_standard(subscribed, receiver, say, shipment):
    subscription = subscribed()
    say("departed", 24)
    believe()
    assert deliver_due() == 1

    (request,) = receiver.requests
    said = verified(subscription.secret, request)
    event = OutboxEvent.objects.get(type="picture.changed")
    assert said == {
        "type": "picture.changed",
        "timestamp": event.created_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "subject": shipment.reference,
            "kind": "shipment",
            "version": 1,
            "status": "departed",
            "leading": "departed",
            "state": "single_source",
            "contested": False,
            "url": f"/api/v1/shipments/{shipment.reference}/",
        },
    }
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.webhook_id) == (
        State.DELIVERED, 1, request.headers["webhook-id"],
    )  # fmt: skip
    assert (delivery.log.get().status, delivery.log.get().error) == (204, "")
    assert deliver_due() == 0


def test_failing_endpoint_is_tried_by_the_schedule_under_one_id(subscribed, receiver):
    subscribed()
    ping(Subscription.objects.get())
    receiver.behaviour = endpoint.answer(500, b"no")
    now = begun = moment()
    for wait in WAITS:
        assert deliver_due(now=now) == 1
        assert Delivery.objects.get().next_attempt_at == now + wait
        assert deliver_due(now=now + wait - timedelta(microseconds=1)) == 0
        now += wait
    assert deliver_due(now=now) == 1

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, now - begun) == (
        State.FAILED, 10, timedelta(days=3, hours=3, minutes=35, seconds=5),
    )  # fmt: skip
    assert len(set(receiver.ids())) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.requests}) == 10
    assert len({each.body for each in receiver.requests}) == 1
    assert [each.number for each in delivery.log.all()] == list(range(1, 11))
    assert {each.response for each in delivery.log.all()} == {"no"}


@pytest.mark.parametrize(
    "behaviour",
    [endpoint.never, endpoint.reset, endpoint.nonsense, endpoint.answer(302, Location="http://127.0.0.1:1/")],
    ids=["never", "reset", "nonsense", "redirect"],
)
def test_whatever_else_goes_wrong_is_tried_again(subscribed, receiver, behaviour):
    receiver.behaviour = behaviour
    ping(subscribed())
    now = moment()
    deliver_due(now=now)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.failures, delivery.next_attempt_at) == (
        State.PENDING, 1, now + timedelta(seconds=5),
    )  # fmt: skip
    receiver.behaviour = endpoint.answer(200)
    deliver_due(now=now + timedelta(seconds=5))
    assert Delivery.objects.get().state == State.DELIVERED
    assert Subscription.objects.get().failing_since is None


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_holds_back_the_whole_subscription(subscribed, receiver, status):
    subscription = subscribed()
    ping(subscription)
    now = moment()
    receiver.behaviour = endpoint.answer(status, Retry_After="600")
    deliver_due(now=now)
    assert Delivery.objects.get().next_attempt_at == now + timedelta(minutes=10)
    ping(subscription)
    receiver.behaviour = endpoint.answer(200)
    assert deliver_due(now=now + timedelta(minutes=9)) == 0
    assert deliver_due(now=now + timedelta(minutes=10)) == 2
    assert Subscription.objects.get().paused_until is None


def test_endpoint_that_is_gone_is_disabled_at_once(subscribed, receiver):
    subscription = subscribed()
    for _ in range(3):
        ping(subscription)
    receiver.behaviour = endpoint.answer(410)
    now = moment()
    deliver_due(now=now)

    subscription.refresh_from_db()
    assert (subscription.disabled_reason, subscription.disabled_at) == ("gone", now)
    assert set(Delivery.objects.values_list("state", flat=True)) <= {State.FAILED, State.CANCELLED}
    assert deliver_due(now=now + timedelta(days=9)) == 0


def test_nothing_but_failures_for_120_hours_disables(subscribed, receiver):
    subscription = subscribed()
    receiver.behaviour = endpoint.answer(500)
    now = moment() + timedelta(minutes=1)
    for hours, is_active in [(0, True), (119, True), (120, False)]:
        ping(subscription)
        deliver_due(now=now + timedelta(hours=hours))
        subscription.refresh_from_db()
        assert (subscription.disabled_at is None) == is_active, hours
    assert subscription.disabled_reason == "failing"
    enable(subscription, by=By())
    subscription.refresh_from_db()
    assert subscription.failing_since is None


def test_one_success_begins_the_120_hours_anew(subscribed, receiver):
    subscription = subscribed()
    now = moment() + timedelta(minutes=1)
    for hours, status in [(0, 500), (100, 200), (110, 500), (229, 500)]:
        Delivery.objects.all().delete()
        ping(subscription)
        receiver.behaviour = endpoint.answer(status)
        deliver_due(now=now + timedelta(hours=hours))
    subscription.refresh_from_db()
    assert subscription.disabled_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": "2026-01-01T00:00Z"},
        {"expires_at": "2026-01-01T00:00Z"},
        {"scopes": ["webhooks:manage"]},
        {"scopes": ["read"]},
    ],
    ids=["revoked", "expired", "may-not-read", "may-not-manage"],
)
def test_key_that_is_no_good_any_more_is_told_nothing(subscribed, receiver, say, change):
    subscription = subscribed()
    say("departed", 24)
    believe()
    PartnerKey.objects.filter(pk=subscription.key_id).update(**change)
    assert deliver_due() == 0

    assert receiver.requests == []
    assert Delivery.objects.get().state == State.WITHHELD
    subscription.refresh_from_db()
    assert subscription.disabled_reason == "key"
    assert not DeliveryAttempt.objects.exists()


def test_subject_that_was_marked_beyond_the_key_is_withheld(subscribed, receiver, say, shipment):
    subscribed("picture.changed", "report.recorded")
    say("departed", 24)
    believe()
    assert Delivery.objects.count() == 2
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    assert deliver_due() == 0

    assert receiver.requests == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.WITHHELD}
    assert Subscription.objects.get().disabled_at is None


def test_loss_of_a_subject_is_told_by_its_reference_alone_until_it_is_opened_again(subscribed, receiver, shipment):
    subscription = subscribed("subject.gone")
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    hidden = Subject.objects.get(pk=shipment.pk)
    announce_loss(hidden, cleared=Marking.CLEAR)
    believe()
    assert deliver_due() == 1
    said = verified(subscription.secret, receiver.requests[0])
    event = OutboxEvent.objects.get(type="subject.gone")
    assert said == {
        "type": "subject.gone",
        "timestamp": event.created_at.isoformat().replace("+00:00", "Z"),
        "data": {"subject": shipment.reference, "kind": "shipment"},
    }

    announce_loss(hidden, cleared=Marking.CLEAR)
    believe()
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.CLEAR)
    assert deliver_due() == 0
    assert Delivery.objects.exclude(state=State.DELIVERED).get().state == State.WITHHELD


def test_clearance_or_grant_that_was_taken_away_withholds(subscribed, receiver, say, shipment):
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    cleared, granted = partner_key(clearance=Marking.AMBER), partner_key()
    grant = ReadingGrantFactory(subject=shipment, actor=granted.actor, marking=Marking.AMBER)
    subscribed(key=cleared), subscribed(key=granted)
    say("departed", 24)
    believe()
    assert Delivery.objects.count() == 2
    PartnerKey.objects.filter(pk=cleared.pk).update(clearance=Marking.GREEN)
    grant.withdrawn_at = moment()
    grant.save()
    assert deliver_due() == 0
    assert receiver.requests == []


def test_replay_sends_the_same_message_again_and_asks_the_policy_again(subscribed, receiver, say, shipment):
    subscribed()
    say("departed", 24)
    believe()
    deliver_due()
    assert replay(Delivery.objects.all(), by=By()) == 1
    assert deliver_due() == 1
    first, second = receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert Delivery.objects.get().attempts == 2

    replay(Delivery.objects.all(), by=By())
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    assert deliver_due() == 0
    assert replay(Delivery.objects.all(), by=By()) == 0, "what was withheld stays so"


def test_no_transaction_is_open_while_a_message_is_on_its_way(subscribed, receiver, monkeypatch):
    """Only where the test's own transaction is not one: the sender opens none around a request."""
    ping(subscribed())
    depth = len(connection.savepoint_ids)

    def look(*_: Any, **__: Any) -> Any:
        assert len(connection.savepoint_ids) == depth
        return delivering.Answer(status=200)

    monkeypatch.setattr(delivering, "post", look)
    assert deliver_due() == 1
    assert Delivery.objects.get().state == State.DELIVERED


def test_event_of_a_transaction_that_was_rolled_back_is_told_to_nobody(subscribed, receiver, say):
    subscribed("report.recorded")
    with transaction.atomic():
        say("departed", 24)
        transaction.set_rollback(True)
    believe()
    assert deliver_due() == 0
    assert not Delivery.objects.exists()


def test_message_stays_small(subscribed, receiver, say):
    subscribed()
    say("departed", 24)
    believe()
    deliver_due()
    assert len(receiver.requests[0].body) < 1000
    assert json.loads(receiver.requests[0].body)["data"]["kind"] == "shipment"
