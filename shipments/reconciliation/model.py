"""What goes into the fold: everything that was said, with the data by which it is judged.

Callers load rows into these; nothing here touches a database, a clock or a network. All times are
integer microseconds since 1970-01-01 UTC. All keys are natural keys, never row ids.
"""

from __future__ import annotations

from collections.abc import KeysView
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from shipments.reconciliation.values import AttributeRule, Interval, Value
from shipments.reconciliation.vocabulary import (
    DecisionKind,
    Directness,
    Grade,
    Hedge,
    Kind,
    LegRole,
    Marking,
    Polarity,
    SubjectKind,
    TimeClass,
    Toggle,
)

HOUR = 3_600_000_000
DAY = 24 * HOUR


class ReportKey(NamedTuple):
    """The natural key of a report, and its sort order.

    Without an event id it is ("source", "", content hash, n), n counting identical rows within one
    document. ``content_hash`` is over the canonical fields without the receipt time.
    """

    source: str
    event_id: str
    content_hash: str
    ordinal: int = 0

    def __str__(self) -> str:
        return f"{self.source}/{self.event_id or self.content_hash}" + (f"#{self.ordinal}" if self.ordinal else "")


class Target(NamedTuple):
    """What a correction, a retraction, a citation or a decision points at.

    An event id alone means every report with it; with the content hash (and ordinal) exactly one.
    The report may not have arrived yet.
    """

    source: str
    event_id: str = ""
    content_hash: str = ""
    ordinal: int = 0

    @classmethod
    def of(cls, key: ReportKey) -> Target:
        """The pointer at exactly this report."""
        return cls(key.source, key.event_id, key.content_hash, key.ordinal)


class Cite(Struct, frozen=True, kw_only=True):
    """One thing that a report repeats: a report, a source, or (neither given) nobody named."""

    report: Target | None = None
    source: str | None = None

    @property
    def is_unresolved(self) -> bool:
        """True where the origin is undeclared or unnamed ("an official")."""
        return self.report is None and self.source is None


class Fact(Struct, frozen=True, kw_only=True):
    """One typed value that a report states of the subject, of one leg or of one line of it.

    ``as_of`` is the moment that a value of a series holds for (deaths by the evening of the 16th).
    """

    attribute: str
    value: Value
    as_of: int | None = None
    leg: str | None = None
    line: str | None = None


class Flag(Struct, frozen=True, kw_only=True):
    """A flag of the subject (or of one leg) set or unset, since the report's ``occurred``."""

    name: str
    toggle: Toggle
    leg: str | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What an analyst decides; the milestone, facts or flags accepted are those of the report.

    accept          what the report carries, at the policy's decision weight
    exclude         ``reports`` count for nothing
    mark_echo       ``reports`` repeat ``echo_of``
    two_events      ``reports`` belong to another subject (done by attachment; they are held out here)
    not_comparable  facts of ``reports`` on ``attribute`` are kept apart from the others
    keep_open       the conflict with this id is acknowledged; no effect
    ``expires_at`` is compared with known_at: from that moment on the decision has no effect.
    """

    kind: DecisionKind
    author: str
    reason: str
    expires_at: int | None = None
    reports: tuple[Target, ...] = ()
    echo_of: Cite | None = None
    attribute: str | None = None
    conflict: str | None = None


class Report(Struct, frozen=True, kw_only=True):
    """One statement by one source about one subject at one time.

    ``occurred`` is theirs (None: the time is not known), ``asserted_at`` when they said it,
    ``received_at`` when we recorded it. ``credibility`` is 1 to 6 or None. A denial of a milestone is
    as of the end of ``occurred`` (else ``asserted_at``). ``target`` is for corrections and retractions.
    """

    key: ReportKey
    asserted_at: int
    received_at: int
    kind: Kind = Kind.OBSERVE
    target: Target | None = None
    occurred: Interval | None = None
    milestone: str | None = None
    polarity: Polarity = Polarity.AFFIRMS
    time_class: TimeClass = TimeClass.ACTUAL
    leg: str | None = None
    line: str | None = None
    place: str | None = None
    facts: tuple[Fact, ...] = ()
    flags: tuple[Flag, ...] = ()
    directness: Directness = Directness.OWN
    hedge: Hedge = Hedge.ASSERTED
    credibility: int | None = None
    interested: bool = False
    cites: tuple[Cite, ...] = ()
    marking: Marking = Marking.CLEAR
    decision: Decision | None = None

    @property
    def source(self) -> str:
        """Whose word it is."""
        return self.key.source


class Rating(Struct, frozen=True, kw_only=True):
    """A grade of a source (for one topic or for all), from ``valid_from`` on; read as of ``recorded_at``."""

    source: str
    grade: Grade
    valid_from: int
    recorded_at: int
    topic: str | None = None


class Citation(Struct, frozen=True, kw_only=True):
    """An edge found later (same text, registered syndication): ``citing`` repeats ``cited``.

    ``marking`` is at least that of both reports: an edge to a report that an audience may not see is not
    for that audience either.
    """

    citing: Target
    cited: Cite
    recorded_at: int
    marking: Marking = Marking.CLEAR


class Policy(Struct, frozen=True, kw_only=True):
    """Every number of the fold, as one dated row. Weights are milli-nats, factors per mille.

    ``bars`` holds the accept bar by kind of subject; kinds left out have ``bar``. ``tolerance``
    and ``future_limit`` are microseconds.
    """

    version: str
    recorded_at: int
    grade_weights: tuple[tuple[Grade, int], ...]
    directness: tuple[tuple[Directness, int], ...]
    hedge: tuple[tuple[Hedge, int], ...]
    interested: int
    decision_weight: int
    bar: int
    bars: tuple[tuple[SubjectKind, int], ...]
    tolerance: int
    future_limit: int
    walk_length: int

    def bar_for(self, kind: SubjectKind) -> int:
        """The reach that a milestone or a value of such a subject needs to be accepted."""
        return dict(self.bars).get(kind, self.bar)


class Milestone(Struct, frozen=True, kw_only=True):
    """A word of a lifecycle. ``rank`` in tenths (refused 9.3 is 93). Progress implies lower progress."""

    name: str
    rank: int
    is_progress: bool = True
    is_terminal: bool = False
    implies: tuple[str, ...] = ()


class Lifecycle(Struct, frozen=True, kw_only=True, eq=False):
    """Milestones and which may come before which; compared by identity, so make each once.

    ``allowed`` are (earlier, later) names. ``only_later`` are the allowed pairs where the later one
    must begin more than the tolerance after the earlier one ended (a change of mind). ``flag_ends``
    are (flag, milestone whose acceptance ends it; "*" for any later one).
    """

    name: str
    milestones: tuple[Milestone, ...]
    allowed: frozenset[tuple[str, str]]
    only_later: frozenset[tuple[str, str]] = frozenset()
    flag_names: tuple[str, ...] = ()
    flag_ends: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> KeysView[str]:
        """The names of its milestones."""
        return _meanings(self).keys()

    def named(self, milestone: str) -> Milestone:
        """The milestone of that name."""
        return _meanings(self)[milestone].milestone

    def implied(self, milestone: str) -> frozenset[str]:
        """What a milestone says besides itself: all lower progress, and what a branch implies."""
        return _meanings(self)[milestone].implied

    def implying(self, milestone: str) -> frozenset[str]:
        """What says a milestone: itself, and all that it is implied by."""
        return _meanings(self)[milestone].implying


class _Meaning(NamedTuple):
    milestone: Milestone
    implied: frozenset[str]
    implying: frozenset[str]


@lru_cache(maxsize=64)
def _meanings(lifecycle: Lifecycle) -> dict[str, _Meaning]:
    found = lifecycle.milestones
    implied = {
        m.name: frozenset(m.implies) | {p.name for p in found if m.is_progress and p.is_progress and p.rank < m.rank}
        for m in found
    }
    return {
        m.name: _Meaning(m, implied[m.name], frozenset(o.name for o in found if o is m or m.name in implied[o.name]))
        for m in found
    }


class LegPlan(Struct, frozen=True, kw_only=True):
    """A planned part of a journey, by its natural key; ``sequence`` orders the legs of a shipment."""

    key: str
    sequence: int
    role: LegRole = LegRole.CARRYING
    destination: str | None = None


class SubjectPlan(Struct, frozen=True, kw_only=True):
    """Identity and plan of the subject: what the reports are about.

    ``destination`` is the planned place of arrival and ``destination_holds`` every finer or equal place
    that counts as it (None: no plan, every arrival counts). ``lines`` are the keys of its lines.
    """

    key: str
    kind: SubjectKind
    legs: tuple[LegPlan, ...] = ()
    lines: tuple[str, ...] = ()
    destination: str | None = None
    destination_holds: frozenset[str] = frozenset()
    topic: str | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """Everything about one subject, in any order; ``reconcile`` sorts by natural keys.

    ``policies`` are all versions: the latest recorded by known_at applies. ``lifecycle`` is None for
    contacts, inquiries and crises; ``leg_lifecycle`` is needed where reports name legs.
    """

    plan: SubjectPlan
    reports: tuple[Report, ...]
    policies: tuple[Policy, ...]
    lifecycle: Lifecycle | None = None
    leg_lifecycle: Lifecycle | None = None
    ratings: tuple[Rating, ...] = ()
    citations: tuple[Citation, ...] = ()
    attributes: tuple[AttributeRule, ...] = ()
