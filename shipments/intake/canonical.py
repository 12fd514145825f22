"""What makes two reports the same: a hash over what was said, and the reference made from it."""

import hashlib
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import asdict

from shipments.intake.draft import ReportDraft

# Left out: the transport's own noise, and what the natural key holds beside the hash.
NOT_SAID = {"raw", "source", "event_id"}
FIELDS = [field for field in msgspec.structs.fields(ReportDraft) if field.name not in NOT_SAID]
DEFAULTS = {field.name: {} if field.name == "flags" else field.default for field in FIELDS if not field.required}
# What is said of a report, without what is at its default, in C. A default is told by its identity, and an empty dict.
Said: Any = msgspec.defstruct(
    "Said",
    [
        *((field.name, Any) for field in FIELDS if field.required),
        *((name, Any, said) for name, said in DEFAULTS.items()),
    ],
    omit_defaults=True,
    gc=False,
)
VALUES = attrgetter(*Said.__struct_fields__)
# Words that a sender may say as we would have taken them: another object each time.
USUAL = [
    (Said.__struct_fields__.index(name), default)
    for name, default in DEFAULTS.items()
    if isinstance(default, str) and default
]
CANONICAL = msgspec.json.Encoder(order="sorted")


def content_hash(draft: ReportDraft) -> bytes:
    """SHA-256 over the canonical content of ``draft``: 32 bytes.

    Times are written in UTC, so that one moment has one form; receipt time is no part of a draft.
    Fields at their default are left out, so that a field added later changes no old hash.
    """
    values = list(VALUES(draft))
    for place, default in USUAL:
        if values[place] == default:
            values[place] = default
    said = Said(*values)
    said.asserted_at = _in_utc(draft.asserted_at)
    if occurred := draft.occurred:
        earliest = _in_utc(occurred.earliest)
        latest = earliest if occurred.latest is occurred.earliest else _in_utc(occurred.latest)
        said.occurred = {"earliest": earliest, "latest": latest, "precision": occurred.precision}
    if draft.facts:
        said.facts = [{**asdict(fact), "as_of": fact.as_of and _in_utc(fact.as_of)} for fact in draft.facts]
    return hashlib.sha256(CANONICAL.encode(said)).digest()


def key_digest(source: str, event_id: str, content: bytes, ordinal: int) -> bytes:
    """SHA-256 over a report's natural key, from which its public reference is made."""
    return hashlib.sha256(b"\0".join([source.encode(), event_id.encode(), content, str(ordinal).encode()])).digest()


def _in_utc(moment: datetime) -> msgspec.Raw:
    """As ``isoformat`` writes it, in a quarter of the time: msgspec's own form has Z in place of the offset."""
    written = CANONICAL.encode(moment if moment.tzinfo is UTC else moment.astimezone(UTC))
    return msgspec.Raw(written[:-2] + b'+00:00"')
