"""What makes two reports the same: a hash over what was said, and the reference made from it."""

import hashlib
from datetime import UTC, datetime
from itertools import compress
from operator import attrgetter, ne

import msgspec
from msgspec.structs import asdict

from shipments.intake.draft import ReportDraft

# Left out: the transport's own noise, and what the natural key holds beside the hash.
NOT_SAID = {"raw", "source", "event_id"}
SAID = {
    field.name: {} if field.name == "flags" else field.default
    for field in msgspec.structs.fields(ReportDraft)
    if field.name not in NOT_SAID
}
VALUES, DEFAULTS = attrgetter(*SAID), tuple(SAID.values())
CANONICAL = msgspec.json.Encoder(order="sorted")


def content_hash(draft: ReportDraft) -> bytes:
    """SHA-256 over the canonical content of ``draft``: 32 bytes.

    Times are written in UTC, so that one moment has one form; receipt time is no part of a draft.
    Fields at their default are left out, so that a field added later changes no old hash.
    """
    values = VALUES(draft)
    said = dict(compress(zip(SAID, values, strict=True), map(ne, values, DEFAULTS)))
    said["asserted_at"] = _in_utc(draft.asserted_at)
    if occurred := draft.occurred:
        said["occurred"] = {
            "earliest": _in_utc(occurred.earliest),
            "latest": _in_utc(occurred.latest),
            "precision": occurred.precision,
        }
    if draft.facts:
        said["facts"] = [{**asdict(fact), "as_of": fact.as_of and _in_utc(fact.as_of)} for fact in draft.facts]
    return hashlib.sha256(CANONICAL.encode(said)).digest()


def key_digest(source: str, event_id: str, content: bytes, ordinal: int) -> bytes:
    """SHA-256 over a report's natural key, from which its public reference is made."""
    return hashlib.sha256(b"\0".join([source.encode(), event_id.encode(), content, str(ordinal).encode()])).digest()


def _in_utc(moment: datetime) -> msgspec.Raw:
    """As ``isoformat`` writes it, in a quarter of the time: msgspec's own form has Z in place of the offset."""
    written = CANONICAL.encode(moment if moment.tzinfo is UTC else moment.astimezone(UTC))
    return msgspec.Raw(written[:-2] + b'+00:00"')
