"""Every operation of the API, enumerated, against every way of not being allowed: a new one without a scope is red."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import resolve
from django.utils import timezone
from rest_framework.permissions import AllowAny

from actors.api.permissions import NeedsScope, Undeclared
from actors.models import PartnerKey
from actors.services.keys import revoke_key
from tests.aidtracker.api.test_doors import OPEN, addresses
from tests.people import ALL_SCOPES, Caller, code_of, make_partner

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of an address, and what its view asks of the caller."""

    method: str
    path: str
    permission: Any

    def ask(self, caller: Caller, **headers: str) -> Any:
        return caller.client.generic(
            self.method,
            f"/api/v1/{self.path}",
            b"{}" if self.method != "GET" else b"",
            content_type="application/json",
            headers={**caller.headers, **headers},
        )


def operations() -> list[Operation]:
    found = []
    for path in [*addresses(), "nothing/"]:
        view = resolve(f"/api/v1/{path}").func.view_class()  # type: ignore[attr-defined]
        for method in METHODS:
            if hasattr(view, method.lower()):
                view.request = type("Asked", (), {"method": method})
                (permission,) = view.get_permissions()
                found.append(Operation(method=method, path=path, permission=permission))
    return found


ALL = operations()
CLOSED = [each for each in ALL if not isinstance(each.permission, AllowAny)]
SCOPED = [each for each in CLOSED if isinstance(each.permission, NeedsScope)]


def test_every_operation_declares_who_may_use_it():
    assert len(ALL) > 50
    undeclared = [f"{each.method} {each.path}" for each in ALL if isinstance(each.permission, Undeclared)]
    assert undeclared == []
    assert {each.path for each in ALL if each not in CLOSED} == OPEN
    assert {each.path for each in CLOSED if each not in SCOPED} == {"nothing/", "key/"}
    for each in SCOPED:
        assert each.permission.scope in PartnerKey.Scope.values
        reads = each.method == "GET" and each.permission.scope == PartnerKey.Scope.READ
        assert each.permission.open_to_people == reads, "people write in the admin, and have no webhooks"


def test_bad_credentials_get_one_answer_everywhere(stranger):
    partner, revoked = make_partner(scopes=ALL_SCOPES), make_partner(scopes=ALL_SCOPES)
    expired = make_partner(scopes=ALL_SCOPES)
    revoke_key(revoked.key, reason="lost")
    PartnerKey.objects.filter(pk=expired.key.pk).update(expires_at=timezone.now())
    wrong = partner.token[:-1] + ("a" if partner.token[-1] != "a" else "b")
    bad = {
        "malformed": {"authorization": "Bearer aid_live_x"},
        "other scheme": {"authorization": f"Basic {partner.token}"},
        "unknown": {"authorization": "Bearer aid_live_00000000_" + "x" * 43},
        "wrong secret": {"authorization": f"Bearer {wrong}"},
        "revoked": revoked.headers,
        "expired": expired.headers,
    }
    for each in CLOSED:
        bodies = set()
        for name, headers in {"none": {}, **bad}.items():
            answer = each.ask(stranger, **headers)
            assert answer.status_code == 401, (each, name, answer.content)
            assert code_of(answer) == "unauthenticated"
            bodies.add(answer.content.replace(answer.json()["request_id"].encode(), b""))
            challenge = answer.headers["WWW-Authenticate"]
            assert challenge.startswith('Bearer realm="')
            assert ('error="invalid_token"' in challenge) == (name != "none")
        assert len(bodies) == 1, each


def test_a_scope_that_is_missing_is_named_and_nothing_else_is_told():
    without = {
        scope: make_partner(scopes=[each for each in PartnerKey.Scope.values if each != scope])
        for scope in PartnerKey.Scope.values
    }
    for each in SCOPED:
        answer = each.ask(without[each.permission.scope])
        assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope"), each
        challenge = answer.headers["WWW-Authenticate"]
        assert f'error="insufficient_scope", scope="{each.permission.scope}"' in challenge
        assert "errors" not in answer.json()


def test_the_one_scope_that_is_asked_for_opens(analyst):
    holders = {scope: make_partner(scopes=[scope]) for scope in PartnerKey.Scope.values}
    for each in SCOPED:
        assert each.ask(holders[each.permission.scope]).status_code not in (401, 403), each
        assert (each.ask(analyst).status_code == 403) != each.permission.open_to_people, each


def test_a_view_that_declares_nothing_is_closed_to_everybody(partner, analyst, settings):
    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == ["actors.api.permissions.Undeclared"]
    assert Undeclared().has_permission(None, None) is False  # type: ignore[arg-type]
