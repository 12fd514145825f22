"""Subscriptions as a partner asks for them."""

from typing import Any
from uuid import uuid4

from tests.people import Caller

BODY: dict[str, Any] = {"url": "https://hooks.example.org/aidtracker", "event_types": ["picture.changed"]}
SCOPES = ["read", "webhooks:manage"]


def subscribe(partner: Caller, body: Any) -> Any:
    """The answer to a new request to subscribe."""
    return partner.post("subscriptions/", body, **{"idempotency-key": str(uuid4())})


def made(partner: Caller, **more: Any) -> dict[str, Any]:
    answer = subscribe(partner, {**BODY, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def change(partner: Caller, reference: str, body: Any, **headers: str) -> Any:
    """The answer to a new request to change a subscription."""
    once = {"idempotency-key": str(uuid4()), **headers}
    return partner.send("PATCH", f"subscriptions/{reference}/", body, **once)
