"""The plan of a subject is ours to write; what was believed of it is then worked out anew."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from actors.models import PartnerKey
from shipments.models import LedgerEntry, OutboxEvent, ReadingGrant, Subject
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


def announce_loss(
    subject: Subject, *, cleared: int | None = None, to: Collection[UUID] = (), behind: Subject | None = None
) -> None:
    """Tell each organisation that could read ``subject`` and cannot any more that it is gone for it.

    Those with a key that reads as far as ``cleared``, its marking before, and those in ``to``, who had a grant; an
    event each, so that nobody learns of others. ``behind`` is what it was merged into: that is what has to be read
    from now on. Part of the caller's transaction, after the change.
    """
    kept = behind or subject
    keys = PartnerKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)
    could = Q(actor_id__in=to) if cleared is None else Q(actor_id__in=to) | Q(clearance__gte=cleared)
    granted = ReadingGrant.objects.filter(subject=kept.pk, withdrawn_at=None, actor__isnull=False)
    losing = keys.filter(could, clearance__lt=kept.marking).exclude(actor_id__in=granted.values("actor_id"))
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            type=OutboxEvent.Type.SUBJECT_GONE,
            subject_id=subject.pk,
            marking=kept.marking,
            actor_id=actor_id,
            # Of its keys only those that could read it are told.
            body={
                "subject": subject.reference,
                "kind": subject.kind,
                "cleared": 0 if cleared is None or actor_id in to else int(cleared),
            },
        )
        for actor_id in losing.order_by("actor_id").values_list("actor_id", flat=True).distinct()
    )


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
