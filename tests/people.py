"""The three people of every test about rights: a partner's system, an analyst, a stranger."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.marking import Marking
from actors.models import Actor, PartnerKey, Source
from actors.services.keys import issue_key

ALL_SCOPES = ["read", "reports:write", "reports:relay", "ledger:write", "webhooks:manage"]


@dataclass(kw_only=True)
class Caller:
    """Somebody who calls the API. ``key`` and ``token`` for a partner's system."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)
    key: PartnerKey | None = None
    token: str = ""

    def get(self, path: str, query: dict[str, Any] | str | None = None, **headers: str) -> Any:
        """The answer to GET /api/v1/<path>."""
        if isinstance(query, str):
            path, query = f"{path}?{query}", None
        return self.client.get(_full(path), query, headers={**self.headers, **headers})

    def post(self, path: str, body: Any, *, content_type: str = "application/json", **headers: str) -> Any:
        """The answer to POST /api/v1/<path>; ``body`` is sent as JSON unless it is bytes."""
        return self.send("POST", path, body, content_type=content_type, **headers)

    def send(self, method: str, path: str, body: Any, *, content_type: str = "application/json", **headers: str) -> Any:
        """The answer to another method, in the same way."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        # Not client.post: it would encode the bytes again, by whatever charset the test makes up.
        return self.client.generic(
            method, _full(path), sent, content_type=content_type, headers={**self.headers, **headers}
        )


def _full(path: str) -> str:
    return path if path.startswith("/") else f"/api/v1/{path}"


def make_partner(
    *,
    clearance: Marking = Marking.GREEN,
    scopes: list[str] | None = None,
    source: Source | None = None,
    actor: Actor | None = None,
    **given: Any,
) -> Caller:
    """A partner's system with a key of its own, reading GREEN and sending its own reports unless told otherwise."""
    actor = actor or (source.actor if source else None) or ActorFactory()
    source = source or SourceFactory(kind=Source.Kind.PARTNER_SYSTEM, actor=actor, grade="B")
    wanted = ["read", "reports:write"] if scopes is None else scopes
    key, token = issue_key(
        name="Logistics system", actor=actor, source=source, scopes=wanted, clearance=clearance, **given
    )
    return Caller(
        client=Client(raise_request_exception=False),
        headers={"authorization": f"Bearer {token}"},
        key=key,
        token=token,
    )


def make_analyst(*, clearance: Marking = Marking.AMBER) -> Caller:
    """A person who is signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(clearance=clearance))
    return Caller(client=client)


def make_stranger() -> Caller:
    """Nobody we know."""
    return Caller(client=Client(raise_request_exception=False))


def code_of(answer: Any) -> str:
    """The code of a problem, which is checked for its form."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content[:500]
    body = answer.json()
    assert body["status"] == answer.status_code
    assert {"type", "title", "detail", "request_id"} <= body.keys()
    return body["code"]


def faults_of(answer: Any) -> dict[str, str]:
    """Pointer, parameter or header -> code, of every fault of a problem."""
    code_of(answer)
    return {
        fault.get("pointer", fault.get("parameter", fault.get("header"))): fault["code"]
        for fault in answer.json().get("errors", ())
    }
