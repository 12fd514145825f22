"""Legs: each is folded by itself; what the carrying ones say of the shipment is carried over.

departed of the first carrying leg is departed, arrived of the last is arrived, what lies between is
in_transit; so is an arrival elsewhere. Legs with the same sequence run side by side: the first of them
to leave departs, the last to arrive arrives.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from shipments.reconciliation.candidates import Candidate, Entry
from shipments.reconciliation.model import LegPlan
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.vocabulary import LegRole
from shipments.reconciliation.weights import Vote
from shipments.reconciliation.words import Hearing


class Carried(Struct, frozen=True, kw_only=True):
    """What the legs say of their shipment. ``votes`` are those of all leg paths, positioning too."""

    entries: list[Entry]
    denials: list[Vote]
    votes: list[Vote]


def carry_over(verdicts: dict[str, Verdict], hearing: Hearing) -> Carried:
    """The entries and denials of a shipment that come from its legs."""
    votes = [v for one in verdicts.values() for i in one.path for v in one.candidates[i].votes]
    carrying = [
        leg for leg in hearing.plan.legs if leg.role is LegRole.CARRYING and not _is_cancelled(verdicts.get(leg.key))
    ]
    if not carrying:
        return Carried(entries=[], denials=[], votes=votes)
    first = _with_sequence(carrying, min(leg.sequence for leg in carrying))
    last = _with_sequence(carrying, max(leg.sequence for leg in carrying))
    left = _steps(first, verdicts, "departed")
    come = [
        (leg, c)
        for leg, c in _steps(last, verdicts, "arrived")
        if _is_home(leg, c, verdicts[leg.key], hearing) and _is_through(leg, c, hearing)
    ]
    entries = []
    if left:
        entries += _entries("departed", left, min(left, key=lambda pair: pair[1].order)[1])
    is_complete = {leg.key for leg, _ in come} == {leg.key for leg in last}
    if is_complete:
        entries += _entries("arrived", come, max(come, key=lambda pair: pair[1].order)[1])
    settled = {id(c) for _, c in left} | ({id(c) for _, c in come} if is_complete else set())
    between = [
        (leg, candidate)
        for leg in carrying
        if leg.key in verdicts
        for candidate in _path(verdicts[leg.key])
        if id(candidate) not in settled and candidate.milestone not in ("planned", "cancelled")
    ]
    if between:
        entries += [
            Entry(
                milestone="in_transit",
                earliest=min(c.earliest for _, c in between),
                latest=max(c.latest for _, c in between),
                votes=tuple(candidate.votes),
                stands_for=leg.key,
            )
            for leg, candidate in between
        ]
    return Carried(entries=entries, denials=_denials(first, last, verdicts), votes=votes)


def _is_cancelled(verdict: Verdict | None) -> bool:
    return (
        verdict is not None
        and verdict.status is not None
        and verdict.candidates[verdict.status].milestone == "cancelled"
    )


def _with_sequence(legs: Iterable[LegPlan], sequence: int) -> list[LegPlan]:
    return [leg for leg in legs if leg.sequence == sequence]


def _path(verdict: Verdict) -> list[Candidate]:
    return [verdict.candidates[i] for i in verdict.path]


def _steps(legs: Iterable[LegPlan], verdicts: dict[str, Verdict], milestone: str) -> list[tuple[LegPlan, Candidate]]:
    return [
        (leg, candidate)
        for leg in legs
        if leg.key in verdicts
        for candidate in _path(verdicts[leg.key])
        if candidate.milestone == milestone
    ]


def _is_home(leg: LegPlan, arrival: Candidate, verdict: Verdict, hearing: Hearing) -> bool:
    """Whether an arrival is where the leg was to go, as far as anyone said where it was."""
    places = {v.word.report.place for v in arrival.votes if v.word.report.place is not None}
    if leg.destination is None or not places:
        return all(step.milestone != "diverted" for step in _path(verdict))
    return any(hearing.comparer.are_nested("place", leg.destination, place) for place in places)


def _is_through(leg: LegPlan, arrival: Candidate, hearing: Hearing) -> bool:
    """Whether the journey ends here. Where a leg beyond was cancelled, only the planned destination is its end."""
    beyond = [o for o in hearing.plan.legs if o.role is LegRole.CARRYING and o.sequence > leg.sequence]
    if not beyond:
        return True
    planned = hearing.plan.destination or max(beyond, key=lambda o: (o.sequence, o.key)).destination
    places = {v.word.report.place or leg.destination for v in arrival.votes} - {None}
    return planned is not None and any(
        place in hearing.plan.destination_holds or hearing.comparer.are_nested("place", planned, place)
        for place in places
        if place is not None
    )


def _entries(milestone: str, steps: Iterable[tuple[LegPlan, Candidate]], timed_by: Candidate) -> list[Entry]:
    return [
        Entry(
            milestone=milestone,
            earliest=timed_by.earliest,
            latest=timed_by.latest,
            votes=tuple(candidate.votes),
            stands_for=leg.key,
        )
        for leg, candidate in steps
    ]


def _denials(first: list[LegPlan], last: list[LegPlan], verdicts: dict[str, Verdict]) -> list[Vote]:
    """A lone first leg that did not depart keeps the shipment; any last one that did not arrive, too."""
    found: list[Vote] = []
    if len(first) == 1 and first[0].key in verdicts:
        found += _denied(verdicts[first[0].key], "departed")
    for leg in last:
        if leg.key in verdicts:
            found += _denied(verdicts[leg.key], "arrived")
    return found


def _denied(verdict: Verdict, milestone: str) -> list[Vote]:
    return [vote for denial in verdict.denials if denial.milestone == milestone for vote in denial.votes]
