"""What is planned, expected, estimated or requested: it feeds the plan and the ETA, never a status."""

from __future__ import annotations

from shipments.reconciliation.backing import backing
from shipments.reconciliation.bench import Bench
from shipments.reconciliation.candidates import Candidate, Entry, events
from shipments.reconciliation.picture import Planned
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.vocabulary import Fate, TimeClass
from shipments.reconciliation.weights import Weighed, worth
from shipments.reconciliation.words import MILESTONE, Word


def find_planned(bench: Bench, verdicts: dict[str, Verdict]) -> tuple[Planned, ...]:
    """One row for each (time class, milestone, leg): the heaviest time said, and whether it was seen."""
    groups: dict[tuple[str, str, TimeClass], list[Weighed]] = {}
    for ballot in bench.ballots[MILESTONE]:
        word = ballot.word
        if word.report.time_class is TimeClass.ACTUAL:
            continue
        if word.key in bench.rulings.excluded:
            bench.claim(word, Fate.OUTWEIGHED, weighed=ballot, reason="excluded")
            continue
        groups.setdefault((word.leg, word.name, word.report.time_class), []).append(ballot)
    rows = []
    for (leg, name, time_class), ballots in sorted(groups.items()):
        verdict = verdicts[leg]
        affirmed = [b for b in ballots if not b.word.is_denial]
        denied = [b.word for b in ballots if b.word.is_denial]
        for ballot in ballots:
            if ballot.word.is_denial:
                bench.claim(ballot.word, Fate.USED, weighed=ballot, reason="denial")
        if affirmed:
            rows.append(_row(bench, verdict, leg, name, time_class, affirmed, denied))
    return tuple(rows)


def _row(
    bench: Bench,
    verdict: Verdict,
    leg: str,
    name: str,
    time_class: TimeClass,
    affirmed: list[Weighed],
    denied: list[Word],
) -> Planned:
    entries = [Entry(milestone=name, earliest=b.word.earliest, latest=b.word.latest, votes=b.votes) for b in affirmed]
    candidates = events(entries, verdict.lifecycle, bench.policy)
    best = max(candidates, key=lambda c: (worth(c.votes), c.origin_count, -c.earliest))
    for ballot in affirmed:
        is_best = any(vote.word is ballot.word for vote in best.votes)
        short = worth(best.votes) - ballot.weight
        if is_best:
            bench.claim(ballot.word, Fate.USED, weighed=ballot)
        else:
            bench.claim(ballot.word, Fate.OUTWEIGHED, weighed=ballot, short_by=short)
    origins, unresolved, because = backing(best.votes)
    against = {word.source for word in denied} | {
        vote.word.source
        for denial in verdict.denials
        for vote in denial.votes
        if denial.milestone == name or denial.milestone in verdict.lifecycle.implied(name)
    }
    return Planned(
        milestone=name,
        leg=leg or None,
        time_class=time_class,
        at=best.at,
        is_seen=any(_implies(verdict, verdict.candidates[i], name) for i in verdict.path),
        denied_by=tuple(sorted(against)),
        origins=origins,
        unresolved=unresolved,
        because=because,
    )


def _implies(verdict: Verdict, candidate: Candidate, name: str) -> bool:
    return candidate.milestone == name or name in verdict.lifecycle.implied(candidate.milestone)
