"""Everything of one fold that its later stages share: who said what, judged by which rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from shipments.reconciliation.compare import Comparer, comparer_of
from shipments.reconciliation.decisions import Rulings, rule
from shipments.reconciliation.digest import conflict_id
from shipments.reconciliation.identity import Fallen, Said, distinct
from shipments.reconciliation.model import Evidence, Policy, ReportKey
from shipments.reconciliation.origins import Origins
from shipments.reconciliation.picture import Claim, Conflict
from shipments.reconciliation.vocabulary import ConflictKind, Fate, Kind, TimeClass
from shipments.reconciliation.voice import last_words
from shipments.reconciliation.weights import Scales, Vote, Weighed
from shipments.reconciliation.words import FACT, FLAG, MILESTONE, Hearing, Slot, Word


class Bench(Struct, kw_only=True, eq=False):
    """S0 to S3 of one subject at one moment, and the books that the later stages write.

    ``ballots`` are the standing words with their votes, in natural order, by kind of word; ``spoken`` those on actual
    milestones by leg and by whether they deny.
    """

    subject: str
    policy: Policy
    bar: int
    comparer: Comparer
    hearing: Hearing
    said: Said
    rulings: Rulings
    ballots: dict[str, list[Weighed]]
    held_out: list[Word]
    gone: list[Word]
    spoken: dict[tuple[str, bool], list[Weighed]]
    tells_claims: bool
    claims: list[Claim] = []
    conflicts: dict[str, Conflict] = {}

    def claim(
        self,
        word: Word,
        fate: Fate,
        *,
        weighed: Weighed | None = None,
        short_by: int = 0,
        reason: str = "",
    ) -> None:
        """Write down what became of a word, if anybody asks."""
        if not self.tells_claims:
            return
        self.claims.append(
            Claim(
                report=word.key,
                about=f"{word.about}:{word.name}",
                slot=word.leg or word.slot[3],
                index=word.index,
                fate=fate,
                weight=weighed.weight if weighed else 0,
                short_by=short_by,
                reason=reason,
                origins=weighed.origins if weighed else (),
                unresolved=weighed is not None and weighed.is_unresolved,
            )
        )

    def conflict(
        self,
        kind: ConflictKind,
        *,
        about: str,
        leg: str,
        keys: tuple[ReportKey, ...],
        against: tuple[ReportKey, ...] = (),
        reason: str,
        by: int = 0,
        slot: tuple[object, ...] = (),
    ) -> None:
        """Write down what did not make the picture; ``slot`` tells facts of one attribute apart."""
        name = conflict_id(self.subject, kind, (about, leg, *slot), keys)
        self.conflicts.setdefault(
            name,
            Conflict(
                id=name,
                kind=kind,
                about=about,
                leg=leg or None,
                keys=tuple(sorted(keys)),
                against=tuple(sorted(against)),
                reason=reason,
                by=by,
                kept_open=name in self.rulings.kept_open,
            ),
        )

    def challenge(
        self, *, about: str, leg: str, decided: Iterable[Vote], rivals: Iterable[Vote], slot: tuple[object, ...] = ()
    ) -> None:
        """Write down new evidence against a decision: what was said after it, and cannot stand beside it."""
        decisions = [v.word for v in decided if v.is_decision and v.weight]
        since = max((word.report.asserted_at for word in decisions), default=0)
        later = {v.word.key for v in rivals if v.weight and not v.is_decision and v.word.report.asserted_at > since}
        if decisions and later:
            self.conflict(
                ConflictKind.OVERRIDE_CHALLENGED,
                about=about,
                leg=leg,
                keys=tuple(later),
                against=tuple({word.key for word in decisions}),
                reason="new evidence against a decision",
                slot=slot,
            )

    def milestones(self, leg: str, *, denied: bool) -> list[Weighed]:
        """The actual affirmations (or denials) of milestones of the subject or of one leg."""
        return self.spoken.get((leg, denied), [])


def policy_at(evidence: Evidence, *, known_at: int) -> Policy:
    """The policy in force: the latest recorded by then; before any was, the first."""
    known = [p for p in evidence.policies if p.recorded_at <= known_at]
    if known:
        return max(known, key=lambda p: (p.recorded_at, p.version))
    return min(evidence.policies, key=lambda p: (p.recorded_at, p.version))


def open_bench(evidence: Evidence, *, known_at: int, tells_claims: bool = True) -> Bench:
    """S0 to S3: what there is, what stands, whose it is and what it weighs."""
    policy = policy_at(evidence, known_at=known_at)
    comparer = comparer_of(evidence.attributes)
    hearing = Hearing(evidence, comparer, future_limit=policy.future_limit)
    said, rulings = rule(distinct(evidence.reports, known_at=known_at), known_at=known_at)
    words = [w for report in said.standing.values() for w in hearing.words(report, rulings)]
    fallen_words = [
        word
        for key, fallen in said.fallen.items()
        if said.known[key].kind is not Kind.RETRACT
        for word in hearing.words(said.known[key], rulings)
    ]
    voices = last_words(
        [w for w in words if not w.held_out],
        comparer=comparer,
        tolerance=policy.tolerance,
        excluded=rulings.excluded,
    )
    origins = Origins(
        said,
        standing=voices.words,
        # What was withdrawn or may not be judged cannot be spoken for by those who repeat it.
        gone=[*fallen_words, *(w for w in words if w.held_out)],
        citations=[c for c in evidence.citations if c.recorded_at <= known_at],
        echoes=rulings.echoes,
    )
    scales = Scales(policy, evidence.ratings, known_at=known_at)
    bench = Bench(
        subject=evidence.plan.key,
        policy=policy,
        bar=policy.bar_for(evidence.plan.kind),
        comparer=comparer,
        hearing=hearing,
        said=said,
        rulings=rulings,
        ballots={MILESTONE: [], FACT: [], FLAG: []},
        held_out=[w for w in words if w.held_out],
        gone=fallen_words,
        spoken=defaultdict(list),
        tells_claims=tells_claims,
    )
    for word in voices.words:
        topic = evidence.plan.topic
        if word.about == FACT and word.name in hearing.rules:
            topic = hearing.rules[word.name].topic or topic
        excluded = bool(rulings.excluded) and word.key in rulings.excluded
        weighed = scales.weigh(word, origins, topic=topic, excluded=excluded)
        if weighed.fate is None:
            bench.ballots[word.about].append(weighed)
            if word.about == MILESTONE and word.report.time_class is TimeClass.ACTUAL:
                bench.spoken[word.leg, word.is_denial].append(weighed)
        else:
            bench.claim(word, weighed.fate, weighed=weighed, reason=weighed.reason)
    if tells_claims:
        _close(bench, words, voices.fallen)
    return bench


def _close(bench: Bench, words: list[Word], fallen: dict[int, Fallen]) -> None:
    """Write down the words that do not vote, and the reports without any."""
    for word in words:
        if word.held_out:
            bench.claim(word, Fate.HELD_OUT, reason=word.held_out)
        elif id(word) in fallen:
            bench.claim(word, fallen[id(word)].fate, reason=fallen[id(word)].reason)
    for word in bench.gone:
        why = bench.said.fallen[word.key]
        bench.claim(word, why.fate, reason=why.reason)
    spoke = {w.key for w in words} | {w.key for w in bench.gone}
    for key in bench.said.known:
        if key not in spoke:
            bench.claims.append(_wordless(bench, key))


def _wordless(bench: Bench, key: ReportKey) -> Claim:
    """What became of a retraction, a decision or a report that says nothing that can be judged."""
    report, why = bench.said.known[key], bench.said.fallen.get(key)
    fate, reason = Fate.USED, ""
    if why is not None:
        fate, reason = why.fate, why.reason
    elif out := bench.rulings.why_out(key):
        fate, reason = Fate.HELD_OUT, out
    elif report.kind is Kind.RETRACT and not any(f.by == key for f in bench.said.fallen.values()):
        fate, reason = Fate.HELD_OUT, "target_missing"
    elif report.decision is None and report.kind is not Kind.RETRACT:
        fate, reason = Fate.HELD_OUT, "says_nothing"
    return Claim(report=key, about="report", fate=fate, reason=reason)


def by_slot(ballots: list[Weighed]) -> dict[Slot, list[Weighed]]:
    """Ballots by what they speak of, in slot order."""
    slots: dict[Slot, list[Weighed]] = defaultdict(list)
    for ballot in ballots:
        slots[ballot.word.slot].append(ballot)
    return dict(sorted(slots.items()))


def votes_of(ballots: list[Weighed]) -> list[Vote]:
    """All votes of the ballots."""
    return [vote for ballot in ballots for vote in ballot.votes]
