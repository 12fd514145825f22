"""What comes out of the fold: what we believe, how sure we are, and what became of every claim.

Weights, reach and margin are integers (milli-nats). ``confidence`` is per mille, for showing only, and
never hashed. Everything is sorted by natural keys, so that equal evidence gives equal pictures.
"""

from __future__ import annotations

from msgspec import Struct

from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.values import Interval, Value
from shipments.reconciliation.vocabulary import ConflictKind, Fate, Standing, State, TimeClass, Toggle


class Claim(Struct, frozen=True, kw_only=True):
    """What became of one claim: a milestone, one fact, one flag, or the report as a whole.

    ``about`` is "milestone:arrived", "fact:quantity", "flag:delayed" or "report" (a retraction, a
    decision without content); ``slot`` the leg or line. ``weight`` is the report's own weight (0 where
    it may not vote); ``short_by`` is how much the group that it lost to is ahead. ``reason`` is a stable
    word, for held_out always, else where one helps. ``origins`` are the roots that it speaks for.
    """

    report: ReportKey
    about: str
    slot: str = ""
    index: int = 0
    fate: Fate
    weight: int = 0
    short_by: int = 0
    reason: str = ""
    origins: tuple[str, ...] = ()
    unresolved: bool = False


class Alternative(Struct, frozen=True, kw_only=True):
    """A rival that is not shown as the value, with its margin (negative: how far behind)."""

    label: str
    value: Value | None = None
    at: Interval | None = None
    score: int
    margin: int
    origins: tuple[str, ...]
    unresolved: int
    because: tuple[ReportKey, ...]


class Step(Struct, frozen=True, kw_only=True):
    """One element of the timeline (or of a leg's, where ``leg`` is given), in chain order.

    ``reach`` says how sure it is that the subject got at least this far, ``margin`` how much this
    very step is ahead of its rivals. ``stands_for`` names the leg a shipment's step was taken from.
    """

    milestone: str
    leg: str | None = None
    at: Interval | None
    place: str | None = None
    score: int
    reach: int
    margin: int
    state: State
    confidence: int
    origins: tuple[str, ...]
    unresolved: int
    because: tuple[ReportKey, ...]
    stands_for: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """A resolved value: of an attribute, a milestone, a flag, or the status of the subject.

    ``kind`` is "fact", "milestone", "flag" or "subject"; ``value`` is typed for facts and None
    elsewhere; ``label`` its plain form. ``low`` and ``high`` are plain decimal strings of an interval.
    ``leading`` is the label of the heaviest group where that is not (or not yet) the value.
    ``margin`` is how far it is ahead of the next rival, after denials. ``scope`` keeps apart what is not
    comparable (unit and measure, capacity); with ``time_class`` it belongs to the key of a finding.
    """

    kind: str
    attribute: str
    leg: str | None = None
    line: str | None = None
    as_of: int | None = None
    scope: str = ""
    time_class: TimeClass = TimeClass.ACTUAL
    label: str | None
    value: Value | None = None
    low: str | None = None
    high: str | None = None
    state: State
    score: int = 0
    margin: int
    confidence: int
    credibility: int | None = None
    origins: tuple[str, ...] = ()
    unresolved: int = 0
    leading: str | None = None
    because: tuple[ReportKey, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    toggle: Toggle | None = None
    since: Interval | None = None


class Conflict(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """Something that did not make the picture, or stands against it; ``id`` is stable.

    id = sha256(subject, kind, what is disputed, sorted keys), hexadecimal. ``by`` is how far it is behind (milli-nats).
    ``kept_open`` is set by an analyst's keep_open decision in force.
    """

    id: str
    kind: ConflictKind
    about: str
    leg: str | None = None
    keys: tuple[ReportKey, ...]
    against: tuple[ReportKey, ...] = ()
    reason: str
    by: int = 0
    kept_open: bool = False


class Planned(Struct, frozen=True, kw_only=True, array_like=True, tag=True):
    """A milestone said to come (planned, expected, estimated, requested): feeds plan and ETA only.

    ``is_seen`` is False where no actual step implies it: a gap, never a conflict.
    """

    milestone: str
    leg: str | None = None
    time_class: TimeClass
    at: Interval | None
    is_seen: bool
    denied_by: tuple[str, ...]
    origins: tuple[str, ...]
    unresolved: int
    because: tuple[ReportKey, ...]


class LegPicture(Struct, frozen=True, kw_only=True):
    """The fold of one leg: the same words as for the subject."""

    key: str
    status: str | None
    leading: str | None
    state: State
    standing: Standing | None
    reach: int
    margin: int
    timeline: tuple[Step, ...]


class Picture(Struct, frozen=True, kw_only=True):
    """What we believe of one subject at one moment.

    ``status`` is the furthest step whose reach meets the bar, ``leading`` the last step of the best
    story; ``confidence`` (per mille) is shown for the status, ``leading_confidence`` for the leading.
    ``contested_from`` is the first milestone from which a rival stands within the bar.
    ``state`` is that of the furthest thing that is seriously claimed, on the path or off it.
    """

    subject: str
    known_at: int
    status: str | None
    leading: str | None
    state: State
    standing: Standing | None
    confidence: int
    leading_confidence: int
    reach: int
    margin: int
    contested_from: str | None
    is_denied_by_party: bool
    timeline: tuple[Step, ...]
    legs: tuple[LegPicture, ...]
    planned: tuple[Planned, ...]
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    claims: tuple[Claim, ...]
    alternatives: tuple[Alternative, ...]
    policy_version: str
    output_hash: str


class Version(Struct, frozen=True, kw_only=True):
    """A picture and how long it stood: ``known_from`` <= t < ``known_to`` (None: still stands)."""

    known_from: int
    known_to: int | None
    picture: Picture
