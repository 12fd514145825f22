"""The plan of a subject is ours to write; what was believed of it is then worked out anew."""

from django.db import transaction

from shipments.models import Subject
from shipments.services.doorbell import ring_on_commit
from shipments.services.queue import mark_due_now


@transaction.atomic
def note_plan_change(subject: Subject) -> None:
    """Make ``subject`` due from the beginning of its evidence: a plan has no history, so it holds for all of it."""
    mark_due_now([subject.pk])
    ring_on_commit()
