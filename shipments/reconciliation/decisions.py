"""What analysts decided, as of a moment: who is left out, who echoes whom, what is kept apart.

An accept is not here: it is a vote like any other, at the policy's decision weight (``weights``).
A decision that has expired or was withdrawn has no effect; it stays among the claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shipments.reconciliation.identity import Said
from shipments.reconciliation.model import Cite, Report, ReportKey
from shipments.reconciliation.vocabulary import DecisionKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Rulings:
    """The decisions in force, by what they do.

    ``echoes`` maps a citing report to what it repeats, ``apart`` (report, attribute) to the decision
    that keeps it apart. ``expired`` and ``excluded`` decisions have no effect of their own.
    """

    excluded: set[ReportKey] = field(default_factory=set)
    moved: set[ReportKey] = field(default_factory=set)
    echoes: dict[ReportKey, list[Cite]] = field(default_factory=dict)
    apart: dict[tuple[ReportKey, str], ReportKey] = field(default_factory=dict)
    kept_open: set[str] = field(default_factory=set)
    expired: set[ReportKey] = field(default_factory=set)


def rule(said: Said, *, known_at: int) -> Rulings:
    """The rulings of the standing decisions in force at ``known_at``; of two that disagree, the latest."""
    rulings = Rulings()
    decided = [r for r in said.standing.values() if r.decision is not None]
    for report in sorted(decided, key=lambda r: (r.asserted_at, r.key), reverse=True):
        decision = report.decision
        if decision is None or report.key in rulings.excluded:
            continue
        if decision.expires_at is not None and known_at >= decision.expires_at:
            rulings.expired.add(report.key)
            continue
        _apply(report, said, rulings)
    return rulings


def _apply(report: Report, said: Said, rulings: Rulings) -> None:
    decision = report.decision
    assert decision is not None
    hit = [key for target in decision.reports for key in said.find(target)]
    match decision.kind:
        case DecisionKind.EXCLUDE:
            rulings.excluded.update(hit)
        case DecisionKind.TWO_EVENTS:
            rulings.moved.update(hit)
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
