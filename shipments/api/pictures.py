"""Pictures of subjects, from the stored rows; or folded for a reader with rights of its own.

The stored rows of a tier are right for everybody who reads that tier. Whoever sees more of a subject
by name (restricted reports of their own) gets that one subject folded, in a list as on its page.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from actors.access import Reader
from actors.api.selection import EVERYTHING, Selection
from actors.models import Source
from shipments.api.moments import row_at
from shipments.models import Conflict, Finding, Picture, Subject
from shipments.reconciliation import picture as core
from shipments.services.explaining import pictures_for
from shipments.services.picturing import (
    conflict_columns,
    conflict_keys,
    finding_columns,
    finding_keys,
    picture_columns,
)

PICTURE = [
    "subject_id",
    "version",
    "known_from",
    "status",
    "state",
    "confidence",
    "origins",
    "unresolved",
    "leading",
    "leading_confidence",
    "leading_state",
    "contested",
    "timeline",
    "legs",
    "planned",
    "alternatives",
]
FINDING = [
    "subject_id",
    "kind",
    "attribute",
    "leg",
    "line",
    "as_of",
    "scope",
    "time_class",
    "value",
    "label",
    "low",
    "high",
    "state",
    "confidence",
    "origins",
    "unresolved",
    "leading",
    "because",
    "alternatives",
]
WITHHELD = "withheld"
NAMES_SOURCES = frozenset({"origins", "denied_by", "source", "attributed_to"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """As of when, and how much of, a picture is wanted."""

    known_at: datetime | None = None
    valid_at: datetime | None = None
    selection: Selection = EVERYTHING

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Asked":
        """From the parameters of a request for subjects."""
        return cls(
            known_at=asked.get("known_at"),
            valid_at=asked.get("valid_at"),
            selection=asked["fields"].within("picture"),
        )


def pictures_of(
    subject_ids: Sequence[UUID], reader: Reader, asked: Asked, *, beyond: Collection[UUID] = ()
) -> dict[UUID, Any]:
    """The picture of each subject that has one, by id; at most three queries however many subjects.

    Those of ``beyond`` (see SubjectQuerySet.beyond_tiers) are folded for this reader.
    """

    def known(model: Any) -> Any:
        return model.objects.for_reader(reader, known_at=asked.known_at).filter(subject_id__in=subject_ids)

    findings = defaultdict(list)
    if asked.selection.shows("findings"):
        for row in known(Finding).order_by("kind", "attribute", "leg", "line", "as_of", "scope").values(*FINDING):
            findings[row["subject_id"]].append(row)
    pictures = known(Picture).values(*PICTURE)
    if asked.selection.shows("conflicts"):
        conflicts = Conflict.objects.for_reader(reader, known_at=asked.known_at).order_by()
        count = conflicts.filter(subject_id=OuterRef("subject_id")).values("subject_id").annotate(count=Count("pk"))
        pictures = pictures.annotate(conflicts=Coalesce(Subquery(count.values("count")), 0))
    shown = {
        row["subject_id"]: _picture(row, findings[row["subject_id"]], row.get("conflicts", 0), asked)
        for row in pictures
    }
    if beyond:
        folded = pictures_for(beyond, reader, known_at=asked.known_at)
        shown |= {subject_id: _folded(picture, asked) for subject_id, picture in folded.items()}
    return withhold(shown, reader)


def _folded(picture: core.Picture, asked: Asked) -> dict[str, Any]:
    findings = [{**finding_keys(finding), **finding_columns(finding)} for finding in picture.findings]
    columns = {**picture_columns(picture, version=0), "version": None, "known_from": None}
    return _picture(columns, findings, len(picture.conflicts), asked)


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


def withhold(shown: Any, reader: Reader) -> Any:
    """``shown`` without the names of sources that the reader may not know; one query."""
    said = set(_sources_in(shown))
    hidden = said - set(Source.objects.named_to(reader).filter(code__in=said).values_list("code", flat=True))
    return _without(shown, hidden) if hidden else shown


def _sources_in(shown: Any) -> Iterable[str]:
    if isinstance(shown, Mapping):
        for name, value in shown.items():
            if name in NAMES_SOURCES:
                yield from [value] if isinstance(value, str) else value or ()
            else:
                yield from _sources_in(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from _sources_in(value)


def _without(shown: Any, hidden: set[str]) -> Any:
    if isinstance(shown, Mapping):
        return {
            name: _named(value, hidden) if name in NAMES_SOURCES else _without(value, hidden)
            for name, value in shown.items()
        }
    return [_without(value, hidden) for value in shown] if isinstance(shown, list) else shown


def _named(said: Any, hidden: set[str]) -> Any:
    if isinstance(said, list):
        return [WITHHELD if code in hidden else code for code in said]
    return WITHHELD if said in hidden else said


def _picture(
    row: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], conflicts: int, asked: Asked
) -> dict[str, Any]:
    if asked.valid_at:
        row = row_at(row, asked.valid_at)
    status = row["status"] or None
    at_status = [step for step in row["timeline"] if step["milestone"] == status]
    return {
        "version": row["version"],
        "known_from": row["known_from"],
        "status": {
            "value": status,
            "label": (status or "").replace("_", " "),
            "low": None,
            "high": None,
            "state": row["state"],
            "confidence": share(row["confidence"]),
            "origins": row["origins"],
            "unresolved": row["unresolved"],
            "leading": row["leading"] or None,
            "because": at_status[-1]["because"] if at_status else [],
            "alternatives": row["alternatives"],
        },
        "leading": {
            "milestone": row["leading"] or None,
            "confidence": share(row["leading_confidence"]),
            "standing": row["leading_state"] or None,
        },
        "contested": row["contested"],
        "conflicts": conflicts,
        "story": {
            "steps": [_step(step) for step in row["timeline"]],
            "legs": [{**leg, "timeline": [_step(step) for step in leg["timeline"]]} for leg in row["legs"]],
            "planned": row["planned"],
        },
        "findings": [_finding(finding) for finding in findings],
    }


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    return {**step, "confidence": share(step["confidence"])}


def _finding(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "leg": row["leg"] or None,
        "line": row["line"] or None,
        "as_of": row["as_of"] or None,
        "leading": row["leading"] or None,
        "low": digits(row["low"]),
        "high": digits(row["high"]),
        "confidence": share(row["confidence"]),
    }


def share(per_mille: int | None) -> float | None:
    """A confidence from 0 to 1."""
    return None if per_mille is None else per_mille / 1000


def digits(amount: Decimal | str | None) -> str | None:
    """An amount as a decimal without idle zeros."""
    if amount is None:
        return None
    text = format(Decimal(amount), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
