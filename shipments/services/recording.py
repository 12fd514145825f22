"""Take in what was said: reports, their links and payloads, the due rows and the outbox, in one transaction.

    drafts ─ resolve ─> refused (a problem each)
               │
               └─ rows ─ insert, sorted by key ─> duplicate (was there) | held (kept, moves nothing) | accepted
                             └─ links, payloads, due, outbox ─ commit ─> the bell

"Accepted" means stored. What is believed is the reconciler's to say, a moment later.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from actors.access import Reader
from actors.identifiers import new_key, reference_of
from actors.marking import Marking
from actors.models import PartnerKey, User
from actors.services.arrays import IsAny
from actors.services.prepared import prepared, slot
from shipments.intake.canonical import content_hash, key_digest
from shipments.intake.draft import Problem, ReportDraft
from shipments.models import OutboxEvent, Report, ReportLink, ReportPayload, Subject
from shipments.services.announcing import Event, add_events
from shipments.services.doorbell import ring_on_commit
from shipments.services.inserting import FEW, copy_in, insert_missing
from shipments.services.looking_up import look_again, look_up
from shipments.services.naming import lock_names
from shipments.services.queue import EVERYBODY, mark_due
from shipments.services.resolving import RESOLVED_COLUMNS, Resolved, resolve


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who hands the reports in: a partner's key or a person; neither for a case file."""

    key: PartnerKey | None = None
    user: User | None = None

    @property
    def reader(self) -> Reader:
        """What the sender may see, and so refer to."""
        if self.key:
            return Reader.of_key(self.key)
        if self.user:
            return Reader.of_user(self.user)
        return Reader(clearance=Marking.RED)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one draft. ``reference`` is the stored report's; None where it was refused.

    ``unknown`` names its own words that lead nowhere yet: subject, leg, line, code, place, target.
    """

    result: str
    reference: str | None = None
    unknown: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def record(drafts: Sequence[ReportDraft], *, sender: Sender, received_at: datetime | None = None) -> list[Outcome]:
    """Record ``drafts`` as of one moment and say of each, in order, what became of it.

    ``received_at`` is for case files and evidence bundles alone; for everybody else it is now.
    Sending the same again records nothing. One draft's problems do not stop the others.
    """
    moment = received_at or timezone.now()
    return record_each([(moment, draft) for draft in drafts], sender=sender)


@transaction.atomic(savepoint=False)
def record_each(arrivals: Sequence[tuple[datetime, ReportDraft]], *, sender: Sender) -> list[Outcome]:
    """Record drafts, each as of its own moment; what became of each, in order. Fifteen statements or so."""
    drafts = [draft for _, draft in arrivals]
    found = look_up(drafts, sender.reader)
    resolved = resolve(drafts, found, key=sender.key)
    if held := [each.position for each in resolved if each.is_held]:
        # It may be being entered right now, by somebody who cannot see these reports yet.
        lock_names({name for n in held for name in (drafts[n].subject, resolved[n].subject_reference)}, entering=False)
        waiting = [drafts[n] for n in held]
        found = look_again(waiting, found, sender.reader)
        for position, each in zip(held, resolve(waiting, found, key=sender.key), strict=True):
            each.position, resolved[position] = position, each
    outcomes = {
        each.position: Outcome(result="refused", problems=tuple(each.problems)) for each in resolved if each.problems
    }
    rows = rows_of(resolved, [moment for moment, _ in arrivals], sender=sender)
    there = _there(rows)
    known = _known([row for row in rows if row.reference in there], sender.reader)
    # Of the same report twice the first is told as new.
    first = {
        row.reference: row
        for row in reversed(rows)
        if row.reference not in known and row.resolved.relayed_by not in there.get(row.reference, ())
    }
    columns = (*OWN_COLUMNS, *RESOLVED_COLUMNS)
    new = insert_missing(Report._meta.db_table, columns, map(_columns, first.values()), by="reference")
    # Of the same report twice in what was sent, only the first can be new.
    fresh = [row for row in rows if row.reference in new and first[row.reference] is row]
    _write_beside(fresh, sender=sender)
    stored = {id(row) for row in fresh}
    for row in rows:
        is_new = id(row) in stored
        result = "duplicate" if not is_new else "held" if row.resolved.is_held else "accepted"
        unknown = row.resolved.unknown if is_new else ()
        outcomes[row.resolved.position] = Outcome(result=result, reference=row.reference, unknown=unknown)
    return [outcomes[position] for position in range(len(drafts))]


OWN_COLUMNS = (
    *("id", "reference", "content_hash", "ordinal", "received_at", "partner_key_id", "entered_by_id", "payload_hash"),
)


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


def rows_of(resolved: Iterable[Resolved], moments: Iterable[datetime], *, sender: Sender) -> list[Row]:
    """What is to be stored of drafts without problems; identical ones without an event id are counted apart."""
    seen: Counter[tuple[datetime, str, bytes]] = Counter()
    partner_key_id = sender.key.pk if sender.key else None
    entered_by_id = sender.user.pk if sender.user else None
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


def _there(rows: Sequence[Row]) -> dict[str, set[UUID | None]]:
    """The references of what is there already, each with who passed it on (None: it is its source's own).

    Of a few that nobody passes on here, their insertion tells.
    """
    if len(rows) <= FEW and not any(row.resolved.relayed_by for row in rows):
        return {}
    there: defaultdict[str, set[UUID | None]] = defaultdict(set)
    anybody = Reader(clearance=Marking.CLEAR)
    for reference, relayed_by in _stored(anybody).tuples(anybody, references=[row.reference for row in rows]):
        there[reference].add(relayed_by)
    return there


@prepared
def _stored(reader: Reader) -> QuerySet:
    return Report.objects.order_by().filter(IsAny("reference", slot("references"))).values("reference", "relayed_by_id")


def _known(rows: Iterable[Row], reader: Reader) -> set[str]:
    """The references of what is passed on here and is there already, as far as ``reader`` may know of it.

    What they may not know of is as if it were not there: theirs is kept beside it.
    """
    relayed = [row.reference for row in rows if row.resolved.relayed_by]
    if not relayed:
        return set()
    return {reference for (reference,) in _visible(reader).tuples(reader, references=relayed)}


@prepared
def _visible(reader: Reader) -> QuerySet:
    visible = Report.objects.visible_to(reader).order_by()
    return visible.filter(IsAny("reference", slot("references"))).values("reference")


def _columns(row: Row) -> tuple[Any, ...]:
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


def _write_beside(new: Sequence[Row], *, sender: Sender) -> None:
    """Write what goes with new reports: links, payloads, due rows, outbox events, and the bell."""
    if not new:
        return
    if links := [link for row in new for link in _links(row)]:
        copy_in(ReportLink._meta.db_table, LINK_COLUMNS, links)
    if payloads := [_payload(row, row.payload) for row in new if row.payload]:
        copy_in(ReportPayload._meta.db_table, PAYLOAD_COLUMNS, payloads)
    actor = sender.key.actor_id if sender.key else None
    add_events(_event(row, actor) for row in new)
    since: dict[UUID, datetime] = {}
    for row in new:
        subject_id = row.resolved.subject_id
        if subject_id and not row.resolved.is_held:
            since[subject_id] = min(row.received_at, since.get(subject_id, row.received_at))
    mark_due(since, lane=actor or EVERYBODY)
    ring_on_commit()


def _event(row: Row, actor_id: UUID | None) -> Event:
    """The event that tells of a new report; of one without a subject, only analysts and its sender read."""
    each = row.resolved
    marking = max(each.marking, each.subject_marking if each.subject_id else Marking.AMBER)
    return Event(
        type=OutboxEvent.Type.REPORT_HELD if each.is_held else OutboxEvent.Type.REPORT_RECORDED,
        subject_id=each.subject_id,
        marking=marking,
        actor_id=actor_id if marking else None,
        body={"report": row.reference, "subject": each.subject_reference},
    )


def bound_event(report: Report, subject: Subject) -> OutboxEvent:
    """The unsaved event that tells that a report is now about ``subject``."""
    return OutboxEvent(
        type=OutboxEvent.Type.REPORT_BOUND,
        subject_id=subject.pk,
        marking=max(report.marking, subject.marking),
        actor_id=report.partner_key.actor_id if report.partner_key else None,
        body={"report": report.reference, "subject": subject.reference},
    )


PAYLOAD_COLUMNS = ("report_id", "quote", "language", "raw", "erased_because")


def _payload(row: Row, payload: Payload) -> tuple[Any, ...]:
    return (row.id, payload.quote, payload.language, payload.raw, "")


LINK_COLUMNS = ("report_id", "kind", "target_source_id", "target_event_id", "recorded_at", "reason")


def _links(row: Row) -> Iterator[tuple[Any, ...]]:
    """What a report cites, each once, and what it corrects or retracts."""
    draft = row.resolved.draft
    pointers = [(ReportLink.Kind.CITES.value, pointer) for pointer in dict.fromkeys(draft.cites)]
    if draft.target:
        kind = ReportLink.Kind.RETRACTS if draft.kind == Report.Kind.RETRACT else ReportLink.Kind.CORRECTS
        pointers.append((kind.value, draft.target))
    for kind_name, pointer in pointers:
        source_id = row.resolved.source_ids.get(pointer.source)
        yield (row.id, kind_name, source_id, pointer.event_id, row.received_at, "")
