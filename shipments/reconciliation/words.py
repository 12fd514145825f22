"""What each standing report says, taken apart into words: one milestone, fact or flag at a time.

A word that cannot be judged (unknown milestone, leg, line, attribute, flag) is held out by name. An
arrival outside the planned destination is heard as in_transit.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from shipments.reconciliation.compare import Comparer
from shipments.reconciliation.decisions import Rulings
from shipments.reconciliation.model import Evidence, Lifecycle, Report, ReportKey
from shipments.reconciliation.values import Value
from shipments.reconciliation.vocabulary import Compare, DecisionKind, Kind, Polarity, TimeClass, Toggle

BEFORE_ALL = -(2**62)
AFTER_ALL = 2**62

MILESTONE, FACT, FLAG = "milestone", "fact", "flag"
FUTURE_TIME = "future_time"
DENIED_ELSEWHERE = "denied_elsewhere"
NO_TIME = (False, 0)  # as a slot says it

Slot = tuple[str, str, str, str, tuple[bool, int], str, TimeClass]


class Word(Struct, kw_only=True, eq=False):
    """One milestone, fact or flag as one report says it.

    ``slot`` is what it speaks of: (kind, name, leg, line, as_of, scope, time class); rivals share it.
    ``earliest`` and ``latest`` bound its time; ``latest`` of a denial is the T that it holds as of.
    ``held_out`` is the reason why it may not be judged. The scope of a milestone is empty but for a denial
    of an arrival elsewhere, which is not a word on the arrival.
    """

    report: Report
    key: ReportKey
    source: str
    about: str
    name: str
    leg: str
    slot: Slot
    index: int
    polarity: Polarity
    is_denial: bool
    earliest: int
    latest: int
    value: Value | None = None
    toggle: Toggle | None = None
    held_out: str = ""

    @property
    def is_accept(self) -> bool:
        """Whether an analyst accepts it."""
        decision = self.report.decision
        return decision is not None and decision.kind is DecisionKind.ACCEPT

    @property
    def order(self) -> tuple[int, ReportKey, int]:
        """Later words of one source supersede earlier ones in this order."""
        return self.report.asserted_at, self.report.key, self.index


class Hearing:
    """Takes reports apart for one subject, by its plan and its lifecycles."""

    def __init__(self, evidence: Evidence, comparer: Comparer, *, future_limit: int) -> None:
        self.plan = evidence.plan
        self.future_limit = future_limit
        self.comparer = comparer
        self.lifecycles = {False: evidence.lifecycle, True: evidence.leg_lifecycle}
        self.milestones = {is_leg: one.names if one else () for is_leg, one in self.lifecycles.items()}
        self.legs = {leg.key: leg for leg in evidence.plan.legs}
        self.rules = comparer.rules

    def words(self, report: Report, rulings: Rulings) -> list[Word]:
        """Every word of the report, in its own order."""
        held_out = ""
        if rulings.moved and report.key in rulings.moved:
            held_out = "two_events"
        elif rulings.expired and report.key in rulings.expired:
            held_out = "expired"
        found = [] if report.milestone is None else [self._milestone(report, report.milestone, held_out)]
        if report.facts:
            found += self._facts(report, rulings, held_out)
        if report.flags:
            found += self._flags(report, held_out)
        return found

    def lifecycle(self, leg: str) -> Lifecycle | None:
        """The lifecycle of the subject, or of its legs where ``leg`` is named."""
        return self.lifecycles[bool(leg)]

    def _milestone(self, report: Report, milestone: str, held_out: str) -> Word:
        leg = report.leg or ""
        earliest, latest = _times(report)
        if not held_out:
            if leg and leg not in self.legs:
                held_out = "unknown_leg"
            elif self.lifecycles[bool(leg)] is None:
                held_out = "no_lifecycle"
            elif milestone not in self.milestones[bool(leg)]:
                held_out = "unknown_milestone"
            elif self._is_future(report, latest if report.polarity is Polarity.DENIES else earliest):
                held_out = FUTURE_TIME
        scope = ""
        if milestone == "arrived" and self.is_elsewhere(report.place, leg):
            if report.polarity is Polarity.DENIES:
                # That it did not come to one place says nothing of the place where it was to come.
                held_out, scope = held_out or DENIED_ELSEWHERE, f"at:{report.place}"
            elif not leg:
                milestone = "in_transit"
        slot = (MILESTONE, milestone, leg, "", NO_TIME, scope, report.time_class)
        return _word(report, slot, (earliest, latest), polarity=report.polarity, held_out=held_out)

    def _is_future(self, report: Report, moment: int) -> bool:
        """Whether it is said to have happened (a denial: not to have happened by) long after we heard of it."""
        return (
            report.time_class is TimeClass.ACTUAL
            and report.decision is None
            and moment > report.received_at + self.future_limit
        )

    def is_elsewhere(self, place: str | None, leg: str = "") -> bool:
        """Whether a place is outside the planned destination: neither in it, nor it, nor around it."""
        if leg:
            planned = self.legs[leg].destination if leg in self.legs else None
        else:
            planned = self.plan.destination if "in_transit" in self.milestones[False] else None
        if planned is None or place is None or (not leg and place in self.plan.destination_holds):
            return False
        return not self.comparer.are_nested("place", planned, place)

    def _facts(self, report: Report, rulings: Rulings, held_out: str) -> Iterator[Word]:
        for index, fact in enumerate(report.facts):
            rule = self.rules.get(fact.attribute)
            leg, line = fact.leg or report.leg or "", fact.line or report.line or ""
            reason = held_out or self._unknown(leg, line)
            scope = ""
            if rule is None:
                reason = reason or "unknown_attribute"
            elif not self.comparer.has_type(rule, fact.value):
                reason = reason or "wrong_type"
            else:
                scope = fact.value.scope
                if rule.compare is Compare.COLLECT:
                    scope = f"{scope}|{fact.value.label}"
            apart = rulings.apart.get((report.key, fact.attribute))
            if apart is not None:
                scope = f"{scope}|apart:{apart}"
            as_of = NO_TIME
            if rule is not None and rule.by_as_of and fact.as_of is not None:
                as_of = (True, fact.as_of)
            slot = (FACT, fact.attribute, leg, line, as_of, scope, report.time_class)
            # A denied milestone does not deny the facts told beside it.
            polarity = report.polarity if report.milestone is None else Polarity.AFFIRMS
            yield _word(report, slot, _times(report), polarity=polarity, index=index, value=fact.value, held_out=reason)

    def _flags(self, report: Report, held_out: str) -> Iterator[Word]:
        for index, flag in enumerate(report.flags):
            leg = flag.leg or report.leg or ""
            lifecycle = self.lifecycle(leg)
            reason = held_out or self._unknown(leg, "")
            earliest, latest = _times(report)
            if report.kind is Kind.DECIDE and report.occurred is None:
                # What an analyst decides of a flag without a time is so from the decision on.
                earliest = latest = report.asserted_at
            if lifecycle is None or flag.name not in lifecycle.flag_names:
                reason = reason or "unknown_flag"
            elif self._is_future(report, earliest):
                reason = reason or FUTURE_TIME
            toggle = flag.toggle
            if report.milestone is None and report.polarity is Polarity.DENIES:
                # To deny that a flag is set is to say that it is unset.
                toggle = Toggle.UNSET if toggle is Toggle.SET else Toggle.SET
            slot = (FLAG, flag.name, leg, "", NO_TIME, "", report.time_class)
            yield _word(
                report,
                slot,
                (earliest, latest),
                polarity=Polarity.AFFIRMS,
                index=index,
                toggle=toggle,
                held_out=reason,
            )

    def _unknown(self, leg: str, line: str) -> str:
        if leg and leg not in self.legs:
            return "unknown_leg"
        if line and line not in self.plan.lines:
            return "unknown_line"
        return ""


def _word(
    report: Report,
    slot: Slot,
    times: tuple[int, int],
    *,
    polarity: Polarity,
    index: int = 0,
    value: Value | None = None,
    toggle: Toggle | None = None,
    held_out: str = "",
) -> Word:
    about, name, leg = slot[:3]
    earliest, latest = times
    return Word(
        report=report,
        key=report.key,
        source=report.key.source,
        about=about,
        name=name,
        leg=leg,
        slot=slot,
        index=index,
        polarity=polarity,
        is_denial=polarity is Polarity.DENIES,
        earliest=earliest,
        latest=latest,
        value=value,
        toggle=toggle,
        held_out=held_out,
    )


def _times(report: Report) -> tuple[int, int]:
    """The bounds of a word's time; what actually happened, happened before it was said."""
    if report.occurred is not None:
        if report.polarity is Polarity.DENIES and report.time_class is TimeClass.ACTUAL:
            # Nobody can know beyond the moment they speak that a thing had not happened.
            latest = min(report.occurred.latest, report.asserted_at)
            return min(report.occurred.earliest, latest), latest
        return report.occurred.earliest, report.occurred.latest
    if report.polarity is Polarity.DENIES:
        return report.asserted_at, report.asserted_at
    if report.time_class is TimeClass.ACTUAL and report.kind is not Kind.DECIDE:
        return BEFORE_ALL, report.asserted_at
    return BEFORE_ALL, AFTER_ALL
