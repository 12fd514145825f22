"""S2: whose word it is at bottom. Quoting is not corroboration.

``cites`` is a directed graph. The origins of a report are its roots: reports that cite nothing,
sources named where they have no report of their own, nobody ("unresolved"), and for a circle of
citations without a way out its least key. Only what a source says on the very slot (milestone or
attribute, leg, time class) counts as its own report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from functools import cached_property

from msgspec import Struct

from shipments.reconciliation.identity import Said
from shipments.reconciliation.model import Citation, Cite, Report, ReportKey
from shipments.reconciliation.vocabulary import Directness, Fate
from shipments.reconciliation.words import Slot, Word


class RootKind(Enum):
    """What is found at the bottom of a chain of citations."""

    REPORT = 1
    NAMED = 2
    UNRESOLVED = 3
    WITHDRAWN = 4


Root = tuple[RootKind, str]  # with the source


class Voted(Struct, frozen=True):
    """The sources a word votes for, and what of it does not count.

    ``echoes`` are roots that speak for themselves; ``has_fallen`` says that all it rests on was
    withdrawn by its roots.
    """

    votes: tuple[str, ...]
    echoes: tuple[str, ...] = ()
    is_unresolved: bool = False
    has_fallen: bool = False


class Origins:
    """The citation graph of one subject at one moment."""

    def __init__(
        self,
        said: Said,
        *,
        standing: Iterable[Word],
        gone: Iterable[Word],
        citations: Iterable[Citation],
        echoes: dict[ReportKey, list[Cite]],
    ) -> None:
        self.said = said
        self._standing, self._gone = standing, gone
        self.edges = {key: list(r.cites) for key, r in said.known.items() if r.cites}
        for key, cites in echoes.items():
            self.edges.setdefault(key, []).extend(cites)
        for citation in citations:
            for key in said.find(citation.citing):
                self.edges.setdefault(key, []).append(citation.cited)
        self._roots: dict[Slot, dict[ReportKey, frozenset[Root]]] = {}

    @cached_property
    def own(self) -> dict[tuple[str, Slot], list[ReportKey]]:
        """The reports by which a source speaks itself, by what they speak of; asked only where somebody repeats."""
        own: dict[tuple[str, Slot], list[ReportKey]] = defaultdict(list)
        for word in self._standing:
            own[(word.source, word.slot)].append(word.key)
        return own

    @cached_property
    def gone(self) -> set[tuple[str, Slot]]:
        """Of what a source has withdrawn all that it said, and of what it may not be heard."""
        return {(word.source, word.slot) for word in self._gone} - self.own.keys()

    def vote(self, word: Word) -> Voted:
        """For whom the word votes."""
        if not self._repeats(word.report):
            return Voted((word.source,))
        votes, echoes, unresolved = [], [], False
        roots = self._roots_of(word.key, word.slot)
        for kind, source in sorted(roots, key=lambda root: (root[1], root[0].value)):
            if kind is RootKind.UNRESOLVED:
                unresolved = True
            elif kind is RootKind.WITHDRAWN or (source, word.slot) in self.gone:
                continue
            elif source != word.source and (source, word.slot) in self.own:
                echoes.append(source)
            elif source not in votes:
                votes.append(source)
        return Voted(
            votes=tuple(votes),
            echoes=tuple(echoes),
            is_unresolved=unresolved,
            has_fallen=not (votes or echoes or unresolved),
        )

    def _repeats(self, report: Report) -> bool:
        return report.key in self.edges or report.directness is Directness.SECOND_HAND

    def _next(self, key: ReportKey, slot: Slot) -> tuple[set[ReportKey], set[Root]]:
        """The reports and the roots that a report leads to in one step."""
        report = self.said.known[key]
        reports, roots = set[ReportKey](), set[Root]()
        for cite in self.edges.get(key, ()):
            if cite.is_unresolved:
                roots.add((RootKind.UNRESOLVED, ""))
            elif cite.report is not None:
                found = self.said.find(cite.report)
                for one in found:
                    self._follow_report(one, slot, reports, roots)
                if not found:
                    self._follow_source(cite.report.source, slot, reports, roots)
            elif cite.source is not None and cite.source != report.source:
                self._follow_source(cite.source, slot, reports, roots)
        reports.discard(key)
        if not reports and not roots:
            if report.directness is Directness.SECOND_HAND and key not in self.edges:
                roots.add((RootKind.UNRESOLVED, ""))
            else:
                roots.add((RootKind.REPORT, report.source))
        return reports, roots

    def _follow_report(self, key: ReportKey, slot: Slot, reports: set[ReportKey], roots: set[Root]) -> None:
        fallen = self.said.fallen.get(key)
        if fallen is None or fallen.fate is Fate.HELD_OUT:
            reports.add(key)
        elif fallen.fate is Fate.RETRACTED or (key.source, slot) in self.gone:
            roots.add((RootKind.WITHDRAWN, key.source))
        elif (key.source, slot) in self.own:
            reports.update(self.own[(key.source, slot)])
        else:
            self._follow_correction(fallen.by, key.source, reports, roots)

    def _follow_correction(self, by: ReportKey | None, source: str, reports: set[ReportKey], roots: set[Root]) -> None:
        seen = set[ReportKey]()
        while by is not None and by in self.said.fallen and by not in seen:
            seen.add(by)
            by = self.said.fallen[by].by
        if by is None or by not in self.said.standing:
            roots.add((RootKind.WITHDRAWN, source))
        else:
            reports.add(by)

    def _follow_source(self, source: str, slot: Slot, reports: set[ReportKey], roots: set[Root]) -> None:
        if (source, slot) in self.own:
            reports.update(self.own[(source, slot)])
        elif (source, slot) in self.gone:
            roots.add((RootKind.WITHDRAWN, source))
        else:
            roots.add((RootKind.NAMED, source))

    def _roots_of(self, start: ReportKey, slot: Slot) -> frozenset[Root]:
        known = self._roots.setdefault(slot, {})
        if start not in known:
            self._search(start, slot, known)
        return known[start]

    def _search(self, start: ReportKey, slot: Slot, known: dict[ReportKey, frozenset[Root]]) -> None:
        """Tarjan's components, bottom up and without recursion: chains of citations may be long."""
        index: dict[ReportKey, int] = {}
        low: dict[ReportKey, int] = {}
        ends: dict[ReportKey, set[Root]] = {}
        component: list[ReportKey] = []
        work: list[tuple[ReportKey, list[ReportKey]]] = []

        def enter(key: ReportKey) -> None:
            index[key] = low[key] = len(index)
            component.append(key)
            reports, roots = self._next(key, slot)
            ends[key] = roots
            work.append((key, sorted(reports)))

        enter(start)
        while work:
            key, ahead = work[-1]
            if ahead:
                following = ahead.pop()
                if following in known:
                    ends[key] |= known[following]
                elif following not in index:
                    enter(following)
                else:
                    low[key] = min(low[key], index[following])
                continue
            work.pop()
            if work:
                above = work[-1][0]
                low[above] = min(low[above], low[key])
            if low[key] == index[key]:
                members = [component.pop()]
                while members[-1] != key:
                    members.append(component.pop())
                roots = frozenset().union(*(ends[m] for m in members))
                roots = roots or frozenset({(RootKind.REPORT, min(members).source)})
                for member in members:
                    known[member] = roots
            if work and key in known:
                ends[work[-1][0]] |= known[key]
