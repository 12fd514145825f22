"""What a report is about by now: what it was said of, or what it was attached to last.

Evidence is never written, so none of its rows can be locked. Whoever binds reports takes separate locks, all at once:
after the row of a subject that is changed, and before rows of the queue.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from actors.models import PartnerKey, User
from shipments.models import Attachment, LedgerEntry, Leg, Line, OutboxEvent, Report
from shipments.services.doorbell import ring_on_commit
from shipments.services.naming import lock_buckets
from shipments.services.queue import mark_due
from shipments.services.recording import bound_event

# The number is the project's own for these locks.
BINDING_LOCKS = 7_120_526


def last_attachment(report: Report) -> Attachment | None:
    """What bound or moved ``report`` last; None where nothing did."""
    return max(report.attachments.all(), key=lambda each: each.recorded_at, default=None)


def subject_by_now(report: Report) -> UUID | None:
    """The key of what ``report`` is about; None while it is held."""
    bound = last_attachment(report)
    return bound.subject_id if bound else report.subject_id


def lock_bindings(reports: Iterable[Report]) -> dict[Report, UUID | None]:
    """``reports``, read anew, each with the key of what it is about by now.

    Until the transaction ends nobody else binds them. What was read of them before may be out of date.
    """
    keys = {report.pk: report.reference for report in reports}
    lock_buckets(BINDING_LOCKS, keys.values())
    again = Report.objects.filter(pk__in=keys).select_related("partner_key").prefetch_related("attachments")
    return {each: subject_by_now(each) for each in again}


def bind(reports: Iterable[Report], subject_id: UUID, *, at: datetime, reason: str, by: User | None = None) -> None:
    """Attach ``reports`` to a subject, and to its legs and lines by the names that they use. Their locks are held."""
    legs, lines = _parts(subject_id)
    Attachment.objects.bulk_create(
        Attachment(
            report=report,
            subject_id=subject_id,
            leg=legs.get(report.leg_said),
            line=lines.get(report.line_said),
            recorded_at=at,
            recorded_by=by,
            reason=reason,
        )
        for report in reports
    )


def _parts(subject_id: UUID) -> tuple[dict[str, Leg], dict[str, Line]]:
    legs = {leg.key: leg for leg in Leg.objects.filter(shipment_id=subject_id)}
    return legs, {line.key: line for line in Line.objects.filter(shipment_id=subject_id)}


def bind_held(entry: LedgerEntry, key: PartnerKey, *, now: datetime) -> None:
    """Bind reports that were held for this entry, or for a leg or line of it, by the names that they use.

    Call it before the subject is made due.
    """
    if entry.subject_id is None:
        return
    legs, lines = _parts(entry.subject_id)
    # One after the other: of two conditions in one PostgreSQL reads every report there is.
    ways = (_named(entry, key), _about(entry, legs=legs, lines=lines))
    if not (waiting := _all(ways)):
        return
    bindings = lock_bindings(waiting)
    # An analyst may have bound one of them meanwhile.
    still = _all(ways)
    held = [report for report in bindings if report in still]
    reason = "The sender entered what this report names."
    bind(held, entry.subject_id, at=now, reason=reason)
    if held and entry.subject:
        mark_due({entry.subject_id: now})
        OutboxEvent.objects.bulk_create(bound_event(each, entry.subject) for each in held)
        ring_on_commit()


def _all(ways: Iterable[QuerySet[Report]]) -> set[Report]:
    return {report for way in ways for report in way.order_by()}


def _named(entry: LedgerEntry, key: PartnerKey) -> QuerySet[Report]:
    """The sender's own reports that were held under the name of ``entry``; none where two entries have that name."""
    same = LedgerEntry.objects.filter(source=entry.source_id, external_id=entry.external_id, subject__isnull=False)
    if same.exclude(pk=entry.pk).exists():
        return Report.objects.none()
    said = f"{entry.source.code}:{entry.external_id}"
    return Report.objects.filter(subject=None, attachments=None, partner_key__actor=key.actor_id, subject_said=said)


def _about(entry: LedgerEntry, *, legs: Collection[str], lines: Collection[str]) -> QuerySet[Report]:
    """Reports about the subject of ``entry`` by now, not only once, that were held for a leg or line it has."""
    bound = Attachment.objects.filter(report=OuterRef("pk"))
    last = bound.order_by("-recorded_at", "-pk").values("subject")[:1]
    for_leg = Q(leg=None, leg_said__in=legs) & ~Q(Exists(bound.filter(leg__isnull=False)))
    for_line = Q(line=None, line_said__in=lines) & ~Q(Exists(bound.filter(line__isnull=False)))
    return (
        Report.objects.about(entry.subject_id)
        .annotate(stands=Coalesce(Subquery(last), F("subject_id"), output_field=UUIDField()))
        .filter(for_leg | for_line, stands=entry.subject_id)
    )
