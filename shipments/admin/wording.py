"""How the pages say what the reconciler found: times, claims and conflicts, in words."""

from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from actors.admin.badges import words
from shipments.services.explaining import ExplainedClaim

FATES = {
    "used": "carries the picture",
    "supports": "supports it",
    "compatible": "agrees, less exactly",
    "echo": "repeats another: counted once",
    "outweighed": "outweighed",
    "superseded": "replaced by its source's later word",
    "retracted": "taken back",
    "denied": "denied",
    "held_out": "left out",
}
FATE_COLOURS = {
    "used": "success",
    "supports": "success",
    "compatible": "info",
    "outweighed": "warning",
    "denied": "danger",
    "held_out": "warning",
}
CONFLICTS = {
    "future_time": "Happens after it was reported",
    "after_terminal": "After the end",
    "exclusive_branch": "Cannot both be true",
    "denied": "Denied",
    "out_of_sequence": "Out of sequence",
    "duplicate_slot": "Told twice, at two times",
    "no_weight": "Carries no weight",
    "location": "Two places",
    "value": "Two values",
    "flag": "Set and unset",
    "override_challenged": "New evidence against a decision",
}


def shown_time(moment: datetime) -> str:
    """16 May 2022 09:00 UTC."""
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M} UTC"


def shown_interval(at: dict[str, str] | None) -> str:
    """A time as finely as it was said: a day, a month, a moment, or from when to when."""
    begin = parse_datetime(at["from"]) if at else None
    end = parse_datetime(at["to"]) if at else None
    if at is None or begin is None or end is None:
        return "time not said"
    return _said(begin.astimezone(UTC), end.astimezone(UTC), at["precision"])


def shown_occurrence(begin: datetime | None, end: datetime | None, precision: str) -> str:
    """The same for the columns of a report."""
    if begin is None or end is None:
        return ""
    return _said(begin.astimezone(UTC), end.astimezone(UTC), precision)


def _said(begin: datetime, end: datetime, precision: str) -> str:
    if precision in ("day", "month", "year") and begin.date() != end.date() and precision == "day":
        return f"{begin:%-d %b} – {end:%-d %b %Y}"
    if precision == "day":
        return f"{begin:%-d %b %Y}"
    if precision == "month":
        return f"{begin:%B %Y}"
    if precision == "year":
        return f"{begin:%Y}"
    if begin == end or precision in ("instant", "minute"):
        return shown_time(begin)
    if begin.date() == end.date():
        return f"{begin:%-d %b %Y %H:%M} – {end:%H:%M} UTC"
    return f"{begin:%-d %b %Y %H:%M} – {end:%-d %b %Y %H:%M} UTC"


def shown_about(about: str, slot: str = "") -> str:
    """What a claim is about: ``milestone:in_transit`` of leg back-1, in transit (back-1)."""
    kind, _, name = about.partition(":")
    said = words(name or kind)
    if kind == "flag":
        said = f"flag {said}"
    return f"{said} ({slot})" if slot else said


def shown_fate(claim: ExplainedClaim) -> str:
    """What became of a claim, with why and by how much where that helps."""
    said = FATES.get(claim.fate, words(claim.fate))
    if claim.fate == "echo" and claim.origins:
        said = f"repeats {', '.join(claim.origins)}: counted once"
    if claim.reason:
        said += f" ({words(claim.reason)})"
    if claim.short_by:
        said += f", {claim.short_by / 1000:.2f} behind"
    return said


def shown_value(value: Any) -> str:
    """A typed value of a report as a person reads it."""
    if not isinstance(value, dict):
        return str(value)
    if "from" in value and "to" in value:
        return shown_interval({"precision": "instant", **value})
    for name in ("text", "code", "place", "actor"):
        if name in value:
            return words(str(value[name])) if name == "code" else str(value[name])
    low, high, unit = value.get("low"), value.get("high"), value.get("unit") or value.get("currency") or ""
    qualifier = {"about": "about ", "at_least": "at least ", "up_to": "up to "}.get(str(value.get("qualifier")), "")
    amount = f"{low} – {high}" if low and high and low != high else str(low or high or "unknown")
    return f"{qualifier}{amount} {unit}".strip()


def shown_content(report: Any) -> str:
    """What a report claims, in one line: its milestone, flags and facts."""
    parts = []
    code = report.milestone or (report.code_said and f"{report.code_scheme}:{report.code_said}")
    if code:
        said = words(code) if report.time_class == "actual" else f"{words(code)} ({report.time_class})"
        parts.append(f"not {said}" if report.polarity == "denies" else said)
    parts += [words(flag) if is_set else f"no longer {words(flag)}" for flag, is_set in sorted(report.flags.items())]
    negation = "not " if report.polarity == "denies" and not code else ""
    for fact in report.facts:
        of = f" on {fact['as_of'][:10]}" if fact.get("as_of") else ""
        parts.append(f"{negation}{words(fact['attribute'])}{of}: {shown_value(fact['value'])}")
    return "; ".join(parts) or words(report.kind)
