"""What makes two reports the same: a hash over what was said, and the reference made from it."""

import hashlib
import json
from dataclasses import fields
from datetime import UTC, datetime

from shipments.intake.draft import FactDraft, Occurred, Pointer, ReportDraft

# Left out: the transport's own noise, and what the natural key holds beside the hash.
NOT_SAID = {"raw", "source", "event_id"}
SAID = [(field.name, field.default) for field in fields(ReportDraft) if field.name not in NOT_SAID]


def content_hash(draft: ReportDraft) -> bytes:
    """SHA-256 over the canonical content of ``draft``: 32 bytes.

    Times are written in UTC, so that one moment has one form; receipt time is no part of a draft.
    Fields at their default are left out, so that a field added later changes no old hash.
    """
    said = {
        name: value for name, default in SAID if (value := getattr(draft, name)) != default and value not in ({}, ())
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).digest()


def key_digest(source: str, event_id: str, content: bytes, ordinal: int) -> bytes:
    """SHA-256 over a report's natural key, from which its public reference is made."""
    return hashlib.sha256(b"\0".join([source.encode(), event_id.encode(), content, str(ordinal).encode()])).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, FactDraft | Occurred | Pointer):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a draft holds no {type(value).__name__}")
