"""A report as it was said, checked for form and typed, before anything is looked up.

Every way in (API, admin, case files, generator) ends in these; ``services.recording`` turns them
into evidence. References are still the sender's own words. The parts of a report are msgspec structs,
made in a tenth of the time of a frozen dataclass. They hold no cycles, so the garbage collector leaves
them alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec


class Occurred(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When it happened, by the source: from the earliest to the latest moment meant, both aware."""

    earliest: datetime
    latest: datetime
    precision: str = "instant"


class FactDraft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A typed value. ``value`` is the JSON form of its type (docs: attribute registry):

    text ``{"text": …}`` · code ``{"code": …}`` · time ``{"from": …, "to": …, "precision": …}`` ·
    quantity ``{"low": "9", "high": null, "unit": …, "qualifier": …, "basis": …, "measure": …}`` ·
    money ``{"low": "9.50", "high": "9.50", "currency": "USD", …}`` · place ``{"place": …}`` ·
    actor ``{"actor": …}``. Amounts are decimal strings.
    """

    attribute: str
    value: dict[str, Any]
    as_of: datetime | None = None
    leg: str = ""
    line: str = ""


class Pointer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another report by (source, event_id), or a whole source (no event_id), or nobody named (neither)."""

    source: str = ""
    event_id: str = ""


class ReportDraft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement by one source about one subject at one time."""

    source: str
    subject: str
    asserted_at: datetime
    event_id: str = ""
    kind: str = "observe"
    target: Pointer | None = None
    leg: str = ""
    line: str = ""
    place: str = ""
    code: str = ""
    code_scheme: str = "aidtracker"
    flags: dict[str, bool] = {}
    facts: tuple[FactDraft, ...] = ()
    polarity: str = "affirms"
    time_class: str = "actual"
    directness: str = "own"
    hedge: str = "asserted"
    credibility: int | None = None
    interested: bool | None = None
    occurred: Occurred | None = None
    attributed_to: str = ""
    cites: tuple[Pointer, ...] = ()
    document: str = ""
    marking: str = "CLEAR"
    quote: str = ""
    language: str = ""
    raw: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One fault in what was sent: a stable code, a JSON pointer to it, and a sentence that helps."""

    code: str
    pointer: str
    detail: str


class Invalid(ValueError):
    """What was sent cannot be used; ``problems`` names every fault."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems))
        self.problems = problems
