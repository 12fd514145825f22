"""An operator looks after subscriptions: disables with a reason, enables, sends again, and never sees a secret."""

from ipaddress import ip_network

import pytest

from actors.models import AuditEntry
from shipments.factories import DeliveryFactory, SubscriptionFactory, SubscriptionSecretFactory
from shipments.models import Delivery, Subscription
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

SUBSCRIPTIONS, DELIVERIES = "/admin/shipments/subscription/", "/admin/shipments/delivery/"


def act(client, where, action, row, **more):
    return client.post(where, {"action": action, "_selected_action": str(row.pk), "index": 0, **more}, follow=True)


def test_subscription_is_disabled_with_a_reason_and_enabled(settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    subscription = SubscriptionFactory()
    waiting = DeliveryFactory(subscription=subscription)
    operator = signed_in(operator=True)

    asked = act(operator, SUBSCRIPTIONS, "disable", subscription).content.decode()
    assert "What waits for them is cancelled" in asked
    assert subscription.reference in asked
    for reason, told in (("  ", "Say why"), ("x" * 501, "At most 500")):
        assert told in act(operator, SUBSCRIPTIONS, "disable", subscription, reason=reason).content.decode()
    assert Subscription.objects.get().disabled_at is None

    act(operator, SUBSCRIPTIONS, "disable", subscription, reason="It floods  us.")
    subscription.refresh_from_db()
    assert (subscription.disabled_reason, subscription.disabled_note) == ("operator", "It floods us.")
    assert Delivery.objects.get(pk=waiting.pk).state == "cancelled"
    assert AuditEntry.objects.get(action="subscription.disabled").reason == "It floods us."

    assert b"1 enabled" in act(operator, SUBSCRIPTIONS, "enable", subscription).content
    subscription.refresh_from_db()
    assert (subscription.disabled_at, subscription.disabled_reason, subscription.disabled_note) == (None, "", "")


def test_message_that_failed_is_sent_again():
    delivery = DeliveryFactory(state="failed", failures=10, attempts=10, finished_at="2026-05-21T00:00Z")
    act(signed_in(operator=True), DELIVERIES, "send_again", delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.failures, delivery.attempts) == ("pending", 0, 10)
    assert AuditEntry.objects.get(action="subscription.replayed").user is not None


def test_message_of_a_disabled_subscription_is_not():
    subscription = SubscriptionFactory(disabled_at="2026-05-21T00:00Z", disabled_reason="gone")
    delivery = DeliveryFactory(subscription=subscription, state="failed", finished_at="2026-05-21T00:00Z")
    answer = act(signed_in(operator=True), DELIVERIES, "send_again", delivery)
    assert b"enable it first" in answer.content
    delivery.refresh_from_db()
    assert delivery.state == "failed"


def test_analysts_look_and_do_not_touch():
    subscription = SubscriptionFactory()
    delivery = DeliveryFactory(subscription=subscription, state="failed", finished_at="2026-05-21T00:00Z")
    analyst = signed_in()
    assert analyst.get(page_of(subscription)).status_code == analyst.get(page_of(delivery)).status_code == 200
    act(analyst, SUBSCRIPTIONS, "disable", subscription, reason="no")
    act(analyst, DELIVERIES, "send_again", delivery)
    assert Subscription.objects.get().disabled_at is None
    assert Delivery.objects.get().state == "failed"


def test_next_attempt_is_written_as_a_person_would():
    delivery = DeliveryFactory(next_attempt_at="2026-05-21T09:30:05.123456Z")
    for where in (DELIVERIES, page_of(delivery)):
        shown = signed_in().get(where).content
        assert b"21 May 2026 09:30" in shown
        assert b"05.123456" not in shown


def test_no_page_shows_a_secret():
    secret = SubscriptionSecretFactory()
    operator = signed_in(operator=True)
    for where in (SUBSCRIPTIONS, page_of(secret.subscription)):
        shown = operator.get(where).content
        assert bytes(secret.sealed) not in shown
        assert b"thirty-two bytes" not in shown
