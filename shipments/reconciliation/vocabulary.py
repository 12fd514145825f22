"""The closed word lists of the reconciler, as string enums.

Open lists (milestones, flags, attributes, places, sources) are plain strings that come in as data.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a report does: say something, replace or withdraw an earlier word, or decide."""

    OBSERVE = "observe"
    CORRECT = "correct"
    RETRACT = "retract"
    DECIDE = "decide"


class Polarity(StrEnum):
    """Whether the source says that a thing is so, or that it is not (so far)."""

    AFFIRMS = "affirms"
    DENIES = "denies"


class TimeClass(StrEnum):
    """ONE Record's time classes; only ``actual`` moves a status."""

    ACTUAL = "actual"
    ESTIMATED = "estimated"
    PLANNED = "planned"
    REQUESTED = "requested"
    EXPECTED = "expected"


class Directness(StrEnum):
    """How the source came to know; the weight of each is in the policy."""

    OWN = "own"
    SECOND_HAND = "second_hand"
    INFERRED = "inferred"


class Hedge(StrEnum):
    """How firmly the source says it; the weight of each is in the policy."""

    ASSERTED = "asserted"
    APPARENT = "apparent"
    SPECULATED = "speculated"


class Grade(StrEnum):
    """Admiralty reliability of a source; F is every source without a rating."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Marking(StrEnum):
    """TLP 2.0 marking of a report. ``tier`` says from which audience on it is folded."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def tier(self) -> Tier:
        """The lowest nested audience that may see it (AMBER+STRICT is read by analysts: AMBER)."""
        return Tier.AMBER if self is Marking.AMBER_STRICT else Tier(self.value)


class Tier(StrEnum):
    """Nested audiences: everyone, partners, analysts, named readers."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"

    @property
    def rank(self) -> int:
        """0 for CLEAR to 3 for RED: an audience sees every marking of its rank or below."""
        return _TIER_RANK[self]


_TIER_RANK = {Tier.CLEAR: 0, Tier.GREEN: 1, Tier.AMBER: 2, Tier.RED: 3}


class Precision(StrEnum):
    """How finely a time was said; its width is in the interval itself."""

    INSTANT = "instant"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"
    UNKNOWN = "unknown"


class Toggle(StrEnum):
    """The two sides of a flag."""

    SET = "set"
    UNSET = "unset"


class Qualifier(StrEnum):
    """How a quantity was said."""

    EXACT = "exact"
    ABOUT = "about"
    AT_LEAST = "at_least"
    UP_TO = "up_to"
    RANGE = "range"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a quantity rests on; a capacity bounds the high end only."""

    MANIFEST = "manifest"
    COUNTED = "counted"
    REPORTED = "reported"
    CAPACITY = "capacity"
    DERIVED = "derived"


class ValueType(StrEnum):
    """The types a fact can have."""

    TEXT = "text"
    CODE = "code"
    TIME = "time"
    QUANTITY = "quantity"
    MONEY = "money"
    PLACE = "place"
    ACTOR = "actor"


class Compare(StrEnum):
    """How two values of an attribute are compared (data of the attribute registry).

    exact      equal or rival
    contains   the pairs of the rule (and their transitive closure) say which coarser value holds which
    overlap    intervals (time, quantity, money): compatible where they meet
    collect    never rivals: each value stands beside the others (remarks, list items)
    """

    EXACT = "exact"
    CONTAINS = "contains"
    OVERLAP = "overlap"
    COLLECT = "collect"


class SubjectKind(StrEnum):
    """The six kinds of subject; contacts, inquiries and crises have facts and no lifecycle."""

    SHIPMENT = "shipment"
    OFFER = "offer"
    APPEAL = "appeal"
    CONTACT = "contact"
    INQUIRY = "inquiry"
    CRISIS = "crisis"


class LegRole(StrEnum):
    """A carrying leg moves the cargo; a positioning leg only brings the vehicle."""

    CARRYING = "carrying"
    POSITIONING = "positioning"


class DecisionKind(StrEnum):
    """What an analyst may decide; the effect of each is in ``decisions``."""

    ACCEPT = "accept"
    EXCLUDE = "exclude"
    MARK_ECHO = "mark_echo"
    TWO_EVENTS = "two_events"
    NOT_COMPARABLE = "not_comparable"
    KEEP_OPEN = "keep_open"


class State(StrEnum):
    """What we can say of a value, a milestone or a subject."""

    DECIDED = "decided"
    CONTESTED = "contested"
    CORROBORATED = "corroborated"
    SINGLE_SOURCE = "single_source"
    DENIED = "denied"
    RETRACTED = "retracted"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """How far the leading step of the best story can be relied on."""

    ACCEPTED = "accepted"
    CONTESTED = "contested"
    UNCONFIRMED = "unconfirmed"


class ConflictKind(StrEnum):
    """Why something did not make the picture; the first seven in order of precedence."""

    FUTURE_TIME = "future_time"
    AFTER_TERMINAL = "after_terminal"
    EXCLUSIVE_BRANCH = "exclusive_branch"
    DENIED = "denied"
    OUT_OF_SEQUENCE = "out_of_sequence"
    DUPLICATE_SLOT = "duplicate_slot"
    NO_WEIGHT = "no_weight"
    LOCATION = "location"
    VALUE = "value"
    FLAG = "flag"
    OVERRIDE_CHALLENGED = "override_challenged"


class Fate(StrEnum):
    """What became of a claim; every claim of every report has exactly one."""

    USED = "used"
    SUPPORTS = "supports"
    OUTWEIGHED = "outweighed"
    ECHO = "echo"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"
    COMPATIBLE = "compatible"
    DENIED = "denied"
    HELD_OUT = "held_out"
