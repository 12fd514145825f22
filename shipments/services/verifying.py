"""Prove that the picture is what the evidence gives: fold everything again and compare, row by row."""

from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import transaction

from shipments.models import Due, Subject
from shipments.services.queue import MAX_ATTEMPTS, mark_due_now
from shipments.services.reconciling import fold_subjects
from shipments.services.storing import difference, stored_rows

BATCH = 200


def verify(*, repair: bool = False, progress: Callable[[int], None] | None = None) -> list[str]:
    """The references of subjects whose stored picture is not what their evidence gives.

    Subjects that are due are passed over: their picture is known to be behind. With ``repair`` the
    drifted ones are made due from the beginning. ``progress`` is told how many subjects were folded.
    """
    drifted: list[str] = []
    for done, batch in _batches():
        due = Due.objects.filter(subject_id__in=batch)
        # Not folded either: it would take for ever, or have this process killed as it did the workers.
        hopeless = set(due.filter(attempts__gte=MAX_ATTEMPTS).values_list("subject_id", flat=True))
        folded = fold_subjects(dict.fromkeys(key for key in batch if key not in hopeless))
        stored = stored_rows(dict.fromkeys(batch))
        late = set(due.values_list("subject_id", flat=True))
        wrong = [
            subject_id
            for subject_id, one in folded.items()
            if subject_id not in late and difference(subject_id, one.rows, stored[subject_id])
        ]
        drifted.extend(folded[subject_id].dossier.plan.key for subject_id in wrong)
        if repair and wrong:
            with transaction.atomic():
                mark_due_now(wrong)
        if progress:
            progress(done)
    return drifted


def _batches() -> Iterator[tuple[int, list[UUID]]]:
    """All subjects by key, in batches, with the count so far; each batch is a query of its own."""
    after: UUID | None = None
    done = 0
    while True:
        subjects = Subject.objects.order_by("pk")
        if after is not None:
            subjects = subjects.filter(pk__gt=after)
        batch = list(subjects.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return
        done += len(batch)
        after = batch[-1]
        yield done, batch
