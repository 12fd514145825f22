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

import msgspec
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from actors.access import Reader
from actors.api.selection import EVERYTHING, Selection
from actors.services.arrays import IsAny
from actors.services.passing import PassedOn, value_in_utc
from actors.services.passing import digits as written_digits
from actors.services.prepared import prepared, slot
from shipments.api.beside import Page, Seen, among
from shipments.api.moments import row_at
from shipments.api.stored import pictures_of
from shipments.api.times import in_utc, put_in_utc, step, timed
from shipments.api.withholding import parts_of, withhold
from shipments.models import Finding
from shipments.reconciliation import picture as core
from shipments.reconciliation.digest import is_judged
from shipments.services.explaining import pictures_for
from shipments.services.picturing import (
    finding_columns,
    finding_keys,
    picture_columns,
)
from shipments.services.retelling import FOR_FINDINGS, findings_told

# Columns of a finding that name no source, and so go into the answer as text.
PASSED_ON = ("value", "because")
FINDING = [
    "kind", "attribute", "leg", "line", "as_of", "scope", "time_class", "value", "label", "low", "high", "state",
    "confidence", "origins", "unresolved", "leading", "because", "alternatives",
]  # fmt: skip
# Of a stored step.
NOT_SHOWN = frozenset({"stands_for", *FOR_FINDINGS})
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


@prepared
def _findings(reader: Reader, is_past: bool, is_dense: bool) -> QuerySet:
    """The findings beside pictures that the reader has been found to read: theirs are the subjects and tiers."""
    known = Finding.objects.beside_pictures(known_at=slot("known_at") if is_past else None)
    rows = known.filter(among("subject_id", is_dense), Seen(IsAny("tier", slot("tiers")))).order_by()
    written: dict[str, Any] = {name: Cast(name, PassedOn()) for name in PASSED_ON} | {"value": value_in_utc("value")}
    written |= {name: written_digits(name) for name in ("low", "high")}
    own = {f"{name}_written": how for name, how in written.items()}
    columns = (f"{name}_written" if name in written else name for name in FINDING)
    return rows.annotate(subject_key=Cast("subject_id", TextField()), **own).values("subject_key", "tier", *columns)


def believed(subject_ids: Sequence[UUID], reader: Reader, asked: Asked) -> Believed:
    """What ``reader`` may know of some subjects; three queries, and those of a fold where one is needed."""
    rows = pictures_of(reader, *asked.how_stored).dicts(reader, ids=list(subject_ids), **asked.slots)
    return as_believed(rows, reader, asked, page=Page.of_few(subject_ids))


def as_believed(
    rows: Sequence[Mapping[str, Any]], reader: Reader, asked: Asked, *, page: Page, plans: Sequence[dict[str, Any]] = ()
) -> Believed:
    """The same from rows with a key and the columns of stored_pictures, for the subjects of ``page``; two queries.

    What ``plans`` name is named by the second (see name_all).
    Subjects beyond the tiers (see SubjectQuerySet.beyond_tiers) are folded for this reader.
    """
    beyond = [row["pk"] for row in rows if row["is_beyond"]]
    read = {row["pk"]: row["stored"] for row in rows if row["stored"] and not row["is_beyond"]}
    # What names sources, for what is shown of a picture is made of these.
    named: list[Any] = [part for row in read.values() for part in (row, *_put_in_utc(row))]
    findings: dict[UUID, list[dict[str, Any]]] = {}
    if read and asked.selection.shows("findings"):
        beside = page.slots | {"tiers": sorted({row["tier"] for row in read.values()}), **asked.slots}
        stored = defaultdict(list)
        statement = _findings(reader, asked.known_at is not None, page.is_dense)
        for subject_key, tier, *values in statement.tuples(reader, **(beside | {"ids": list(read)})):
            stored[subject_key, tier].append(values)
            finding = dict(zip(FINDING, values, strict=True))
            for each in finding["alternatives"]:
                put_in_utc(each)
            named += (finding, *finding["alternatives"])
        findings = {key: _with_told(stored[str(key), row["tier"]], row) for key, row in read.items()}
    pictures = {
        subject_id: _picture(row, findings.get(subject_id, []), row.get("conflicts", 0), asked)
        for subject_id, row in read.items()
    }
    if beyond:
        folded = pictures_for(beyond, reader, known_at=asked.known_at).items()
        made = {subject_id: _folded(picture, asked) for subject_id, picture in folded}
        pictures |= made
        named += parts_of(list(made.values()))
    return Believed(pictures=withhold(pictures, reader, parts=named, plans=plans), beyond=beyond)


def _put_in_utc(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write the times of a stored picture, which was just read and is nobody else's, as answers do.

    Returns what it is made of beside its own columns: all that has a time, and so all that names sources.
    """
    parts: list[dict[str, Any]] = []
    for story in (row["timeline"], *(leg["timeline"] for leg in row["legs"]), row["planned"], row["alternatives"]):
        for said in story:
            parts.append(said)
            parts += said.get("rivals", ())
    for said in parts:
        put_in_utc(said)
    return parts


def _with_told(stored: list[Any], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of a picture in order of their keys: those stored beside it, and those that it tells itself."""
    # An older release stored these too.
    there = {_key_of(values) for values in stored}
    told = (values for values in findings_told(row) if _key_of(values) not in there)
    return [_finding(*values) for values in sorted([*stored, *told], key=_key_of)]


def _folded(picture: core.Picture, asked: Asked) -> dict[str, Any]:
    findings = []
    for finding in picture.findings:
        row = {**finding_keys(finding), **finding_columns(finding)}
        row |= {"value": timed(row["value"]), "low": digits(row["low"]), "high": digits(row["high"])}
        row["alternatives"] = [step(each) for each in row["alternatives"]]
        findings.append(_finding(*(row[name] for name in FINDING)))
    columns = {**picture_columns(picture, version=0), "version": None, "known_from": None}
    # As it would be stored, and nobody else's.
    row = msgspec.json.decode(msgspec.json.encode(columns))
    _put_in_utc(row)
    return _picture(row, findings, len(picture.conflicts), asked)


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
            "confidence": share(row["confidence"]) if status else None,
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
            "steps": [_step(each) for each in row["timeline"]],
            "legs": [{**leg, "timeline": [_step(each) for each in leg["timeline"]]} for leg in row["legs"]],
            "planned": row["planned"],
        },
        "findings": findings,
    }


def _step(said: Mapping[str, Any]) -> dict[str, Any]:
    # Which milestone it stands for is the reconciler's own affair.
    shown = {name: value for name, value in said.items() if name not in NOT_SHOWN}
    shown["confidence"] = share(said["confidence"])
    return shown


def _finding(
    kind: str, attribute: str, leg: str, line: str, as_of: str, scope: str, time_class: str, value: Any, label: str,
    low: str | None, high: str | None, state: str, confidence: int | None, origins: list[str],
    unresolved: int, leading: str, because: list[str], alternatives: list[Any],
) -> dict[str, Any]:  # fmt: skip
    """A finding as partners read it, from its columns in the order of FINDING, its times and amounts written so."""
    is_known = is_judged(kind=kind, label=label, leading=leading, state=state)
    return {
        "value": value,
        "label": label,
        "low": low,
        "high": high,
        "state": state,
        "confidence": share(confidence) if is_known else None,
        "origins": origins,
        "unresolved": unresolved,
        "leading": leading or None,
        "because": because,
        "alternatives": alternatives,
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


def digits(amount: Decimal | None) -> str | None:
    """An amount as a decimal without idle zeros."""
    if amount is None:
        return None
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
