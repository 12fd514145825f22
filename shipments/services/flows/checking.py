"""Prove that what is kept of flows is what offers and shipments add to them, or make it again from them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.db import connection, transaction

from shipments.models import FlowDue, FlowShare, FlowTotal, Picture, Subject
from shipments.services.flows.families import families_of
from shipments.services.flows.keeping import add_share, kept_of, only_folder, wanted_of
from shipments.services.flows.ladder import RUNGS
from shipments.services.flows.sums import Sums, read, written
from shipments.services.snapshots import snapshot

BATCH = 500


def drift_of_flows() -> tuple[list[str], list[str]]:
    """The references of subjects whose kept shares are not what they add, and the totals that are not the sum of their
    shares. What is due is known to be behind, and passed over.
    """
    subjects = [str(key) for batch in _batches() for key in _drifted(batch)]
    named = dict(Subject.objects.filter(pk__in=subjects).values_list("pk", "reference"))
    with snapshot():
        return [named.get(UUID(key), key) for key in subjects], _drifted_totals()


def _drifted(subjects: Collection[UUID]) -> Iterator[UUID]:
    # One snapshot a batch: of one for all, nothing that is deleted meanwhile could be cleared away.
    with snapshot():
        families = families_of(subjects)
        stored, wanted = kept_of(families), wanted_of(families)
        late = families_of(set(FlowDue.objects.filter(subject_id__in=families).values_list("subject_id", flat=True)))
    for subject in sorted(set(subjects) - late):
        if stored[subject].keys() != wanted[subject]:
            yield subject


def _batches() -> Iterator[list[UUID]]:
    """All that may add something to flows, or did, in batches."""
    subjects = Picture.objects.filter(known_to=None, subject__kind__in=RUNGS).order_by().values("subject_id")
    keys = sorted(subjects.union(FlowShare.objects.values("subject_id")).values_list("subject_id", flat=True))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _drifted_totals() -> list[str]:
    expected = totals_of_shares()
    kept = {total.pk: total for total in FlowTotal.objects.iterator()}
    return [f"the total {key}" for key in kept if _numbers(kept[key].sums) != _numbers(expected.get(key, {}))]


def _numbers(total: Mapping[str, str]) -> dict[str, Sums]:
    """What a total says. Its text may say nought as -0, by the order in which shares were added and taken away."""
    return {level: read(text) for level, text in total.items()}


def totals_of_shares() -> dict[UUID, dict[str, str]]:
    """What each total should hold: all shares in it, added up."""
    found: defaultdict[UUID, defaultdict[str, Sums]] = defaultdict(lambda: defaultdict(dict))
    for total, least, above, text in FlowShare.objects.values_list("total_id", "least", "above", "sums").iterator():
        add_share(found[total], least, above, read(text))
    return {total: {level: written(sums) for level, sums in levels.items() if sums} for total, levels in found.items()}


@transaction.atomic
def forget_flows() -> bool:
    """Drop all that is kept, and make everything due; not while somebody else adds up."""
    if not only_folder():
        return False
    FlowShare.objects.all()._raw_delete(using="default")
    # Not deleted: shares name them without an index, and each would be looked for among all that were just deleted.
    FlowTotal.objects.update(sums={})
    FlowDue.objects.all()._raw_delete(using="default")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO shipments_flowdue (subject_id)
            SELECT DISTINCT picture.subject_id
              FROM shipments_picture AS picture JOIN shipments_subject AS subject ON subject.id = picture.subject_id
             WHERE known_to IS NULL AND kind IN ('offer', 'shipment')
            """
        )
    return True
