"""What is stored of a report: its own row, its links, its payload, and the event that tells of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from actors.identifiers import new_key, reference_of
from actors.marking import Marking
from shipments.intake.canonical import content_hash, key_digest
from shipments.intake.draft import ReportDraft
from shipments.models import OutboxEvent, Report, ReportLink
from shipments.services.announcing import Event
from shipments.services.resolving import RESOLVED_COLUMNS, Resolved

COLUMNS = (
    *("id", "reference", "content_hash", "ordinal", "received_at", "partner_key_id", "entered_by_id", "payload_hash"),
    *RESOLVED_COLUMNS,
)
LINK_COLUMNS = ("report_id", "kind", "target_source_id", "target_event_id", "recorded_at", "reason")
PAYLOAD_COLUMNS = ("report_id", "quote", "language", "raw", "erased_because")
HELD, RECORDED = OutboxEvent.Type.REPORT_HELD.value, OutboxEvent.Type.REPORT_RECORDED.value
AMBER = Marking.AMBER.value


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A report with its natural key, about to be stored."""

    id: Any  # a new key
    reference: str
    content_hash: bytes
    ordinal: int
    received_at: datetime
    partner_key_id: UUID | None
    entered_by_id: int | None
    payload: Any  # Payload or None
    resolved: Resolved


def rows_of(
    resolved: Iterable[Resolved], moments: Iterable[datetime], *, partner_key_id: UUID | None, entered_by_id: int | None
) -> list[Row]:
    """What is to be stored of drafts without problems; identical ones without an event id are counted apart."""
    seen: Counter[tuple[datetime, str, bytes]] = Counter()
    rows = []
    for each, moment in zip(resolved, moments, strict=True):
        if each.problems:
            continue
        draft, content = each.draft, content_hash(each.draft)
        ordinal = 0
        if not draft.event_id:
            ordinal = seen[moment, draft.source, content]
            seen[moment, draft.source, content] += 1
        digest = key_digest(draft.source, draft.event_id, content, ordinal)
        rows.append(
            Row(
                id=new_key(),
                reference=reference_of("RPT", digest),
                content_hash=content,
                ordinal=ordinal,
                received_at=moment,
                partner_key_id=partner_key_id,
                entered_by_id=entered_by_id,
                payload=payload_of(draft),
                resolved=each,
            )
        )
    return rows


def columns_of(row: Row) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    own = (row.id, row.reference, row.content_hash, row.ordinal, row.received_at, row.partner_key_id)
    return (*own, row.entered_by_id, row.payload.hash if row.payload else None, *row.resolved.columns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """What policy may erase; ``raw`` is JSON. The hash stays with the report, so that it can still be proven."""

    quote: str
    language: str
    raw: str | None
    hash: bytes


def payload_of(draft: ReportDraft) -> Payload | None:
    """The quote and the sender's own message, with their SHA-256; None where there are neither."""
    if not draft.quote and not draft.raw:
        return None
    text = json.dumps([draft.quote, draft.raw], sort_keys=True, ensure_ascii=False, default=str)
    raw = json.dumps(draft.raw) if draft.raw is not None else None
    return Payload(quote=draft.quote, language=draft.language, raw=raw, hash=hashlib.sha256(text.encode()).digest())


def event_of(row: Row, actor_id: UUID | None) -> Event:
    """The event that tells of a new report; of one without a subject, only analysts and its sender read."""
    each = row.resolved
    marking = max(each.marking, each.subject_marking if each.subject_id else AMBER)
    return Event(
        type=HELD if each.is_held else RECORDED,
        subject_id=each.subject_id,
        marking=marking,
        actor_id=actor_id if marking else None,
        body={"report": row.reference, "subject": each.subject_reference},
    )


def due_of(rows: Iterable[Row]) -> Iterator[tuple[UUID, datetime, Row]]:
    """The subjects that new reports make due, each as of the moment of its report."""
    for row in rows:
        if row.resolved.subject_id and not row.resolved.is_held:
            yield row.resolved.subject_id, row.received_at, row


def payloads_of(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """The values of PAYLOAD_COLUMNS for those that have a quote or a message."""
    return [(row.id, row.payload.quote, row.payload.language, row.payload.raw, "") for row in rows if row.payload]


def links_of(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """The values of LINK_COLUMNS: what each report cites, each once, and what it corrects or retracts."""
    pointing = (row for row in rows if (draft := row.resolved.draft).cites or draft.target)
    return [link for row in pointing for link in _links(row)]


def _links(row: Row) -> Iterator[tuple[Any, ...]]:
    draft = row.resolved.draft
    pointers = [(ReportLink.Kind.CITES.value, pointer) for pointer in dict.fromkeys(draft.cites)]
    if draft.target:
        kind = ReportLink.Kind.RETRACTS if draft.kind == Report.Kind.RETRACT else ReportLink.Kind.CORRECTS
        pointers.append((kind.value, draft.target))
    for kind_name, pointer in pointers:
        source_id = row.resolved.source_ids.get(pointer.source)
        yield (row.id, kind_name, source_id, pointer.event_id, row.received_at, "")
