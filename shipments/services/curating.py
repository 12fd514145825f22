"""What analysts add so that evidence can be read: grades, interests, code mappings, attachments.

Each is a dated row that is never rewritten. Each marks due just the subjects that it can change,
from its own moment on, and leaves an audit entry with who and why, in one transaction.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from actors.models import Actor, AuditEntry, Source, SourceInterest, SourceRating, User
from shipments.models import Attachment, CodeMapping, Leg, Line, Report, Subject
from shipments.services.binding import lock_bindings
from shipments.services.doorbell import ring_on_commit
from shipments.services.errors import NotHeld
from shipments.services.naming import lock_names
from shipments.services.queue import mark_due
from shipments.services.reaching import reach_reports, reach_sources
from shipments.services.recording import bound_event


@transaction.atomic
def rate_source(
    source: Source, *, grade: str, reason: str, by: User, valid_from: datetime | None = None, topic: str = ""
) -> SourceRating:
    """Grade ``source`` from ``valid_from`` on (now, if None)."""
    now = timezone.now()
    rating = SourceRating.objects.create(
        source=source,
        grade=grade,
        topic=topic,
        valid_from=valid_from or now,
        recorded_at=now,
        rated_by=by,
        reason=reason,
    )
    reach_sources([source], since=now)
    _audit(by, "rate", "source", source.code, reason, {"grade": grade, "topic": topic})
    return rating


@transaction.atomic
def note_interest(source: Source, actor: Actor, *, reason: str, by: User) -> SourceInterest:
    """Note that ``source`` is a party to what concerns ``actor``."""
    interest = SourceInterest.objects.create(source=source, actor=actor, recorded_at=timezone.now())
    reach_reports(Report.objects.filter(source=source), since=interest.recorded_at)
    _audit(by, "note_interest", "source", source.code, reason, {"actor": actor.reference})
    return interest


@transaction.atomic
def map_code(
    *, scheme: str, code: str, reason: str, by: User, milestone: str = "", flag: str = "", flag_is_set: bool = True
) -> CodeMapping:
    """Say what somebody's code means; reports held for it count from now on."""
    lock_names([f"{scheme}:{code}"], entering=True)
    mapping = CodeMapping.objects.create(
        scheme=scheme,
        code=code,
        milestone=milestone,
        flag=flag,
        flag_is_set=flag_is_set,
        source="analyst",
        note=reason,
        recorded_at=timezone.now(),
        recorded_by=by,
    )
    held = Report.objects.filter(code_scheme=scheme, code_said=code, code_is_known=False)
    reach_reports(held, since=mapping.recorded_at)
    _audit(by, "map_code", "code", f"{scheme}:{code}", reason, {"milestone": milestone, "flag": flag})
    return mapping


@transaction.atomic
def attach_report(
    report: Report, subject: Subject, *, reason: str, by: User, leg: Leg | None = None, line: Line | None = None
) -> Attachment:
    """Bind a held report to what it is about. Raises NotHeld where it is bound to another subject already."""
    check_free(report, subject)
    attachment = Attachment.objects.create(
        report=report, subject=subject, leg=leg, line=line, recorded_at=timezone.now(), recorded_by=by, reason=reason
    )
    mark_due({subject.pk: attachment.recorded_at})
    bound_event(report, subject).save()
    ring_on_commit()
    _audit(by, "attach", "report", report.reference, reason, {"subject": subject.reference})
    return attachment


def check_free(report: Report, subject: Subject) -> None:
    """Raise NotHeld where ``report`` is about another subject than ``subject``; else it stays so to the end."""
    if not set(lock_bindings([report]).values()) <= {None, subject.pk}:
        raise NotHeld("It is about another subject already: move it by a decision.")


def _audit(by: User, action: str, object_type: str, reference: str, reason: str, changes: dict[str, str]) -> None:
    AuditEntry.objects.create(
        user=by, action=action, object_type=object_type, object_reference=reference, reason=reason, changes=changes
    )
