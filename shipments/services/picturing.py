"""What the picture tables should hold for a subject: spans of knowledge, folded tier by tier.

dossier ─ each tier ─> history (pure core) ─> spans of pictures
                          └ a higher tier keeps only the spans that differ from the tier below
spans ─> rows: one Picture a span, Findings and Conflicts merged over spans in which they stay the same;
               of the findings those that the Picture does not tell itself (see retelling)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from math import inf
from time import monotonic
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.identifiers import reference_of
from shipments.intake.canonical import key_digest
from shipments.reconciliation import picture as core
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import moments
from shipments.reconciliation.model import Evidence, ReportKey
from shipments.reconciliation.values import Money, Quantity
from shipments.services.dossiers import Dossier, Readable
from shipments.services.retelling import findings_to_store
from shipments.services.rules import moment_of
from shipments.services.translating import interval_json, json_of
from shipments.wording import amount_in_words, value_in_words

SCOPE_LENGTH = 600  # of Finding.scope


class TookTooLong(Exception):
    """A subject was not folded by the deadline."""


class Span(Struct, frozen=True, kw_only=True):
    """A picture and the span in which it was believed; core times, ``end`` None: still."""

    start: int
    end: int | None
    picture: core.Picture


class Row(Struct, frozen=True, kw_only=True):
    """A row as it should be. ``table`` names the model, ``key`` what identifies it beside tier and start."""

    table: str
    tier: int
    key: tuple[str, ...]
    start: int
    end: int | None
    columns: dict[str, Any]


def spans_of(
    dossier: Dossier, readable: Readable, *, start: int | None, until: int, deadline: float = inf
) -> list[Span]:
    """The pictures that ``readable`` gave from ``start`` (the beginning, if None) to ``until``, in order.

    Raises TookTooLong where ``deadline`` (monotonic) passes before the last of them.
    """
    standing = ""
    turns = [turn for turn in dossier.turns if (start is None or turn > start) and turn <= until]
    # Each picture with when it began; None where what was read of the subject had gone elsewhere by then.
    begun: list[tuple[int, core.Picture | None]] = []
    for begin, end in zip([start, *turns], [*turns, None], strict=True):
        last = until if end is None else end - 1
        evidence = dossier.evidence(readable=readable, as_of=last)
        found = _moments(evidence, begin, until=last)
        if begin is not None and standing and not found:
            standing = ""
            begun.append((begin, None))
        for moment in found:
            if begin is None or moment >= begin:
                if monotonic() > deadline:
                    raise TookTooLong(f"no time was left after {len(begun)} pictures")
                picture = reconcile(evidence, known_at=moment, tells_claims=False)
                if picture.output_hash != standing:
                    standing = picture.output_hash
                    begun.append((picture.known_at, picture))
    ends = [known_at for known_at, _ in begun[1:]]
    return [
        Span(start=known_at, end=end, picture=picture)
        for (known_at, picture), end in zip(begun, [*ends, None], strict=False)
        if picture
    ]


def _moments(evidence: Evidence, begin: int | None, *, until: int) -> list[int]:
    """The moments at which the picture may change, the beginning of this state of the evidence included."""
    found = moments(evidence, until=until)
    return sorted({*found, begin}) if found and begin is not None and begin > found[0] else list(found)


def differing(spans: Sequence[Span], below: Sequence[Span], *, first: int = 1) -> Iterator[tuple[int, Span]]:
    """The parts of ``spans`` whose picture is not that of the tier ``below``, each with its version number.

    ``first`` is the number of the first span.
    """
    for number, span in enumerate(spans, start=first):
        cuts = sorted({span.start} | {each.start for each in below if _within(each.start, span)})
        for start, end in zip(cuts, [*cuts[1:], span.end], strict=True):
            under = next((each for each in below if _within(start, each)), None)
            if under is None or under.picture.output_hash != span.picture.output_hash:
                yield number, Span(start=start, end=end, picture=span.picture)


def _within(moment: int, span: Span) -> bool:
    return span.start <= moment and (span.end is None or moment < span.end)


def rows_of(spans: Iterable[tuple[int, Span]], *, tier: int) -> list[Row]:
    """The rows that tell ``spans`` (each with its version number)."""
    rows: list[Row] = []
    last: dict[tuple[str, tuple[str, ...]], int] = {}
    for number, span in spans:
        for table, key, columns in _contents(span.picture, number):
            row = Row(table=table, tier=tier, key=key, start=span.start, end=span.end, columns=columns)
            at = last.get((table, key), -1)
            if at >= 0 and rows[at].end == span.start and rows[at].columns == columns:
                rows[at] = replace(row, start=rows[at].start)
            else:
                last[table, key] = len(rows)
                rows.append(row)
    return rows


def _contents(picture: core.Picture, number: int) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    yield "picture", (), picture_columns(picture, version=number)
    for finding in findings_to_store(picture):
        yield "finding", tuple(finding_keys(finding).values()), finding_columns(finding)
    for conflict in picture.conflicts:
        yield "conflict", tuple(conflict_keys(conflict).values()), conflict_columns(conflict)


def finding_keys(finding: core.Finding) -> dict[str, str]:
    """The columns that tell a Finding row from the others of its picture, in the order of the key."""
    return {
        "kind": finding.kind,
        "attribute": finding.attribute,
        "leg": finding.leg or "",
        "line": finding.line or "",
        "as_of": moment_of(finding.as_of).isoformat() if finding.as_of is not None else "",
        "scope": _scope(finding.scope),
        "time_class": str(finding.time_class),
    }


def conflict_keys(conflict: core.Conflict) -> dict[str, str]:
    """The columns that tell a Conflict row from the others of its picture, in the order of the key."""
    return {"stable_id": conflict.id, "about": conflict.about, "leg": conflict.leg or ""}


def _scope(scope: str) -> str:
    """A scope as the column holds it; a longer one ends in a hash, so that it stays its own."""
    return (
        scope if len(scope) <= SCOPE_LENGTH else scope[: SCOPE_LENGTH - 65] + "#" + sha256(scope.encode()).hexdigest()
    )


def picture_columns(picture: core.Picture, *, version: int) -> dict[str, Any]:
    """The columns of a Picture row."""
    subject = next((finding for finding in picture.findings if finding.kind == "subject"), None)
    milestones = {(each.leg, each.attribute): each for each in picture.findings if each.kind == "milestone"}
    return {
        "version": version,
        "output_hash": bytes.fromhex(picture.output_hash),
        "status": picture.status or "",
        "state": str(picture.state),
        "confidence": picture.confidence,
        "margin": picture.reach,
        "origins": list(subject.origins) if subject else [],
        "unresolved": subject.unresolved if subject else 0,
        "leading": picture.leading or "",
        "leading_confidence": picture.leading_confidence,
        "leading_state": str(picture.standing or ""),
        "contested": bool(picture.contested_from) or _is_contested(picture),
        "timeline": [step_json(step, milestones) for step in picture.timeline],
        "legs": [leg_json(leg, milestones) for leg in picture.legs],
        "planned": [planned_json(each) for each in picture.planned],
        "alternatives": [alternative_json(each) for each in picture.alternatives],
    }


def _is_contested(picture: core.Picture) -> bool:
    return str(picture.state) == "contested" or any(str(finding.state) == "contested" for finding in picture.findings)


def finding_columns(finding: core.Finding) -> dict[str, Any]:
    """The columns of a Finding row that its key does not hold."""
    value = json_of(finding.value)
    is_amount = finding.value is None or isinstance(finding.value, Quantity | Money)
    low = Decimal(finding.low) if finding.low and is_amount else None
    high = Decimal(finding.high) if finding.high and is_amount else None
    return {
        "state": str(finding.state),
        "confidence": finding.confidence,
        "margin": finding.margin,
        "origins": list(finding.origins),
        "unresolved": finding.unresolved,
        "label": _label(finding, value, low, high)[:500],
        "value": {**(value or {}), "since": interval_json(finding.since)} if finding.since else value,
        "leading": (finding.leading or "")[:500],
        "low": low,
        "high": high,
        "because": references(finding.because),
        "alternatives": [alternative_json(each) for each in finding.alternatives],
    }


def _label(finding: core.Finding, value: Any, low: Decimal | None, high: Decimal | None) -> str:
    if finding.kind != "fact":
        return finding.label or ""
    if value is None and (low is not None or high is not None):
        return f"unknown, {amount_in_words(low, high, unit=finding.scope.partition(':')[0])}"
    return value_in_words(value)


def conflict_columns(conflict: core.Conflict) -> dict[str, Any]:
    """The columns of a Conflict row that its key does not hold."""
    return {
        "kind": str(conflict.kind),
        "reports": references(conflict.keys),
        "against": references(conflict.against),
        "reason": conflict.reason,
        "behind": conflict.by,
        "kept_open": conflict.kept_open,
    }


Milestones = Mapping[tuple[str | None, str], core.Finding]


def step_json(step: core.Step, findings: Milestones) -> dict[str, Any]:
    """A step of the timeline as it is stored, with what the finding of its milestone says beside it."""
    finding = findings.get((step.leg, step.milestone))
    said: dict[str, Any] = {
        "milestone": step.milestone,
        "leg": step.leg,
        "at": interval_json(step.at),
        "place": step.place,
        "state": str(step.state),
        "confidence": step.confidence,
        "margin": step.margin,
        "origins": list(step.origins),
        "unresolved": step.unresolved,
        "because": references(step.because),
        "stands_for": step.stands_for,
    }
    if finding is not None and finding.because != step.because:
        said["behind"] = references(finding.because)
    if finding is not None and finding.alternatives:
        said["rivals"] = [alternative_json(each) for each in finding.alternatives]
    return said


def leg_json(leg: core.LegPicture, findings: Milestones) -> dict[str, Any]:
    """A leg's own picture as it is stored."""
    return {
        "key": leg.key,
        "status": leg.status,
        "leading": leg.leading,
        "state": str(leg.state),
        "standing": str(leg.standing) if leg.standing else None,
        "timeline": [step_json(step, findings) for step in leg.timeline],
    }


def planned_json(planned: core.Planned) -> dict[str, Any]:
    """Something that was said to come, and whether it was seen."""
    return {
        "milestone": planned.milestone,
        "leg": planned.leg,
        "time_class": planned.time_class,
        "at": interval_json(planned.at),
        "is_seen": planned.is_seen,
        "denied_by": list(planned.denied_by),
        "origins": list(planned.origins),
        "unresolved": planned.unresolved,
        "because": references(planned.because),
    }


def alternative_json(alternative: core.Alternative) -> dict[str, Any]:
    """What else was said, and how far behind it is."""
    return {
        "label": value_in_words(json_of(alternative.value)) or alternative.label,
        "value": json_of(alternative.value),
        "at": interval_json(alternative.at),
        "margin": alternative.margin,
        "origins": list(alternative.origins),
        "unresolved": alternative.unresolved,
        "because": references(alternative.because),
    }


def references(keys: Iterable[ReportKey]) -> list[str]:
    """The public references of reports, from their natural keys."""
    return list(map(_reference, keys))


@lru_cache(maxsize=2**13)  # a picture names each of its reports in several rows
def _reference(key: ReportKey) -> str:
    return reference_of("RPT", key_digest(key.source, key.event_id, bytes.fromhex(key.content_hash), key.ordinal))
