"""Facts: one finding for each (attribute, leg or line, as_of, scope, time class)."""

from __future__ import annotations

from decimal import Decimal

from shipments.reconciliation.backing import backing, because, best_by_pool, unresolved
from shipments.reconciliation.bench import Bench, by_slot
from shipments.reconciliation.compare import AMOUNTS, Span, span
from shipments.reconciliation.digest import confidence
from shipments.reconciliation.grouping import Group, Resolution, Said, resolve
from shipments.reconciliation.picture import Alternative, Finding
from shipments.reconciliation.values import plain
from shipments.reconciliation.vocabulary import ConflictKind, Fate, State
from shipments.reconciliation.weights import Vote, Weighed
from shipments.reconciliation.words import FACT, Slot


def find_facts(bench: Bench) -> list[Finding]:
    """The findings of all facts, with their conflicts and claims written down."""
    findings = []
    seen = by_slot(bench.ballots[FACT])
    for slot, ballots in seen.items():
        resolution = resolve(
            slot[1],
            _said(ballots, denied=False),
            _said(ballots, denied=True),
            comparer=bench.comparer,
            bar=bench.policy.bar,
        )
        findings.append(_finding(slot, resolution))
        if bench.tells_claims:
            _write_claims(bench, ballots, resolution)
        _write_conflicts(bench, slot, resolution)
    retracted = {
        word.slot for word in bench.gone if word.about == FACT and bench.said.fallen[word.key].fate is Fate.RETRACTED
    }
    for slot in sorted(retracted - seen.keys()):
        findings.append(_empty(slot, State.RETRACTED))
    return findings


def _said(ballots: list[Weighed], *, denied: bool) -> list[Said]:
    return [
        (vote, ballot.word.value)
        for ballot in ballots
        if ballot.word.is_denial is denied and ballot.word.value is not None
        for vote in ballot.votes
    ]


def _finding(slot: Slot, resolution: Resolution) -> Finding:
    top, chosen = resolution.top, resolution.chosen
    if top is None:
        return _empty(slot, resolution.state, [vote for vote, _ in resolution.denials])
    origins, unresolved, reports = backing(top.votes)
    low, high = _range(resolution)
    others = resolution.groups[1:] if chosen is not None else resolution.groups
    return Finding(
        kind="fact",
        attribute=slot[1],
        leg=slot[2] or None,
        line=slot[3] or None,
        as_of=slot[4][1] if slot[4][0] else None,
        scope=slot[5],
        time_class=slot[6],
        label=chosen.core.label if chosen is not None else None,
        value=chosen.core if chosen is not None else None,
        low=plain(low),
        high=plain(high),
        state=resolution.state,
        score=top.net,
        margin=resolution.margin,
        confidence=confidence(resolution.margin),
        credibility=_credibility(top.votes),
        origins=origins,
        unresolved=unresolved,
        leading=top.core.label if chosen is None else None,
        because=reports,
        alternatives=tuple([_alternative(group, top) for group in others]),
    )


def _empty(slot: Slot, state: State, denials: list[Vote] | None = None) -> Finding:
    return Finding(
        kind="fact",
        attribute=slot[1],
        leg=slot[2] or None,
        line=slot[3] or None,
        as_of=slot[4][1] if slot[4][0] else None,
        scope=slot[5],
        time_class=slot[6],
        label=None,
        state=state,
        margin=0,
        confidence=confidence(0),
        unresolved=unresolved(denials or ()),
        because=because(best_by_pool(denials or ()).values()),
    )


def _range(resolution: Resolution) -> Span:
    """The span of the chosen value; where it is contested, that of all rivals together; else nothing is known."""
    if resolution.state is State.CONTESTED:
        shown = [group for group in resolution.groups if group.score > 0]
    else:
        shown = [resolution.chosen] if resolution.chosen is not None else []
    spans = [span(g.core) for g in shown if isinstance(g.core, AMOUNTS)]
    if not spans:
        return None, None
    lows = [low for low, _ in spans if low is not None]
    highs = [high for _, high in spans if high is not None]
    low: Decimal | None = min(lows) if len(lows) == len(spans) else None
    high: Decimal | None = max(highs) if len(highs) == len(spans) else None
    return low, high


def _credibility(votes: list[Vote]) -> int | None:
    """The best item credibility among the votes that count; None where none can be judged (6)."""
    rated = [v.word.report.credibility for v in votes if v.weight > 0]
    return min((c for c in rated if c is not None and c < 6), default=None)


def _alternative(group: Group, top: Group) -> Alternative:
    origins, unresolved, reports = backing(group.votes)
    return Alternative(
        label=group.core.label,
        value=group.core,
        score=group.score,
        margin=group.net - top.net,
        origins=origins,
        unresolved=unresolved,
        because=reports,
    )


def _write_claims(bench: Bench, ballots: list[Weighed], resolution: Resolution) -> None:
    home = {id(v.word): group for group in resolution.groups for v in group.votes}
    counted = {id(v.word) for g in resolution.groups for v in best_by_pool(g.votes).values()}
    top = resolution.top
    is_shown = resolution.chosen is not None
    against = {id(vote.word) for vote in top.against} if top is not None else set()
    for ballot in ballots:
        word = ballot.word
        if word.is_denial:
            is_overruled = is_shown and id(word) in against
            fate = Fate.OUTWEIGHED if is_overruled else Fate.USED
            short = top.net if top is not None and is_overruled else 0
            bench.claim(word, fate, weighed=ballot, short_by=short, reason="denial")
            continue
        group = home[id(word)]
        assert top is not None
        if group is not top and word.is_accept and ballot.weight:
            bench.claim(word, Fate.SUPERSEDED, weighed=ballot, reason="later_decision")
        elif group is not top:
            bench.claim(word, Fate.OUTWEIGHED, weighed=ballot, short_by=top.net - group.net)
        elif top.net <= 0 < top.denied:
            bench.claim(word, Fate.DENIED, weighed=ballot, short_by=-top.net)
        elif not ballot.weight:
            fate = Fate.COMPATIBLE if top.score else Fate.OUTWEIGHED
            bench.claim(word, fate, weighed=ballot, reason=_no_weight(bench, ballot))
        elif id(word) not in counted:
            bench.claim(word, Fate.COMPATIBLE, weighed=ballot)
        elif word.value == top.core:
            bench.claim(word, Fate.USED, weighed=ballot)
        else:
            bench.claim(word, Fate.SUPPORTS, weighed=ballot)


def _no_weight(bench: Bench, ballot: Weighed) -> str:
    return "excluded" if ballot.word.key in bench.rulings.excluded else "no_weight"


def _write_conflicts(bench: Bench, slot: Slot, resolution: Resolution) -> None:
    top = resolution.top
    if top is None:
        return
    about, leg = f"fact:{slot[1]}", slot[2] or slot[3]
    for group in resolution.groups[1:]:
        kind = ConflictKind.VALUE if group.score > 0 else ConflictKind.NO_WEIGHT
        bench.conflict(
            kind,
            about=about,
            leg=leg,
            keys=group.keys,
            against=top.keys,
            reason=f"{group.core.label} against {top.core.label}",
            by=top.net - group.net,
            slot=slot,
        )
    if top.score == 0:
        bench.conflict(ConflictKind.NO_WEIGHT, about=about, leg=leg, keys=top.keys, reason=top.core.label, slot=slot)
    if top.against:
        bench.conflict(
            ConflictKind.DENIED,
            about=about,
            leg=leg,
            keys=tuple(sorted({v.word.key for v in top.against})),
            against=top.keys,
            reason=f"denies {top.core.label}",
            by=top.net,
            slot=slot,
        )
    if top.is_decided:
        rivals = [vote for group in resolution.groups[1:] for vote in group.votes] + top.against
        bench.challenge(about=about, leg=leg, decided=top.votes, rivals=rivals, slot=slot)
