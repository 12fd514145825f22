"""An analyst's decision: a report of the highest standing, with an author and a reason, that can be withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from actors.access import Reader
from actors.identifiers import new_id
from actors.marking import Marking
from actors.models import AuditEntry, Source, User
from shipments.intake.draft import FactDraft, Occurred, Pointer, ReportDraft
from shipments.models import Attachment, Decision, OutboxEvent, Report, ReportLink, Subject
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.binding import lock_bindings
from shipments.services.errors import NotDecidable
from shipments.services.planning import announce_subject
from shipments.services.queue import mark_due
from shipments.services.recording import Sender, bound_event, record


@transaction.atomic
def decide(
    subject: Subject,
    *,
    author: User,
    kind: str,
    reason: str,
    marking: Marking | None = None,
    milestone: str = "",
    leg: str = "",
    flags: dict[str, bool] | None = None,
    facts: Sequence[FactDraft] = (),
    occurred: Occurred | None = None,
    reports: Sequence[Report] = (),
    echo_of: Report | Source | None = None,
    to_subject: Subject | None = None,
    attribute: str = "",
    conflict: str = "",
    expires_at: datetime | None = None,
) -> Report:
    """Record a decision on ``subject`` and make it due.

    accept takes ``milestone``, ``flags`` or ``facts``; exclude, mark_echo, two_events and
    not_comparable take ``reports`` (and ``echo_of``, ``to_subject``, ``attribute``); keep_open takes
    ``conflict``. What is moved does not come back by itself: two_events does not expire. The marking
    is the highest of the evidence that the author sees, unless given.
    Raises NotDecidable where something is missing or does not fit, with a sentence.
    """
    _check(subject, kind, reason, milestone, flags, facts, reports, echo_of, to_subject, attribute, conflict)
    if to_subject is not None:
        _check_move(reports, subject, expires_at)
    now = timezone.now()
    if marking is None:
        marking = highest_marking(subject, author)
    draft = ReportDraft(
        source=analyst_source(author).code,
        event_id=f"decision-{new_id()}",
        subject=subject.reference,
        kind=Report.Kind.DECIDE,
        asserted_at=now,
        code=milestone,
        leg=leg,
        flags=flags or {},
        facts=tuple(facts),
        occurred=occurred,
        marking=marking.code,
    )
    if to_subject is not None:
        # Both at once, so that their rows are taken in the order of their keys: what is recorded marks one alone.
        mark_due({subject.pk: now, to_subject.pk: now})
    report = _record(draft, author)
    Decision.objects.create(
        report=report,
        kind=kind,
        author=author,
        reason=reason,
        attribute=attribute,
        conflict=conflict,
        expires_at=expires_at,
    )
    _link(report, reports, echo_of, now, author)
    if to_subject is not None:
        _move(reports, subject, to_subject, now, author, reason)
    AuditEntry.objects.create(
        user=author,
        action=f"decide.{kind}",
        object_type=subject.kind,
        object_reference=subject.reference,
        reason=reason,
    )
    return report


@transaction.atomic
def withdraw(decision: Report, *, author: User, reason: str) -> Report:
    """Take a decision back: a retraction that points at its report. The decision stays readable.

    Reports that it moved come back. Raises NotDecidable where one was moved on since.
    """
    moved, where = _moved_by(decision)
    # Not before it is certain that nobody moves them meanwhile: whatever is recorded last holds.
    now = timezone.now()
    back = _stands_for(decision.subject)
    if where:
        mark_due({back.pk: now, where.pk: now})
    draft = ReportDraft(
        source=decision.source.code,
        event_id=f"decision-{new_id()}",
        subject=decision.subject_said,
        kind=Report.Kind.RETRACT,
        target=Pointer(source=decision.source.code, event_id=decision.event_id),
        asserted_at=now,
        marking=Marking(decision.marking).code,
    )
    report = _record(draft, author)
    if where:
        _move(moved, where, back, now, author, reason)
    AuditEntry.objects.create(
        user=author, action="withdraw", object_type="decision", object_reference=decision.reference, reason=reason
    )
    return report


def concerned(decision: Report) -> QuerySet:
    """The reports that ``decision`` is about."""
    return Report.objects.filter(pointed_at_by__in=_drawn(decision))


def moves(decision: Report) -> QuerySet:
    """The attachments by which ``decision`` moved reports; none where it moved none."""
    return Attachment.objects.filter(
        report__in=concerned(decision), recorded_at__in=_drawn(decision).values("recorded_at")
    )


def _drawn(decision: Report) -> QuerySet:
    return ReportLink.objects.filter(report=decision, kind=ReportLink.Kind.CONCERNS)


def _moved_by(decision: Report) -> tuple[list[Report], Subject | None]:
    """The reports that ``decision`` moved, and where they are; nothing where it moved none."""
    if decision.decision.kind != Decision.Kind.TWO_EVENTS:
        return [], None
    reports = list(concerned(decision))
    places = {_stands_for(each.subject) for each in moves(decision).select_related("subject")}
    if not places:
        return [], None
    (where,) = places
    if set(lock_bindings(reports).values()) != {where.pk}:
        raise NotDecidable("A report is not where this decision moved it any more: withdraw what moved it since.")
    return reports, where


def _stands_for(subject: Subject) -> Subject:
    """The subject that ``subject`` was merged into, if it was."""
    while subject.merged_into:
        subject = subject.merged_into
    return subject


def _record(draft: ReportDraft, author: User) -> Report:
    (outcome,) = record([draft], sender=Sender(user=author), received_at=draft.asserted_at)
    if outcome.problems:
        raise NotDecidable("; ".join(problem.detail for problem in outcome.problems))
    return Report.objects.get(reference=outcome.reference, relayed_by=None)


def highest_marking(subject: Subject, author: User) -> Marking:
    """The highest marking of what ``author`` sees of ``subject``: what a decision on it may reveal."""
    seen = Report.objects.visible_to(Reader.of_user(author)).filter(subject=subject)
    return Marking(max([subject.marking, *seen.values_list("marking", flat=True)]))


def analyst_source(author: User) -> Source:
    """The voice of an analyst; made at their first decision."""
    source, _ = Source.objects.get_or_create(
        code=f"analyst-{author.pk}",
        defaults={"name": author.get_full_name() or author.get_username(), "kind": Source.Kind.ANALYST},
    )
    return source


def _check(
    subject: Subject,
    kind: str,
    reason: str,
    milestone: str,
    flags: Any,
    facts: Any,
    reports: Any,
    echo_of: Any,
    to_subject: Any,
    attribute: str,
    conflict: str,
) -> None:
    needs: dict[str, tuple[bool, str]] = {
        Decision.Kind.ACCEPT: (bool(milestone or flags or facts), "a milestone, a flag or a fact to accept"),
        Decision.Kind.EXCLUDE: (bool(reports), "the reports to exclude"),
        Decision.Kind.MARK_ECHO: (bool(reports and echo_of), "the reports and what they repeat"),
        Decision.Kind.TWO_EVENTS: (bool(reports and to_subject), "the reports and the subject they belong to"),
        Decision.Kind.NOT_COMPARABLE: (bool(reports and attribute), "the reports and the attribute"),
        Decision.Kind.KEEP_OPEN: (bool(conflict), "the conflict to keep open"),
    }
    fits, wanted = needs[kind]
    if not fits:
        raise NotDecidable(f"A decision to {kind} needs {wanted}.")
    if not reason.strip():
        raise NotDecidable("A decision needs a reason.")
    if milestone and subject.kind not in LIFECYCLES:
        raise NotDecidable(f"A {subject.kind} has no milestones.")


def _check_move(reports: Sequence[Report], subject: Subject, expires_at: datetime | None) -> None:
    if expires_at:
        raise NotDecidable("That these are two events does not expire; it can be withdrawn.")
    if set(lock_bindings(reports).values()) != {subject.pk}:
        raise NotDecidable("A report is about another subject by now: decide there.")


def _link(
    report: Report, reports: Sequence[Report], echo_of: Report | Source | None, now: datetime, author: User
) -> None:
    drawn: dict[str, Any] = {"report": report, "recorded_at": now, "recorded_by": author}
    links = [ReportLink(kind=ReportLink.Kind.CONCERNS, target_report=each, **drawn) for each in reports]
    if isinstance(echo_of, Report):
        links.append(ReportLink(kind=ReportLink.Kind.CITES, target_report=echo_of, **drawn))
    elif echo_of is not None:
        links.append(ReportLink(kind=ReportLink.Kind.CITES, target_source=echo_of, **drawn))
    ReportLink.objects.bulk_create(links)


def _move(
    reports: Sequence[Report], subject: Subject, to_subject: Subject, now: datetime, author: User, reason: str
) -> None:
    Attachment.objects.bulk_create(
        Attachment(report=each, subject=to_subject, recorded_at=now, recorded_by=author, reason=reason)
        for each in reports
    )
    OutboxEvent.objects.bulk_create(bound_event(each, to_subject) for each in reports)
    # Whoever may not read where they went is told what they are not about any more.
    announce_subject(subject, marking=min(each.marking for each in reports))
