"""Whether a key may be used is asked in Python, in SQL and of many keys at once: one table, and all of them agree."""

from datetime import timedelta

import pytest
from django.utils import timezone

from actors.marking import Marking
from actors.models import PartnerKey, RequestCount
from actors.services.keys import find_and_count, find_key, is_usable
from actors.services.tokens import find_token, keep_token, make_token
from shipments.factories import ShipmentFactory
from shipments.models import OutboxEvent
from shipments.services.planning import announce_loss
from shipments.services.webhooks import audience
from tests.people import make_partner

pytestmark = pytest.mark.django_db

# What is set of a key, as seconds from now, and whether it may be used.
STANDINGS = {
    "it never ends": ({}, True),
    "it has yet to end": ({"expires_at": 60}, True),
    "it has ended": ({"expires_at": -1}, False),
    "it ends right now": ({"expires_at": 0}, False),
    "it was revoked": ({"revoked_at": -1}, False),
    "it was revoked, and has yet to end": ({"revoked_at": -1, "expires_at": 60}, False),
    "it has ended, and was revoked then": ({"revoked_at": 0, "expires_at": 0}, False),
    "it was revoked by a clock that is ahead": ({"revoked_at": 60}, False),
}


def counts(key, token):
    find_and_count(token, kind="reads", quota=9)
    return RequestCount.objects.filter(caller=f"key:{key.pk}:reads").exists()


def is_told_of_a_loss(key, token):
    announce_loss(ShipmentFactory(marking=Marking.RED), cleared=Marking.CLEAR)
    return OutboxEvent.objects.filter(type="subject.gone", actor_id=key.actor_id).exists()


def is_good_for_its_token(key, token):
    exchanged = make_token()
    # Exchanged while it was good.
    keep_token(exchanged, key=PartnerKey(pk=key.pk), scopes=["read"])
    return find_token(exchanged) is not None


ASKED = {
    "of a key that was read": lambda key, token: is_usable(key, timezone.now()),
    "by its secret": lambda key, token: find_key(token) is not None,
    "by its secret, to count": lambda key, token: find_and_count(token, kind="reads", quota=9) is not None,
    "by the statement that counts": counts,
    "by a token": is_good_for_its_token,
    "for webhooks": lambda key, token: audience.is_usable(key, at=timezone.now()),
    "of all keys, by who loses something": is_told_of_a_loss,
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("standing", STANDINGS)
def test_a_key_is_usable_or_not_whoever_asks(standing, asked):
    said, usable = STANDINGS[standing]
    partner = make_partner(scopes=["read", "webhooks:manage"])
    now = timezone.now()
    PartnerKey.objects.update(**{name: now + timedelta(seconds=seconds) for name, seconds in said.items()})
    key = PartnerKey.objects.get()
    assert ASKED[asked](key, partner.token) is usable


@pytest.mark.parametrize("ask", [is_usable, lambda key, now: audience.is_usable(key, at=now)])
def test_a_key_ends_at_its_very_moment(ask):
    ends = timezone.now()
    key = PartnerKey(expires_at=ends, scopes=["read", "webhooks:manage"])
    assert ask(key, ends - timedelta(microseconds=1))
    assert not ask(key, ends)
