"""What would be believed if something were done: it is done, folded for one reader, and taken back."""

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction

from actors.access import Reader
from shipments.reconciliation.picture import Picture
from shipments.services.explaining import pictures_for


def foresee(
    subject_ids: Iterable[UUID], reader: Reader, act: Callable[[], object]
) -> dict[UUID, tuple[Picture, Picture]]:
    """The pictures that ``reader`` has of subjects now, and would have after ``act``; nothing of it stays.

    Takes the locks that ``act`` takes, until the pictures are folded. Raises what ``act`` raises.
    """
    ids = list(dict.fromkeys(subject_ids))
    before = pictures_for(ids, reader)
    with transaction.atomic():
        act()
        after = pictures_for(ids, reader)
        transaction.set_rollback(True)
    return {each: (before[each], after[each]) for each in ids}
