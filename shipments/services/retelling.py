"""Findings that a picture's own row tells: made from it when they are read, and not stored a second time.

    a step of a story       ─> the finding of its milestone    ``behind`` and ``rivals`` of a stored step are what
                                                               the finding says and the step does not
    the status, the leading ─> the finding of the status

Stored are the others: facts, flags, and milestones that were denied, withdrawn or left out of the story.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shipments.reconciliation import picture as core

# What a stored step holds for its finding alone.
FOR_FINDINGS = ("behind", "rivals")


def findings_to_store(picture: core.Picture) -> Iterator[core.Finding]:
    """The findings of ``picture`` that its row does not tell."""
    states = {(step.leg, step.milestone): step.state for step in _steps(picture)}
    has_status = bool(picture.status or picture.leading)
    for finding in picture.findings:
        if finding.kind == "milestone":
            is_told = states.get((finding.leg, finding.attribute)) is finding.state
        else:
            is_told = finding.kind == "subject" and has_status
        if not is_told:
            yield finding


def _steps(picture: core.Picture) -> Iterator[core.Step]:
    yield from picture.timeline
    for leg in picture.legs:
        yield from leg.timeline


def findings_told(row: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The findings that a picture's ``row`` tells, as columns in the order of FINDING (see shipments.api.pictures)."""
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    for step in (step for story in (row["timeline"], *(leg["timeline"] for leg in row["legs"])) for step in story):
        # Of a milestone that was reached twice, the finding is of the first time.
        told.setdefault((step["milestone"], step["leg"] or ""), step)
    for (milestone, leg), step in told.items():
        yield (
            *("milestone", milestone, leg, "", "", "", "actual", step["at"], "yes", None, None, step["state"]),
            *(step["confidence"], step["origins"], step["unresolved"], ""),
            *(step.get("behind", step["because"]), step.get("rivals", [])),
        )
    step = told.get((row["status"] or row["leading"], ""))
    if step is not None:
        leading = row["leading"] if row["leading"] != row["status"] else ""
        yield (
            *("subject", "status", "", "", "", "", "actual", None, row["status"], None, None, row["state"]),
            *(row["confidence"], row["origins"], row["unresolved"], leading),
            *(step.get("behind", step["because"]), row["alternatives"]),
        )
