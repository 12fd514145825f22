"""Take in what was said: reports, their links and payloads, the due rows and the outbox, in one transaction.

    drafts ─ resolve ─> refused (a problem each)
               │
               └─ rows ─ insert, sorted by key ─> duplicate (was there) | held (kept, moves nothing) | accepted
                             └─ links, payloads, due, outbox ─ commit ─> the bell

"Accepted" means stored. What is believed is the reconciler's to say, a moment later.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from actors.access import Reader
from actors.identifiers import reference_of
from actors.marking import Marking
from actors.models import PartnerKey, User
from shipments.intake.canonical import content_hash, key_digest
from shipments.intake.draft import Pointer, Problem, ReportDraft
from shipments.models import OutboxEvent, Report, ReportLink, ReportPayload, Subject
from shipments.services.doorbell import ring_on_commit
from shipments.services.queue import mark_due
from shipments.services.resolving import Resolved, resolve


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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one draft. ``reference`` is the stored report's; None where it was refused."""

    result: str
    reference: str | None = None
    problems: tuple[Problem, ...] = ()


def record(drafts: Sequence[ReportDraft], *, sender: Sender, received_at: datetime | None = None) -> list[Outcome]:
    """Record ``drafts`` as of one moment and say of each, in order, what became of it.

    ``received_at`` is for case files and evidence bundles alone; for everybody else it is now.
    Sending the same again records nothing. One draft's problems do not stop the others.
    """
    moment = received_at or timezone.now()
    with transaction.atomic():
        resolved = resolve(drafts, sender.reader, key=sender.key)
        outcomes: list[Outcome] = [Outcome(result="refused", problems=tuple(each.problems)) for each in resolved]
        rows = rows_of([each for each in resolved if not each.problems], sender=sender, moment=moment)
        new = _insert({report.reference: report for report, _ in reversed(rows)}.values())
        _insert_beside([(report, each) for report, each in rows if report.pk in new], moment=moment)
        for report, each in rows:
            result = "duplicate" if report.pk not in new else "held" if each.is_held else "accepted"
            outcomes[each.position] = Outcome(result=result, reference=report.reference)
    return outcomes


def rows_of(resolved: Iterable[Resolved], *, sender: Sender, moment: datetime) -> list[tuple[Report, Resolved]]:
    """Unsaved reports with their natural keys; identical rows without an event id are counted apart."""
    seen: Counter[tuple[str, bytes]] = Counter()
    rows = []
    for each in resolved:
        draft, content = each.draft, content_hash(each.draft)
        ordinal = 0
        if not draft.event_id:
            ordinal = seen[draft.source, content]
            seen[draft.source, content] += 1
        digest = key_digest(draft.source, draft.event_id, content, ordinal)
        quoted = bool(draft.quote or draft.raw)
        rows.append(
            (
                Report(
                    reference=reference_of("RPT", digest),
                    event_id=draft.event_id,
                    content_hash=content,
                    ordinal=ordinal,
                    partner_key=sender.key,
                    entered_by=sender.user,
                    received_at=moment,
                    payload_hash=each.payload_hash if quoted else None,
                    **each.columns,
                ),
                each,
            )
        )
    return rows


def _insert(reports: Iterable[Report]) -> set[UUID]:
    """Insert what is not there yet and return the keys of the rows that are.

    Sorted by the unique key: two senders of overlapping batches then wait for each other in one
    order and never deadlock. Whoever comes second finds the first one's row and calls it a duplicate.
    """
    rows = sorted(reports, key=lambda report: report.reference)
    if not rows:
        return set()
    Report.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return set(Report.objects.filter(pk__in=[report.pk for report in rows]).values_list("pk", flat=True))


def _insert_beside(new: Sequence[tuple[Report, Resolved]], *, moment: datetime) -> None:
    """Write what goes with new reports: links, payloads, due rows, outbox events, and the bell."""
    ReportLink.objects.bulk_create(link for report, each in new for link in links_of(report, each, moment=moment))
    ReportPayload.objects.bulk_create(
        ReportPayload(report=report, quote=each.draft.quote, language=each.draft.language, raw=each.draft.raw)
        for report, each in new
        if report.payload_hash
    )
    OutboxEvent.objects.bulk_create(event_of(report, each) for report, each in new)
    mark_due({each.subject_id: moment for _, each in new if each.subject_id and not each.is_held})
    if new:
        ring_on_commit()


def event_of(report: Report, each: Resolved) -> OutboxEvent:
    """The unsaved event that tells of a new report; of one without a subject, only analysts and its sender read."""
    marking = max(report.marking, each.subject_marking if each.subject_id else Marking.AMBER)
    sender = report.partner_key.actor_id if report.partner_key and marking > Marking.CLEAR else None
    return OutboxEvent(
        type=OutboxEvent.Type.REPORT_HELD if each.is_held else OutboxEvent.Type.REPORT_RECORDED,
        subject_id=report.subject_id,
        marking=marking,
        actor_id=sender,
        body={"report": report.reference, "subject": each.subject_reference},
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


def links_of(report: Report, each: Resolved, *, moment: datetime) -> Iterable[ReportLink]:
    """The unsaved links of a report: what it cites, and what it corrects or retracts."""
    draft = each.draft
    pointers: list[tuple[ReportLink.Kind, Pointer]] = [(ReportLink.Kind.CITES, pointer) for pointer in draft.cites]
    if draft.target:
        kind = ReportLink.Kind.RETRACTS if draft.kind == Report.Kind.RETRACT else ReportLink.Kind.CORRECTS
        pointers.append((kind, draft.target))
    for kind, pointer in pointers:
        yield ReportLink(
            report=report,
            kind=kind,
            target_source_id=each.source_ids.get(pointer.source),
            target_event_id=pointer.event_id,
            recorded_at=moment,
        )
