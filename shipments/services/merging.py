"""Two rows that are one: a redirect from the one to the other, which can be undone.

    merge    checks ─ plan rows that name the one name the other ─ its reports are attached to the other
               └ merged_into, audit entry with what was moved, both are due
    unmerge  the audit entry is read backwards; reports return where they were
    What comes to be about the one while they are merged, unseen, is brought along when the one is folded.

Only what is provisional is merged, into what is of its kind, is not merged itself and is marked as high.
Evidence is never changed: a report keeps the subject it was said of, and an Attachment, dated, says more.
The survivor's plan stands; of the other's, those legs and lines come along that reports speak of.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from actors.models import Actor, AuditEntry, PartnerKey, User
from shipments.models import LedgerEntry, OutboxEvent, Place, ReadingGrant, Report, Subject
from shipments.services.binding import bind, lock_bindings
from shipments.services.doorbell import ring_on_commit
from shipments.services.errors import NotMergeable
from shipments.services.naming import wait_to_merge
from shipments.services.naming_rows import (
    LINKS,
    ONCE,
    PARTS,
    Row,
    kind_of,
    label_of,
    link_of,
    owner_column,
    touched_by,
)
from shipments.services.planning import announce_loss, announce_subject
from shipments.services.queue import hold_claims, mark_due_now
from shipments.services.recording import bound_event

MERGE, UNMERGE = "merge", "unmerge"


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Two rows that were made one, or two again, of which nobody has been told; ``touched`` are subjects."""

    row: Any
    into: Any
    touched: set[UUID]
    changes: dict[str, Any]


@transaction.atomic
def merge(row: Row, into: Row, *, reason: str, by: User) -> None:
    """Say that ``row`` is ``into``. Raises NotMergeable with the reason; then nothing is changed."""
    joined = join(row, into, reason=reason, by=by)
    _close(MERGE, joined, reason=reason, by=by)
    row, into = joined.row, joined.into
    if isinstance(row, Subject) and isinstance(into, Subject):
        # Whoever asks for the one is answered with the other, and that may be hidden from them.
        named = ReadingGrant.objects.filter(subject=row, withdrawn_at=None, actor__isnull=False)
        announce_loss(row, cleared=row.marking, to=set(named.values_list("actor_id", flat=True)), behind=into)


@transaction.atomic
def unmerge(row: Row, *, reason: str, by: User) -> None:
    """Undo the merge of ``row``. What was said of it meanwhile, by any of its names, stays with the survivor."""
    _close(UNMERGE, part(row, reason=reason, by=by), reason=reason, by=by)


@transaction.atomic
def join(row: Row, into: Row, *, reason: str, by: User) -> Joined:
    """The rows of ``merge``, without the audit entry, the queue and the news: for what is taken back."""
    kind = kind_of(row)
    wait_to_merge()
    row, into = _locked(row, into)
    _check(row, into)
    touched = _held(row)
    try:
        with transaction.atomic():
            moved, dropped = _repoint(kind, row, into)
            reports = _attach(row, into, reason, by) if isinstance(row, Subject) and isinstance(into, Subject) else []
    except IntegrityError:
        raise NotMergeable("Something would then have one party on both sides, or lead to where it began.") from None
    type(row)._default_manager.filter(pk=row.pk).update(merged_into=into.pk)
    changes = {
        "into": _name(into),
        "moved": moved,
        "dropped": dropped,
        "reports": [each.reference for each in reports],
        "report_ids": [str(each.pk) for each in reports],
    }
    return Joined(row=row, into=into, touched=touched, changes=changes)


@transaction.atomic
def part(row: Row, *, reason: str, by: User) -> Joined:
    """The rows of ``unmerge``, without the audit entry, the queue and the news: for what is taken back."""
    if row.merged_into_id is None:
        raise NotMergeable("It is not merged.")
    into = cast(Row, row.merged_into)
    row, into = _locked(row, into)
    if row.merged_into_id != into.pk:
        raise NotMergeable("Somebody else has undone it meanwhile.")
    touched = _held(into)
    changes = _changes_of(row)
    for link, ids in changes["moved"].items():
        model, column = link_of(link)
        model._default_manager.filter(pk__in=ids, **{column: into.pk}).update(**{column: row.pk})
    for link, rows in changes["dropped"].items():
        model, column = link_of(link)
        model._default_manager.bulk_create(
            [model(**{**each, f"{column}_id": row.pk}) for each in rows], ignore_conflicts=True
        )
    type(row)._default_manager.filter(pk=row.pk).update(merged_into=None)
    if isinstance(row, Subject):
        _return_reports(row, into.pk, changes, reason, by)
    return Joined(row=row, into=into, touched=touched, changes={"from": _name(into)})


def named_again(row: Row) -> set[UUID]:
    """Subjects whose plans ``part`` lets name ``row`` again."""
    changes, found = _changes_of(row), set()
    for label, ids in changes["moved"].items():
        model, _ = link_of(label)
        if own := owner_column(model):
            found |= set(model._default_manager.filter(pk__in=ids).values_list(own, flat=True))
    for label, rows in changes["dropped"].items():
        own = owner_column(link_of(label)[0])
        found |= {UUID(each[own]) for each in rows}
    return found


@transaction.atomic
def bring_strays(subject_id: UUID) -> None:
    """Attach to the survivor what came to be about a merged subject during the merge, unseen by it."""
    row = Subject.objects.select_related("merged_into").get(pk=subject_id)
    if row.merged_into is None:
        return
    row, into = _locked(row, row.merged_into)
    if row.merged_into_id == into.pk and (reports := _attach(row, into, "It came as the two were merged.", None)):
        mark_due_now([row.pk, into.pk])
        OutboxEvent.objects.bulk_create(bound_event(each, into) for each in reports)
        ring_on_commit()


def _changes_of(row: Row) -> dict[str, Any]:
    """What the merge of ``row`` changed, as its audit entry tells."""
    merged = AuditEntry.objects.filter(action=MERGE, object_type=kind_of(row), object_reference=_name(row)).first()
    return merged.changes if merged else {"moved": {}, "dropped": {}, "reports": []}


def _locked(row: Row, into: Row) -> tuple[Any, Any]:
    model: Any = Subject if isinstance(row, Subject) else type(row)
    if isinstance(into, Subject) != isinstance(row, Subject) or not isinstance(into, model):
        raise NotMergeable("The two are not of one kind.")
    # Neither is deleted: whoever points at one is not kept waiting as they commit.
    rows = model.objects.select_for_update(no_key=True).filter(pk__in=[row.pk, into.pk]).order_by("pk")
    found = {each.pk: each for each in rows}
    return found[row.pk], found[into.pk]


def _check(row: Any, into: Any) -> None:
    refusals: list[tuple[Callable[[], bool], str]] = [
        (lambda: row.pk == into.pk, "It cannot be merged into itself."),
        (lambda: kind_of(row) != kind_of(into), "The two are not of one kind."),
        (lambda: not row.provisional, "It is confirmed; only what is provisional is merged."),
        (lambda: row.merged_into_id is not None, "It is merged already; undo that first."),
        (lambda: into.merged_into_id is not None, "What it would be merged into is merged itself."),
        (lambda: row.merged_from.exists(), "Others are merged into it; undo those first."),
        (
            lambda: getattr(into, "marking", 0) < getattr(row, "marking", 0),
            "It is marked higher than the other: its reports would be opened to more readers.",
        ),
        (
            lambda: isinstance(row, Actor) and PartnerKey.objects.filter(actor=row).exists(),
            "It has keys: a partner's organisation is confirmed, not merged.",
        ),
    ]
    for is_so, sentence in refusals:
        if is_so():
            raise NotMergeable(sentence)


def _repoint(kind: str, row: Any, into: Any) -> tuple[dict[str, list[str]], dict[str, list[dict[str, str]]]]:
    """Let plan rows that name ``row`` name ``into``; what was moved, and what would have stood there twice."""
    moved: dict[str, list[str]] = {}
    dropped: dict[str, list[dict[str, str]]] = {}
    for model, column in [*LINKS.get(kind, ()), *(PARTS if kind == Subject.Kind.SHIPMENT else ())]:
        rows = model._default_manager.filter(**{column: row.pk})
        if (model, column) in PARTS:
            taken = model._default_manager.filter(**{column: into.pk}).values("key")
            rows = rows.filter(report__isnull=False).exclude(key__in=taken).distinct()
        for each in rows.order_by("pk") if (model, column) in ONCE else ():
            same = {name: getattr(each, name) for name in ONCE[model, column]}
            if model._default_manager.filter(**same, **{column: into.pk}).exists():
                dropped.setdefault(label_of(model, column), []).append(
                    {name: str(value) for name, value in same.items()}
                )
                each.delete()
        ids = list(rows.values_list("pk", flat=True))
        if ids:
            model._default_manager.filter(pk__in=ids).update(**{column: into.pk})
            moved[label_of(model, column)] = [str(pk) for pk in ids]
    return moved, dropped


def _attach(row: Subject, into: Subject, reason: str, by: User | None) -> list[Report]:
    """Attach what was said of ``row`` to ``into``, with the legs and lines of the same keys."""
    about = Report.objects.filter(Q(subject=row) | Q(attachments__subject=row)).distinct()
    reports = [report for report, subject in lock_bindings(about).items() if subject == row.pk]
    bind(reports, into.pk, at=timezone.now(), reason=reason, by=by)
    return reports


def _return_reports(row: Subject, into: UUID, changes: Mapping[str, Any], reason: str, by: User) -> None:
    # A reference may name two rows, one of them passed on; entries made before the keys were kept have it alone.
    brought = {"pk__in": changes["report_ids"]} if "report_ids" in changes else {"reference__in": changes["reports"]}
    reports = lock_bindings(Report.objects.filter(**brought))
    returning = [report for report, subject in reports.items() if subject == into]
    bind(returning, row.pk, at=timezone.now(), reason=reason, by=by)


def _held(row: Row) -> set[UUID]:
    """The subjects that ``row`` touches; none of them is claimed while their evidence reads otherwise."""
    if not isinstance(row, Subject):
        hold_claims()
    return touched_by(row)


def _close(action: str, joined: Joined, *, reason: str, by: User) -> None:
    """The audit entry, the due rows of all that it touches, and the news of it."""
    row, into = joined.row, joined.into
    AuditEntry.objects.create(
        user=by,
        action=action,
        object_type=kind_of(row),
        object_reference=_name(row),
        reason=reason,
        changes=joined.changes,
    )
    touched = joined.touched | ({row.pk, into.pk} if isinstance(row, Subject) else set())
    entries = LedgerEntry.objects.filter(Q(subject__in=touched) | Q(**{_entry_column(row): row.pk}))
    # In one order, and before their rows in the queue, as whoever changes one of them does.
    held = entries.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    LedgerEntry.objects.filter(pk__in=list(held)).update(version=F("version") + 1)
    mark_due_now(touched)
    for subject in Subject.objects.filter(pk__in=touched):
        announce_subject(subject)
    ring_on_commit()


def _entry_column(row: Row) -> str:
    return "subject" if isinstance(row, Subject) else "place" if isinstance(row, Place) else "actor"


def _name(row: Row) -> str:
    return row.code if isinstance(row, Place) else row.reference
