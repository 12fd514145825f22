"""Reading a picture in tests: fold a few reports and look one thing up."""

from __future__ import annotations

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.model import Report
from shipments.reconciliation.picture import Claim, Conflict, Finding, Picture, Step
from shipments.reconciliation.vocabulary import ConflictKind
from tests.shipments.reconciliation.telling import EVER, evidence


def fold(*reports: Report, known_at: int = EVER, **more: object) -> Picture:
    """The picture of these reports; ``more`` goes to the evidence."""
    return reconcile(evidence(*reports, **more), known_at=known_at)  # type: ignore[arg-type]


def path(picture: Picture) -> str:
    """The milestones of the timeline, as words."""
    return " ".join(step.milestone for step in picture.timeline)


def step(picture: Picture, milestone: str) -> Step:
    """The one step of that milestone."""
    (found,) = [s for s in picture.timeline if s.milestone == milestone]
    return found


def claim(picture: Picture, report: Report, about: str = "") -> Claim:
    """What became of the one word of a report (or of the one that begins with ``about``)."""
    (found,) = [c for c in picture.claims if c.report == report.key and c.about.startswith(about)]
    return found


def finding(picture: Picture, attribute: str, **where: object) -> Finding:
    """The one finding of that attribute, leg, line ..."""
    (found,) = [
        f
        for f in picture.findings
        if f.attribute == attribute and all(getattr(f, name) == value for name, value in where.items())
    ]
    return found


def conflicts(picture: Picture) -> list[tuple[str, ConflictKind]]:
    """What each conflict is about, and its kind."""
    return [(c.about.split(":")[1], c.kind) for c in picture.conflicts]


def conflict(picture: Picture, kind: ConflictKind) -> Conflict:
    """The one conflict of that kind."""
    (found,) = [c for c in picture.conflicts if c.kind is kind]
    return found
