"""Take in what was said: reports, their links and payloads, the due rows and the outbox, in one transaction.

    drafts ─ resolve ─> refused (a problem each)
               │
               └─ rows ─ insert, sorted by key ─> duplicate (was there) | held (kept, moves nothing) | accepted
                             └─ links, payloads, due, outbox ─ commit ─> the bell

"Accepted" means stored. What is believed is the reconciler's to say, a moment later.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Func, QuerySet, Value
from django.utils import timezone

from actors.access import Reader
from actors.marking import Marking
from actors.models import PartnerKey, User
from actors.services.arrays import EachOf, IsAny
from actors.services.prepared import prepared, slot
from shipments.intake.draft import Problem, ReportDraft
from shipments.models import OutboxEvent, Report, Subject
from shipments.services.doorbell import ring_on_commit
from shipments.services.inserting import FEW
from shipments.services.inserting_reports import reports_known, store_few, store_many, wait_no_longer_than
from shipments.services.looking_up import look_again, look_up
from shipments.services.naming import lock_names
from shipments.services.recorded import Row, rows_of
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


def record_each(
    arrivals: Sequence[tuple[datetime, ReportDraft]], *, sender: Sender, patience: float | None = None
) -> list[Outcome]:
    """Record drafts, each as of its own moment; what became of each, in order. Fifteen statements or so; of a few, that
    none has to wait for, two or three without a transaction around them, since they are stored by one.

    Of a few, ``patience`` is how many seconds they wait for a row that somebody else holds, before it raises.
    """
    if len(arrivals) <= FEW:
        return _record(arrivals, sender=sender, patience=patience)
    with transaction.atomic(savepoint=False):
        return _record(arrivals, sender=sender)


def _record(
    arrivals: Sequence[tuple[datetime, ReportDraft]], *, sender: Sender, patience: float | None = None
) -> list[Outcome]:
    drafts, moments = [draft for _, draft in arrivals], [moment for moment, _ in arrivals]
    found = look_up(drafts, sender.reader)
    resolved = resolve(drafts, found, key=sender.key)
    held = [each.position for each in resolved if each.is_held]
    if not held:
        return _store(resolved, moments, sender=sender, patience=patience)
    with transaction.atomic(savepoint=False):
        if patience is not None:
            wait_no_longer_than(patience)
        # It may be being entered or told right now, by somebody who cannot see these reports yet.
        lock_names({name for n in held for name in _names_of(drafts[n], resolved[n])}, entering=False)
        waiting = [drafts[n] for n in held]
        found = look_again(waiting, found, sender.reader)
        for position, each in zip(held, resolve(waiting, found, key=sender.key), strict=True):
            each.position, resolved[position] = position, each
        return _store(resolved, moments, sender=sender, patience=patience)


def _names_of(draft: ReportDraft, resolved: Resolved) -> tuple[str, str, str]:
    """What may be entered or explained, so that the report is not held."""
    return draft.subject, resolved.subject_reference, f"{draft.code_scheme}:{draft.code}"


def _store(
    resolved: Sequence[Resolved], moments: Sequence[datetime], *, sender: Sender, patience: float | None
) -> list[Outcome]:
    outcomes = {
        each.position: Outcome(result="refused", problems=tuple(each.problems)) for each in resolved if each.problems
    }
    rows = rows_of(
        resolved,
        moments,
        partner_key_id=sender.key.pk if sender.key else None,
        entered_by_id=sender.user.pk if sender.user else None,
    )
    is_few = len(resolved) <= FEW
    # Of a few, their insertion tells.
    there = {} if is_few else _there(rows)
    known = _known([row for row in rows if row.reference in there], sender.reader)
    # Of the same report twice in what was sent, only the first can be new.
    first = {
        row.reference: row
        for row in reversed(rows)
        if row.reference not in known and row.resolved.relayed_by not in there.get(row.reference, ())
    }
    # In order, so that what tells of them is.
    missing = [row for row in rows if first.get(row.reference) is row]
    store = partial(store_few, reader=sender.reader, patience=patience) if is_few else store_many
    new = store(missing, actor_id=sender.key.actor_id if sender.key else None)
    if new:
        ring_on_commit()
    for row in rows:
        is_new = row.reference in new and first[row.reference] is row
        result = "duplicate" if not is_new else "held" if row.resolved.is_held else "accepted"
        unknown = row.resolved.unknown if is_new else ()
        outcomes[row.resolved.position] = Outcome(result=result, reference=row.reference, unknown=unknown)
    return [outcomes[position] for position in range(len(resolved))]


def _there(rows: Sequence[Row]) -> dict[str, set[UUID | None]]:
    """The references of what is there already, each with who passed it on (None: it is its source's own)."""
    there: defaultdict[str, set[UUID | None]] = defaultdict(set)
    anybody = Reader(clearance=Marking.CLEAR)
    # As one text: references are letters and hyphens, and an array of a thousand is written one by one.
    references = ",".join([row.reference for row in rows])
    for reference, relayed_by in _stored(anybody).tuples(anybody, references=references):
        there[reference].add(relayed_by)
    return there


@prepared
def _stored(reader: Reader) -> QuerySet:
    references = Func(slot("references"), Value(","), function="string_to_array")
    return Report.objects.order_by().filter(IsAny("reference", EachOf(references))).values("reference", "relayed_by_id")


def _known(rows: Iterable[Row], reader: Reader) -> set[str]:
    """The references of what is passed on here and is there already, as far as ``reader`` may know of it."""
    relayed = [row.reference for row in rows if row.resolved.relayed_by]
    if not relayed:
        return set()
    return {reference for (reference,) in reports_known(reader).tuples(reader, references=relayed)}


def bound_event(report: Report, subject: Subject) -> OutboxEvent:
    """The unsaved event that tells that a report is now about ``subject``."""
    return OutboxEvent(
        type=OutboxEvent.Type.REPORT_BOUND,
        subject_id=subject.pk,
        marking=max(report.marking, subject.marking),
        actor_id=report.partner_key.actor_id if report.partner_key else None,
        body={"report": report.reference, "subject": subject.reference},
    )
