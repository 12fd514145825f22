"""The secrets that messages are signed with: sealed, rotated, and lost."""

from datetime import timedelta

import pytest
from standardwebhooks import WebhookVerificationError

from shipments.models import DeliveryAttempt, Subscription
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import deliver_due
from shipments.services.webhooks.subscribing import By, ping, rotate_secret
from tests.shipments.services.webhooks.conftest import verified

pytestmark = pytest.mark.django_db


def test_signature_is_of_the_new_and_the_old_secret_until_the_overlap_is_over(subscribed, receiver):
    subscription = subscribed()
    now = moment()
    new = rotate_secret(subscription, overlap=timedelta(hours=1), by=By(), now=now - timedelta(minutes=30))
    ping(subscription)
    deliver_due()
    (request,) = receiver.requests
    assert len(request.headers["webhook-signature"].split()) == 2
    assert verified(subscription.secret, request) == verified(new, request)

    subscription.secrets.exclude(expires_at=None).update(expires_at=now - timedelta(seconds=1))
    ping(subscription)
    deliver_due()
    assert verified(new, receiver.requests[1])
    with pytest.raises(WebhookVerificationError):
        verified(subscription.secret, receiver.requests[1])


def test_secret_that_cannot_be_opened_sends_nothing_and_says_so(subscribed, receiver, settings):
    ping(subscribed())
    settings.WEBHOOK_KEYS = ["another long text that nothing was sealed with"]
    deliver_due()
    assert receiver.requests == []
    assert DeliveryAttempt.objects.get().error == "secret_not_readable"


def test_secret_that_an_older_key_sealed_still_signs(subscribed, receiver, settings):
    subscription = subscribed()
    settings.WEBHOOK_KEYS = ["another long text that nothing was sealed with", *settings.WEBHOOK_KEYS]
    ping(subscription)
    deliver_due()
    assert verified(subscription.secret, receiver.requests[0])


def test_secret_is_nowhere_in_the_database_as_it_is(subscribed):
    subscription = subscribed()
    raw = bytes(subscription.secrets.get().sealed)
    assert subscription.secret.removeprefix("whsec_").encode() not in raw
    assert len(raw) > 60
    assert subscription.secret not in str(list(Subscription.objects.values()))
