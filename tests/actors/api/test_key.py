"""A key, or a token of it, asks what it may do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from actors.factories import SourceFactory
from actors.models import PartnerKey
from actors.services.keys import rotate_key
from tests.actors.api.test_limits import limit
from tests.actors.api.test_oauth import GRANT, ask, bearer, credentials
from tests.people import make_partner

pytestmark = pytest.mark.django_db


def test_key_tells_whose_it_is_and_what_it_may_do():
    partner = make_partner(
        scopes=["reports:write"], source=SourceFactory(code="lss", name="LSS", kind="partner_system")
    )
    limit(partner, reads_per_minute=100, writes_per_minute=50)
    said = partner.get("key/").json()
    actor = partner.key.actor
    assert said == {
        "name": partner.key.name,
        "prefix": partner.key.prefix,
        "credential": "key",
        "organisation": {
            "reference": actor.reference,
            "name": actor.name,
            "kind": actor.kind,
            "country": actor.country,
        },
        "source": {"code": "lss", "name": "LSS", "kind": "partner_system"},
        "scopes": ["reports:write"],
        "clearance": "GREEN",
        "created_at": said["created_at"],
        "expires_at": None,
        "limits": [
            {"name": "reads", "quota": 100, "window": 60, "left": 99, "seconds": said["limits"][0]["seconds"]},
            {"name": "writes", "quota": 50, "window": 60, "left": 50, "seconds": 60},
        ],
    }


def test_what_is_left_is_what_the_headers_say_and_asking_costs_one_read(partner):
    limit(partner, reads_per_minute=3, writes_per_minute=2)
    for left in (2, 1, 0):
        answer = partner.get("key/")
        reads, writes = answer.json()["limits"]
        assert (reads["left"], writes["left"]) == (left, 2)
        assert f'"reads";r={left};t={reads["seconds"]}' == answer.headers["RateLimit"]
    assert partner.get("key/").status_code == 429
    partner.post("reports/", {})
    PartnerKey.objects.filter(pk=partner.key.pk).update(reads_per_minute=9)
    assert [each["left"] for each in partner.get("key/").json()["limits"]] == [5, 1]


def test_token_tells_what_it_may_do_itself(partner, stranger):
    token = ask(stranger, {**credentials(partner), **GRANT, "scope": "read"})
    said = stranger.get("key/", **bearer(token)).json()
    assert (said["credential"], said["scopes"], said["prefix"]) == ("token", ["read"], partner.key.prefix)
    ends = timezone.datetime.fromisoformat(said["expires_at"]) - timezone.now()
    assert timedelta(minutes=58) < ends <= timedelta(hours=1)
    soon = timezone.now() + timedelta(minutes=5)
    PartnerKey.objects.filter(pk=partner.key.pk).update(expires_at=soon)
    ends = timezone.datetime.fromisoformat(stranger.get("key/", **bearer(token)).json()["expires_at"])
    assert ends == soon, "no longer than its key"


def test_old_secret_tells_its_own_end(partner):
    rotate_key(partner.key, overlap=timedelta(days=7), reason="Yearly.")
    ends = timezone.datetime.fromisoformat(partner.get("key/").json()["expires_at"]) - timezone.now()
    assert timedelta(days=6) < ends <= timedelta(days=7)


def test_person_who_is_signed_in_has_no_key(analyst):
    assert analyst.get("key/").status_code == 403
