"""S0 identity and the first half of S1: which reports there are at a moment, and which still stand.

reports -> one per key, received by known_at -> each aimed-at report and its corrections and
retractions: the latest is selected (a retraction wins ties) -> standing reports
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cached_property
from operator import attrgetter

from msgspec import Struct

from shipments.reconciliation.model import Report, ReportKey, Target
from shipments.reconciliation.vocabulary import Fate, Kind


class Fallen(Struct, frozen=True, kw_only=True):
    """Why a report does not speak any more, or (held out) never did."""

    fate: Fate
    reason: str
    by: ReportKey | None = None


class Register:
    """The known reports by key, to be found by what points at them."""

    def __init__(self, known: dict[ReportKey, Report]) -> None:
        self.known = known

    @cached_property
    def events(self) -> dict[tuple[str, str], list[ReportKey]]:
        """The keys of each source's events, in order; asked only where somebody points at one."""
        events: dict[tuple[str, str], list[ReportKey]] = defaultdict(list)
        for key in self.known:
            events[(key.source, key.event_id)].append(key)
        return events

    def find(self, target: Target) -> list[ReportKey]:
        """The known reports that are pointed at, in key order."""
        if target.content_hash:
            key = ReportKey(*target)
            return [key] if key in self.known else []
        return self.events.get((target.source, target.event_id), []) if target.event_id else []


class Said(Struct, frozen=True, kw_only=True):
    """The reports of a moment, each either standing or fallen, by key; both in key order."""

    standing: dict[ReportKey, Report]
    fallen: dict[ReportKey, Fallen]
    register: Register

    @property
    def known(self) -> dict[ReportKey, Report]:
        """All of them."""
        return self.register.known

    def find(self, target: Target) -> list[ReportKey]:
        """The known reports that are pointed at, in key order."""
        return self.register.find(target)


def distinct(reports: Iterable[Report], *, known_at: int) -> dict[ReportKey, Report]:
    """Each report once, in key order, as first received; those received after ``known_at`` left out."""
    found: dict[ReportKey, Report] = {}
    for report in sorted([each for each in reports if each.received_at <= known_at], key=attrgetter("key")):
        seen = found.setdefault(report.key, report)
        if seen is not report and _is_first(report, seen):
            found[report.key] = report
    return found


def _is_first(report: Report, other: Report) -> bool:
    if report.received_at != other.received_at:
        return report.received_at < other.received_at
    # Equal keys mean equal content; the text only decides where a sender's hash was wrong.
    return report != other and repr(report) < repr(other)


def select(known: dict[ReportKey, Report], *, without: Collection[ReportKey] = ()) -> Said:
    """Which reports stand, once corrections and retractions have been selected among themselves.

    A source corrects and retracts only itself. Whatever aims at a report was said knowing it, so it
    beats the report whatever the clocks say; among those that aim at one report the latest asserted is
    selected. A withdrawn correction or retraction aims at nothing. One whose target has not arrived
    waits: a correction speaks for itself meanwhile. One of those ``without`` which it is done aims at nothing
    either, unless it is a correction that was itself corrected: the last one still replaces the first word.
    """
    register = Register(known)
    pointers = [r for r in known.values() if r.kind in (Kind.CORRECT, Kind.RETRACT)]
    if not pointers:
        return Said(standing=known, fallen={}, register=register)
    fallen: dict[ReportKey, Fallen] = {}
    targets = _targets(register, pointers, fallen)
    aimed: dict[ReportKey, list[Report]] = defaultdict(list)
    for pointer in pointers:
        for key in targets.get(pointer.key, ()):
            aimed[key].append(pointer)

    # From the pointers that nothing aims at towards what they aim at: no circle is left, so each is reached.
    selected: dict[ReportKey, Report | None] = {}
    waiting = {key: len(aims) for key, aims in aimed.items()}
    ready = [p.key for p in pointers if p.key not in aimed]
    while ready:
        key = ready.pop()
        alive = [p for p in aimed.get(key, ()) if _is_alive(p, selected.get(p.key), without)]
        selected[key] = max(alive, key=_precedence) if alive else None
        for target in targets.get(key, ()):
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)

    winners: dict[ReportKey, set[ReportKey]] = defaultdict(set)
    for key in sorted(aimed):
        chosen = selected[key]
        if chosen is None:
            continue
        fate = Fate.RETRACTED if chosen.kind is Kind.RETRACT else Fate.SUPERSEDED
        fallen.setdefault(key, Fallen(fate=fate, reason=str(chosen.kind), by=chosen.key))
        winners[chosen.key].add(key)
    for pointer in pointers:
        if pointer.key in fallen or pointer.key in without or not targets.get(pointer.key):
            continue
        if pointer.key not in winners:
            rival = selected[targets[pointer.key][0]]
            if rival is not None:
                fate = Fate.RETRACTED if rival.kind is Kind.RETRACT else Fate.SUPERSEDED
                fallen[pointer.key] = Fallen(fate=fate, reason="later_word", by=rival.key)
    standing = {key: report for key, report in known.items() if key not in fallen and report.kind is not Kind.RETRACT}
    return Said(standing=standing, fallen=fallen, register=register)


def _is_alive(pointer: Report, selected: Report | None, without: Collection[ReportKey]) -> bool:
    if pointer.key in without:
        return pointer.kind is Kind.CORRECT and selected is not None and selected.kind is Kind.CORRECT
    return selected is None or selected.kind is not Kind.RETRACT


def _precedence(report: Report) -> tuple[int, bool, ReportKey]:
    return report.asserted_at, report.kind is Kind.RETRACT, report.key


def _targets(
    register: Register,
    pointers: list[Report],
    fallen: dict[ReportKey, Fallen],
) -> dict[ReportKey, list[ReportKey]]:
    """What each pointer aims at; pointers that may not aim (foreign, circular) are held out."""
    targets: dict[ReportKey, list[ReportKey]] = {}
    for pointer in pointers:
        if pointer.target is None or pointer.target.source != pointer.source:
            reason = "no_target" if pointer.target is None else "not_own_voice"
            fallen[pointer.key] = Fallen(fate=Fate.HELD_OUT, reason=reason)
            continue
        targets[pointer.key] = [
            key for key in register.find(pointer.target) if not _is_sibling(pointer, register.known[key])
        ]
    for key in _circular(targets):
        fallen[key] = Fallen(fate=Fate.HELD_OUT, reason="circular_target")
        del targets[key]
    return targets


def _is_sibling(pointer: Report, other: Report) -> bool:
    """Two pointers sent under the event id of their common target speak of it, not of each other."""
    return (
        pointer.target is not None
        and not pointer.target.content_hash
        and other.target is not None
        and other.kind in (Kind.CORRECT, Kind.RETRACT)
        and other.target.event_id == other.key.event_id == pointer.target.event_id
    )


def _circular(targets: dict[ReportKey, list[ReportKey]]) -> list[ReportKey]:
    """The pointers that aim, step by step, at themselves (or into such a circle)."""
    aimed_by: dict[ReportKey, list[ReportKey]] = defaultdict(list)
    open_ends = {}
    for key, found in targets.items():
        among = [target for target in found if target in targets]
        open_ends[key] = len(among)
        for target in among:
            aimed_by[target].append(key)
    grounded = [key for key, count in open_ends.items() if not count]
    for key in grounded:  # grows while it is read
        for above in aimed_by[key]:
            open_ends[above] -= 1
            if not open_ends[above]:
                grounded.append(above)
    return [key for key, count in open_ends.items() if count]
