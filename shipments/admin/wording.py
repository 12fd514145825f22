"""How the pages say what the reconciler found: claims, their fates, and conflicts with their reasons."""

from datetime import datetime
from typing import Any

from actors.admin.badges import words
from shipments.services.explaining import ExplainedClaim
from shipments.wording import interval_in_words, value_in_words

FATES = {
    "used": "carries the picture",
    "supports": "supports it",
    "compatible": "agrees with it",
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
# Each kind of conflict, in a few words and as a sentence.
CONFLICTS = {
    "future_time": ("in the future", "It is said to have happened after it was reported."),
    "after_terminal": ("after the end", "It would come after the end of the accepted story."),
    "exclusive_branch": ("excluded", "It cannot be true beside the accepted story, which weighs more."),
    "denied": ("denied", "A denial weighs as much as, or more than, what speaks for it."),
    "out_of_sequence": ("out of sequence", "At its time it does not fit the order of the accepted story."),
    "duplicate_slot": ("two times", "The same step is told at another time, with more weight."),
    "no_weight": ("no weight", "Nobody who says so is graded high enough to carry it."),
    "location": ("two places", "The step is told at another place, with more weight."),
    "value": ("two values", "Another value, with which it cannot agree, weighs more or as much."),
    "flag": ("set and unset", "Sources say both, at once or one after the other, and one side weighs too little."),
    "override_challenged": ("decision challenged", "New evidence speaks against an analyst's decision."),
}


def conflict_in_words(kind: str) -> str:
    """A kind of conflict in two or three words."""
    return CONFLICTS[kind][0] if kind in CONFLICTS else words(kind)


def reason_in_words(kind: str, reason: str) -> str:
    """Why a claim was left out, as a sentence; what the reconciler adds to its kind comes after a colon."""
    if kind not in CONFLICTS:
        return words(reason)
    if reason == "denial_outweighed":
        return "It is denied, by less weight than what speaks for it."
    said = CONFLICTS[kind][1]
    return said if reason in ("", kind) else f"{said[:-1]}: {words(reason)}."


def occurrence_in_words(begin: datetime | None, end: datetime | None, precision: str) -> str:
    """When a report says that it happened; empty where it does not say."""
    if begin is None or end is None:
        return ""
    return interval_in_words({"from": begin.isoformat(), "to": end.isoformat(), "precision": precision})


def about_in_words(about: str, slot: str = "") -> str:
    """What a claim is about: ``milestone:in_transit`` of leg back-1, in transit (back-1)."""
    kind, _, name = about.partition(":")
    said = words(name or kind)
    if kind == "flag":
        said = f"flag {said}"
    return f"{said} ({slot})" if slot else said


def fate_in_words(claim: ExplainedClaim) -> str:
    """What became of a claim, with why and by how much where that helps."""
    said = FATES.get(claim.fate, words(claim.fate))
    if claim.fate == "echo" and claim.origins:
        said = f"repeats {', '.join(claim.origins)}: counted once"
    if claim.reason and claim.reason not in (claim.fate, "later_word"):
        said += f" ({words(claim.reason)})"
    return f"{said}, {claim.short_by / 1000:.2f} behind" if claim.short_by else said


def content_in_words(report: Any) -> str:
    """What a report claims, in one line: its milestone, flags and facts."""
    parts = []
    code = report.milestone or (report.code_said and f"{report.code_scheme} {report.code_said}")
    is_denial = report.polarity == "denies"
    if code:
        said = words(code) if report.time_class == "actual" else f"{words(code)} ({report.time_class})"
        parts.append(f"not {said}" if is_denial else said)
    parts += [words(flag) if is_set else f"no longer {words(flag)}" for flag, is_set in sorted(report.flags.items())]
    for fact in report.facts:
        as_of = f" on {datetime.fromisoformat(fact['as_of']):%-d %b}" if fact.get("as_of") else ""
        denied = "not " if is_denial and not code else ""
        parts.append(f"{denied}{words(fact['attribute'])}{as_of}: {value_in_words(fact['value'])}")
    return "; ".join(parts) or words(report.kind)


def said_in_words(report: Any) -> str:
    """The same, and of a decision what it is and why."""
    content = content_in_words(report)
    if report.kind != "decide" or not hasattr(report, "decision"):
        return content
    decision = report.decision
    said = f"accept {content}" if decision.kind == "accept" else words(decision.kind)
    return f"{said}: {decision.reason}"
