"""Pictures of subjects, from the stored rows; or folded for a reader with rights of its own.

The stored rows of a tier are right for everybody who reads that tier. Whoever sees more of a subject
by name (restricted reports of their own) gets that one subject folded, in a list as on its page.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, JSONField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce

from actors.access import Reader
from actors.api.selection import EVERYTHING, Selection
from actors.services.arrays import IsAny
from actors.services.passing import PassedOn, WrittenObject, value_in_utc
from actors.services.passing import digits as written_digits
from actors.services.prepared import prepared, slot
from shipments.api.moments import row_at
from shipments.api.times import in_utc, step, timed
from shipments.api.withholding import withhold
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
from shipments.services.retelling import FOR_FINDINGS, findings_told

PICTURE = [
    "tier", "version", "known_from", "status", "state", "confidence", "origins", "unresolved", "leading",
    "leading_confidence", "leading_state", "contested", "timeline", "legs", "planned", "alternatives",
]  # fmt: skip
# Columns of a finding that name no source, and so go into the answer as text.
PASSED_ON = ("value", "because")
FINDING = [
    "kind", "attribute", "leg", "line", "as_of", "scope", "time_class", "value", "label", "low", "high", "state",
    "confidence", "origins", "unresolved", "leading", "because", "alternatives",
]  # fmt: skip
# Kind, attribute, leg, line, moment, scope, time class: what tells a finding from the others of its picture.
_key_of = itemgetter(*range(7))


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

    @property
    def how_stored(self) -> tuple[bool, bool]:
        """What stored_pictures is to be built for."""
        return self.known_at is not None, self.selection.shows("conflicts")

    @property
    def slots(self) -> dict[str, Any]:
        """What a query that is built so is filled with."""
        return {"known_at": self.known_at} if self.known_at else {}


@dataclass(frozen=True, kw_only=True)
class Believed:
    """The pictures of some subjects by id, and which of those subjects were folded for the reader alone."""

    pictures: dict[UUID, Any]
    beyond: Collection[UUID]


def stored_pictures(reader: Reader, is_past: bool, has_count: bool) -> dict[str, Any]:
    """Columns of a query of subjects: whether each is to be folded for this reader, and the picture of its tier."""
    known_at = slot("known_at") if is_past else None
    columns: dict[str, Any] = {name: name for name in PICTURE}
    if has_count:
        conflicts = Conflict.objects.beside_pictures(known_at=known_at).order_by()
        beside = conflicts.filter(subject_id=OuterRef("subject_id"), tier=OuterRef("tier")).values("subject_id")
        columns["conflicts"] = Coalesce(Subquery(beside.annotate(count=Count("pk")).values("count")), 0)
    pictures = Picture.objects.for_reader(reader, known_at=known_at).filter(subject_id=OuterRef("pk"))
    return {
        "is_beyond": Exists(Subject.objects.filter(pk=OuterRef("pk")).beyond_tiers(reader)),
        "stored": Subquery(pictures.values(json=WrittenObject(**columns)), output_field=JSONField()),
    }


@prepared
def _pictures(reader: Reader, is_past: bool, has_count: bool) -> QuerySet:
    rows = Subject.objects.order_by().filter(IsAny("pk", slot("ids"))).values("pk")
    return rows.annotate(**stored_pictures(reader, is_past, has_count))


@prepared
def _findings(reader: Reader, is_past: bool) -> QuerySet:
    """The findings beside pictures that the reader has been found to read: theirs are the subjects and tiers."""
    known = Finding.objects.beside_pictures(known_at=slot("known_at") if is_past else None)
    rows = known.filter(IsAny("subject_id", slot("ids")), IsAny("tier", slot("tiers"))).order_by()
    written: dict[str, Any] = {name: Cast(name, PassedOn()) for name in PASSED_ON} | {"value": value_in_utc("value")}
    written |= {name: written_digits(name) for name in ("low", "high")}
    own = {f"{name}_written": how for name, how in written.items()}
    columns = (f"{name}_written" if name in written else name for name in FINDING)
    return rows.annotate(subject_key=Cast("subject_id", TextField()), **own).values("subject_key", "tier", *columns)


def believed(subject_ids: Sequence[UUID], reader: Reader, asked: Asked) -> Believed:
    """What ``reader`` may know of some subjects; three queries, and those of a fold where one is needed."""
    statement = _pictures(reader, *asked.how_stored)
    return as_believed(statement.dicts(reader, ids=list(subject_ids), **asked.slots), reader, asked)


def as_believed(rows: Sequence[Mapping[str, Any]], reader: Reader, asked: Asked) -> Believed:
    """The same from rows with a key and the columns of stored_pictures; two queries.

    Subjects beyond the tiers (see SubjectQuerySet.beyond_tiers) are folded for this reader.
    """
    beyond = [row["pk"] for row in rows if row["is_beyond"]]
    read = {row["pk"]: row["stored"] for row in rows if row["stored"] and not row["is_beyond"]}
    findings: dict[UUID, list[dict[str, Any]]] = {}
    if read and asked.selection.shows("findings"):
        beside = {"ids": list(read), "tiers": sorted({row["tier"] for row in read.values()}), **asked.slots}
        stored = defaultdict(list)
        for subject_key, tier, *values in _findings(reader, asked.known_at is not None).tuples(reader, **beside):
            stored[subject_key, tier].append(values)
        findings = {key: _with_told(stored[str(key), row["tier"]], row) for key, row in read.items()}
    pictures = {
        subject_id: _picture(row, findings.get(subject_id, []), row.get("conflicts", 0), asked)
        for subject_id, row in read.items()
    }
    if beyond:
        folded = pictures_for(beyond, reader, known_at=asked.known_at)
        pictures |= {subject_id: _folded(picture, asked) for subject_id, picture in folded.items()}
    return Believed(pictures=withhold(pictures, reader), beyond=beyond)


def _with_told(stored: list[Any], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of a picture in order of their keys: those stored beside it, and those that it tells itself."""
    # An older release stored these too.
    there = {_key_of(values) for values in stored}
    told = (values for values in findings_told(row) if _key_of(values) not in there)
    return [_finding(*values) for values in sorted([*stored, *told], key=_key_of)]


def _folded(picture: core.Picture, asked: Asked) -> dict[str, Any]:
    rows = ({**finding_keys(finding), **finding_columns(finding)} for finding in picture.findings)
    findings = [_finding(*(row[name] for name in FINDING)) for row in rows]
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


def _picture(
    row: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], conflicts: int, asked: Asked
) -> dict[str, Any]:
    if asked.valid_at:
        row = row_at(row, asked.valid_at)
    status = row["status"] or None
    at_status = [step for step in row["timeline"] if step["milestone"] == status]
    known_from = row["known_from"]
    return {
        "version": row["version"],
        "known_from": known_from and in_utc(known_from),
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
            "alternatives": [step(each) for each in row["alternatives"]],
        },
        "leading": {
            "milestone": row["leading"] or None,
            "confidence": share(row["leading_confidence"]),
            "standing": row["leading_state"] or None,
        },
        "contested": row["contested"],
        "conflicts": conflicts,
        "story": {
            "steps": [_step(each) for each in row["timeline"]],
            "legs": [{**leg, "timeline": [_step(each) for each in leg["timeline"]]} for leg in row["legs"]],
            "planned": [step(each) for each in row["planned"]],
        },
        "findings": findings,
    }


def _step(said: Mapping[str, Any]) -> dict[str, Any]:
    shown = {**step(said), "confidence": share(said["confidence"])}
    # Which milestone it stands for is the reconciler's own affair.
    for name in ("stands_for", *FOR_FINDINGS):
        shown.pop(name, None)
    return shown


def _finding(
    kind: str, attribute: str, leg: str, line: str, as_of: str, scope: str, time_class: str, value: Any, label: str,
    low: Decimal | str | None, high: Decimal | str | None, state: str, confidence: int | None, origins: list[str],
    unresolved: int, leading: str, because: list[str], alternatives: list[Any],
) -> dict[str, Any]:  # fmt: skip
    """A finding as partners read it, from its columns in the order of FINDING."""
    return {
        "value": timed(value),
        "label": label,
        "low": digits(low),
        "high": digits(high),
        "state": state,
        "confidence": share(confidence),
        "origins": origins,
        "unresolved": unresolved,
        "leading": leading or None,
        "because": because,
        "alternatives": [step(each) for each in alternatives],
        "kind": kind,
        "attribute": attribute,
        "leg": leg or None,
        "line": line or None,
        "as_of": in_utc(as_of) if as_of else None,
        "scope": scope,
        "time_class": time_class,
    }


def share(per_mille: int | None) -> float | None:
    """A confidence from 0 to 1."""
    return None if per_mille is None else per_mille / 1000


def digits(amount: Decimal | str | None) -> str | None:
    """An amount as a decimal without idle zeros."""
    if amount is None:
        return None
    # The database writes a numeric without an exponent.
    text = amount if isinstance(amount, str) else format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
