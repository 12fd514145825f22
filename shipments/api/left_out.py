"""What did not make the picture of some subjects: stored rows, or folded for a reader with rights of its own."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from actors.access import Reader
from shipments.models import Conflict, Subject
from shipments.services.explaining import pictures_for
from shipments.services.picturing import conflict_columns, conflict_keys


def conflicts_by_subject(
    subject_ids: Sequence[UUID], reader: Reader, known_at: datetime | None, *, beyond: Collection[UUID] = ()
) -> dict[UUID, list[dict[str, Any]]]:
    """The conflicts of each subject as ``reader`` may see them, the nearest to belief first."""
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    rows = conflict_rows(reader, known_at).filter(subject_id__in=subject_ids)
    for row in rows.order_by("behind", "stable_id", "about", "leg"):
        found[row["subject_id"]].append(row)
    if beyond:
        subjects = Subject.objects.in_bulk(beyond)
        for subject_id, picture in pictures_for(beyond, reader, known_at=known_at).items():
            named = {"subject_id": subject_id, "known_from": None}
            named |= {f"subject__{name}": getattr(subjects[subject_id], name) for name in ("reference", "kind")}
            found[subject_id] = [
                {**named, **conflict_keys(conflict), **conflict_columns(conflict)}
                for conflict in sorted(
                    picture.conflicts, key=lambda conflict: (conflict.by, conflict.id, conflict.about)
                )
            ]
    return found


def conflict_rows(reader: Reader, known_at: datetime | None) -> Any:
    """Stored conflicts as the serializer wants them."""
    return Conflict.objects.for_reader(reader, known_at=known_at).values(
        "stable_id", "subject_id", "subject__reference", "subject__kind", "kind", "about", "leg", "reports", "against",
        "reason", "behind", "kept_open", "known_from",
    )  # fmt: skip
