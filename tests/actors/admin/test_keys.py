"""An operator issues keys, sees a token once, and revokes."""

import pytest

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.keys import START, find_key
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

WHERE = "/admin/actors/partnerkey/"


def test_a_token_is_shown_once_and_a_revoked_key_opens_nothing():
    actor = ActorFactory()
    operator = signed_in(clearance=Marking.AMBER, operator=True)
    answer = operator.post(
        f"{WHERE}add/", {"name": "Logistics", "actor": actor.pk, "scopes": ["read"], "clearance": int(Marking.GREEN)}
    )
    shown = answer.content.decode()
    token = START + shown.partition(START)[2].partition("<")[0]
    key = find_key(token)
    assert key is not None
    assert (key.name, key.scopes, key.clearance) == ("Logistics", ["read"], Marking.GREEN)
    assert "no-store" in answer.headers["Cache-Control"]
    secret = token.rpartition("_")[2]
    assert secret not in operator.get(WHERE).content.decode()
    assert secret not in operator.get(f"{WHERE}{key.pk}/change/").content.decode()

    operator.post(WHERE, {"action": "revoke", "_selected_action": str(key.pk), "index": 0})
    assert find_key(token) is None


def test_nobody_issues_a_key_that_reads_more_than_they_do():
    actor = ActorFactory()
    form = {"name": "Logistics", "actor": actor.pk, "scopes": ["read"], "clearance": int(Marking.RED)}
    answer = signed_in(clearance=Marking.GREEN, operator=True).post(f"{WHERE}add/", form)
    assert answer.status_code == 200
    assert not PartnerKey.objects.exists()


def test_an_analyst_cannot_revoke():
    actor = ActorFactory()
    operator, analyst = signed_in(operator=True), signed_in()
    operator.post(f"{WHERE}add/", {"name": "L", "actor": actor.pk, "scopes": ["read"], "clearance": 0})
    key = PartnerKey.objects.get()
    analyst.post(WHERE, {"action": "revoke", "_selected_action": str(key.pk), "index": 0})
    key.refresh_from_db()
    assert key.revoked_at is None
