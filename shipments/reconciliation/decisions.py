"""What analysts decided, as of a moment: who is left out, who echoes whom, what is kept apart.

An accept is not here: it is a vote like any other, at the policy's decision weight (``weights``).
A decision that has expired or was withdrawn has no effect; it stays among the claims.
"""

from __future__ import annotations

from msgspec import Struct

from shipments.reconciliation.identity import Said, select
from shipments.reconciliation.model import Cite, Report, ReportKey
from shipments.reconciliation.vocabulary import DecisionKind, Kind


class Rulings(Struct, frozen=True, kw_only=True):
    """The decisions in force, by what they do.

    ``echoes`` maps a citing report to what it repeats, ``apart`` (report, attribute) to the decision
    that keeps it apart. ``expired`` and ``excluded`` decisions have no effect of their own.
    """

    excluded: set[ReportKey] = set()
    moved: set[ReportKey] = set()
    echoes: dict[ReportKey, list[Cite]] = {}
    apart: dict[tuple[ReportKey, str], ReportKey] = {}
    kept_open: set[str] = set()
    expired: set[ReportKey] = set()

    def why_out(self, key: ReportKey) -> str:
        """Why a report has no say here, as a stable word; empty where it has."""
        sides = (("two_events", self.moved), ("expired", self.expired), ("excluded", self.excluded))
        return next((why for why, keys in sides if key in keys), "")


def rule(known: dict[ReportKey, Report], *, known_at: int) -> tuple[Said, Rulings]:
    """What stands of the known reports, and the rulings in force; of two that disagree, the latest.

    A decision judges what was said before it, so they are heard from the latest on. Once it takes a
    correction or a retraction out, what that one had replaced stands again.
    """
    rulings = Rulings()
    said = select(known)
    decided = [r for r in known.values() if r.decision is not None]
    for report in sorted(decided, key=_order, reverse=True):
        decision = report.decision
        if decision is None or report.key in rulings.excluded or report.key not in said.standing:
            continue
        if decision.expires_at is not None and known_at >= decision.expires_at:
            rulings.expired.add(report.key)
            continue
        hit = _apply(report, said, rulings)
        if any(known[key].kind in (Kind.CORRECT, Kind.RETRACT) for key in hit):
            said = select(known, without=rulings.excluded | rulings.moved)
    return said, rulings


def _order(report: Report) -> tuple[int, ReportKey]:
    return report.asserted_at, report.key


def _apply(report: Report, said: Said, rulings: Rulings) -> list[ReportKey]:
    """Write the decision down, and say what it takes out of the evidence."""
    decision = report.decision
    assert decision is not None
    hit = [
        key
        for target in decision.reports
        for key in said.find(target)
        # A decision cannot have judged one that came after it.
        if said.known[key].decision is None or _order(said.known[key]) < _order(report)
    ]
    match decision.kind:
        case DecisionKind.EXCLUDE:
            rulings.excluded.update(hit)
            return hit
        case DecisionKind.TWO_EVENTS:
            rulings.moved.update(hit)
            return hit
        case DecisionKind.MARK_ECHO:
            for key in hit:
                rulings.echoes.setdefault(key, []).append(decision.echo_of or Cite())
        case DecisionKind.NOT_COMPARABLE:
            for key in hit:
                rulings.apart.setdefault((key, decision.attribute or ""), report.key)
        case DecisionKind.KEEP_OPEN:
            rulings.kept_open.add(decision.conflict or "")
        case DecisionKind.ACCEPT:
            pass  # its content votes
    return []
