"""Signing secrets: shown once, kept sealed, and two of them for a while after a rotation."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from actors.services.sealing import seal, unseal
from shipments.models import Subscription, SubscriptionSecret

PREFIX = "whsec_"
# Standard Webhooks asks for 24 to 64 bytes.
SECRET_BYTES = 32


def new_secret(subscription: Subscription) -> str:
    """A new current secret, as the partner is shown it this once. The caller has ended the one before."""
    raw = secrets.token_bytes(SECRET_BYTES)
    SubscriptionSecret.objects.create(subscription=subscription, sealed=seal(raw))
    return PREFIX + base64.b64encode(raw).decode()


def open_secrets(rows: Iterable[SubscriptionSecret], *, at: datetime) -> list[bytes]:
    """The secrets of ``rows`` that sign at that moment. Raises InvalidToken where no key of ours opens one."""
    return [unseal(row.sealed) for row in rows if row.expires_at is None or row.expires_at > at]


def signature(keys: Iterable[bytes], *, webhook_id: str, timestamp: int, payload: bytes) -> str:
    """The webhook-signature header: one signature for each key."""
    signed = f"{webhook_id}.{timestamp}.".encode() + payload
    made = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return " ".join(f"v1,{each}" for each in made)
