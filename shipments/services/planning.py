"""The plan of a subject is ours to write; what was believed of it is then worked out anew."""

from django.db import transaction
from django.db.models import F

from shipments.models import LedgerEntry, OutboxEvent, Subject
from shipments.services.doorbell import ring_on_commit
from shipments.services.queue import mark_due_now


@transaction.atomic
def note_plan_change(subject: Subject) -> None:
    """Make ``subject`` due from the beginning of its evidence: a plan has no history, so it holds for all of it.

    A partner that entered it, and had read an earlier version, is then told that it was changed meanwhile.
    """
    LedgerEntry.objects.filter(subject=subject.pk).update(version=F("version") + 1)
    mark_due_now([subject.pk])
    announce_subject(subject)
    ring_on_commit()


def announce_subject(subject: Subject, *, marking: int | None = None) -> None:
    """Tell readers that ``subject`` is new, is planned otherwise, or may be read. Part of the caller's transaction.

    With ``marking``, only those who read as far as that, or have a grant that does.
    """
    OutboxEvent.objects.create(
        type=OutboxEvent.Type.SUBJECT_CHANGED,
        subject_id=subject.pk,
        marking=max(subject.marking, marking or 0),
        body={"subject": subject.reference, "kind": subject.kind},
    )
