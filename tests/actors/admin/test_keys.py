"""An operator issues keys, sees a token once, and revokes."""

from uuid import uuid4

import pytest

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import AuditEntry, PartnerKey
from actors.services.keys import START, find_key, issue_key, revoke_key
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

WHERE = "/admin/actors/partnerkey/"


def test_a_token_is_shown_once_and_a_revoked_key_opens_nothing():
    actor = ActorFactory()
    operator = signed_in(clearance=Marking.AMBER, operator=True)
    assert "_addanother" not in operator.get(f"{WHERE}add/").text  # it would pass by the page that shows the token
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

    assert token.rpartition("_")[2] in shown.partition("client secret")[2]
    operator.post(page_of(key).replace("/change/", "/revoke/"), {"reason": "lost"})
    assert find_key(token) is None
    entry = AuditEntry.objects.get(action="key.revoked")
    assert (entry.reason, entry.user_id is not None) == ("lost", True)


def test_nobody_issues_a_key_that_reads_more_than_they_do():
    actor = ActorFactory()
    form = {"name": "Logistics", "actor": actor.pk, "scopes": ["read"], "clearance": int(Marking.RED)}
    answer = signed_in(clearance=Marking.GREEN, operator=True).post(f"{WHERE}add/", form)
    assert answer.status_code == 200
    assert not PartnerKey.objects.exists()


def test_a_key_is_rotated_and_changed_with_a_reason():
    key, old = issue()
    operator = signed_in(clearance=Marking.AMBER, operator=True)
    rotate, amend = (page_of(key).replace("/change/", f"/{what}/") for what in ("rotate", "amend"))
    assert operator.post(rotate, {"overlap_days": 7, "reason": " "}).status_code == 200
    assert not AuditEntry.objects.filter(action="key.rotated").exists()
    answer = operator.post(rotate, {"overlap_days": 7, "reason": "yearly"})
    token = START + answer.content.decode().partition(START)[2].partition("<")[0]
    assert "no-store" in answer.headers["Cache-Control"]
    assert find_key(token) == find_key(old) == key
    assert token not in operator.get(page_of(key)).content.decode()

    said = {"scopes": ["read", "reports:write"], "clearance": 1, "reads_per_minute": 5, "reason": "more to send"}
    assert operator.post(amend, said).status_code == 302
    assert (find_key(token).scopes, find_key(token).reads_per_minute) == (["read", "reports:write"], 5)
    refused = operator.post(amend, {**said, "clearance": int(Marking.RED)})
    assert refused.status_code == 200
    assert find_key(token).clearance == Marking.GREEN


@pytest.mark.parametrize("what", ["amend", "rotate", "revoke"])
def test_only_an_operator_who_reads_as_much_manages_a_key(what):
    key, token = issue(clearance=Marking.AMBER)
    page = page_of(key).replace("/change/", f"/{what}/")
    form = {"reason": "x", "overlap_days": 0, "scopes": ["read"], "clearance": 0}
    for person in (signed_in(clearance=Marking.RED), signed_in(clearance=Marking.GREEN, operator=True)):
        assert person.get(page).status_code in (302, 403)
        assert person.post(page, form).status_code in (302, 403)
    operator = signed_in(clearance=Marking.AMBER, operator=True)
    assert operator.get(page).status_code == 200
    assert operator.get(page.replace(str(key.pk), str(uuid4()))).status_code in (302, 403)
    assert operator.get(page.replace(str(key.pk), "1%00")).status_code in (302, 400, 403)
    assert find_key(token)
    revoke_key(key, reason="lost")
    assert operator.post(page, form).status_code == 403


def issue(*, clearance: Marking = Marking.GREEN) -> tuple[PartnerKey, str]:
    return issue_key(name="Logistics", actor=ActorFactory(), scopes=["read"], clearance=clearance)
