"""Who sends what, and how much of it at a time: leases, fairness, one sender."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from shipments.models import Delivery, Subscription
from shipments.services.webhooks import delivering
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import Claim, claim, deliver_due, requests_of, send, settle
from shipments.services.webhooks.subscribing import ping
from tests import receiver as endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def little_time(settings):
    settings.WEBHOOK_TIMEOUT_SECONDS = 1


def test_lease_that_ran_out_is_claimed_by_the_next_and_the_late_word_is_refused(subscribed, receiver):
    ping(subscribed())
    now = moment()
    (zombie,) = claim(limit=9, now=now)
    assert claim(limit=9, now=now) == []
    (late,) = requests_of([zombie])
    (heir,) = claim(limit=9, now=now + timedelta(seconds=3, microseconds=1))
    assert not settle(late, send(late), now=now)
    assert Delivery.objects.get().attempts == 0
    (request,) = requests_of([heir])
    assert settle(request, send(request), now=now)
    assert receiver.ids() == [Delivery.objects.get().webhook_id] * 2


def test_no_subscription_has_more_than_its_share_of_requests(subscribed, receiver):
    crowd, lone = subscribed(path="/crowd"), subscribed(path="/lone")
    for _ in range(40):
        ping(crowd)
    ping(lone)
    now = moment()
    claimed = {each.delivery_id for each in claim(limit=32, now=now)}
    shares = Delivery.objects.filter(pk__in=claimed).values_list("subscription__url", flat=True)
    assert sorted(url.rpartition("/")[2] for url in shares) == ["crowd"] * 4 + ["lone"]
    assert claim(limit=32, now=now) == []


def test_endpoint_that_fails_has_one_request_at_a_time(subscribed, receiver):
    subscription = subscribed()
    for _ in range(5):
        ping(subscription)
    now = moment()
    Subscription.objects.update(failing_since=now)
    assert len(claim(limit=32, now=now)) == 1


def test_first_messages_of_all_go_before_anybodys_second(subscribed, receiver):
    subscriptions = [subscribed(path=f"/{number}") for number in range(3)]
    for _ in range(3):
        for subscription in subscriptions:
            ping(subscription)
    claimed = [each.delivery_id for each in claim(limit=3, now=moment())]
    assert Delivery.objects.filter(pk__in=claimed).values("subscription").distinct().count() == 3


def test_what_never_answers_does_not_hold_up_the_others(subscribed, receiver):
    receiver.behaviours = {"/hole": endpoint.never}
    holes = [subscribed(path="/hole") for _ in range(2)]
    others = [subscribed(path=f"/{number}") for number in range(3)]
    for subscription in [*holes * 4, *others * 4]:
        ping(subscription)
    deliver_due()
    answered = [each for each in receiver.requests if each.path != "/hole"]
    assert len(answered) == 12
    first_in_a_hole = min(each.at for each in receiver.requests if each.path == "/hole")
    given_up = first_in_a_hole + 1
    assert all(each.at < given_up for each in answered)


def test_only_one_process_sends_at_a_time(subscribed, receiver):
    ping(subscribed())
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [delivering.SENDER_LOCK])
            assert deliver_due() == 0
            cursor.execute("SELECT pg_advisory_unlock(%s)", [delivering.SENDER_LOCK])
    finally:
        other.close()
    assert deliver_due() == 1


def test_claim_carries_the_moment_of_the_database(subscribed):
    ping(subscribed())
    (one,) = claim(limit=1)
    assert isinstance(one, Claim)
    assert abs(one.at - datetime.now(UTC)) < timedelta(seconds=30)
