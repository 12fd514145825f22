"""Stories at random, as tangled as reports get: legs, places, circles of citations, denials, decisions.

Corrections and retractions come before their targets as often as after, ratings and the policy change on the way.

Everything is drawn from the one ``Random`` given, so that hypothesis can shrink it and a seed repeats it.
"""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from shipments.reconciliation.model import (
    HOUR,
    Citation,
    Cite,
    Decision,
    Evidence,
    Fact,
    Flag,
    Rating,
    Report,
    ReportKey,
    Target,
)
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.values import Interval, Place, Text
from shipments.reconciliation.vocabulary import (
    Basis,
    DecisionKind,
    Directness,
    Grade,
    Hedge,
    Kind,
    Marking,
    Polarity,
    Qualifier,
    SubjectKind,
    TimeClass,
    Toggle,
)
from tests.shipments.reconciliation.telling import (
    LEGS,
    LIFECYCLE_OF,
    NOBODY,
    amount,
    code,
    evidence,
    hours,
    keyed,
)

SOURCES = {
    "ada": Grade.A,
    "bob": Grade.B,
    "bea": Grade.B,
    "cy": Grade.C,
    "cleo": Grade.C,
    "dan": Grade.D,
    "eve": Grade.E,
    "fay": Grade.F,
    "fox": Grade.F,
}
STRICTER = replace(POLICY_V1, version="2", recorded_at=300 * HOUR, bar=2000, tolerance=2 * HOUR, interested=250)
NAMED_ONLY = ("wire", "ministry", "nobody rated this one")
LAST_HOUR = 400


def story(rng: Random, *, kind: SubjectKind | None = None, most: int = 12) -> Evidence:
    """A subject and up to ``most`` reports on it, all received by hour ``LAST_HOUR``."""
    kind = kind or rng.choice([SubjectKind.SHIPMENT] * 4 + [SubjectKind.OFFER, SubjectKind.APPEAL, SubjectKind.CRISIS])
    legs = LEGS if kind is SubjectKind.SHIPMENT and rng.random() < 0.3 else ()
    teller = Teller(rng, kind, tuple(leg.key for leg in legs), rng.randint(1, most))
    reports = [teller.report(index) for index in range(len(teller.names))]
    decisions = [teller.decision(index) for index in range(rng.choice((0, 0, 1, 2, 3)))]
    reports += [*decisions, *(teller.withdrawal(decision) for decision in decisions if rng.random() < 0.2)]
    return evidence(
        *reports,
        kind=kind,
        legs=legs,
        lines=("a", "b"),
        destination=rng.choice((None, "KPFNJ")),
        grades=SOURCES,
        ratings=[teller.rating() for _ in range(rng.choice((0, 0, 1, 2)))],
        citations=[teller.citation() for _ in range(rng.choice((0, 0, 1, 3)))],
        policies=rng.choice(((POLICY_V1,), (POLICY_V1,), (POLICY_V1, STRICTER))),
    )


class Teller:
    """Draws reports whose names (source, event id) are known beforehand, so that any may cite any."""

    def __init__(self, rng: Random, kind: SubjectKind, legs: tuple[str, ...], count: int) -> None:
        self.rng = rng
        self.legs = legs
        lifecycle = LIFECYCLE_OF.get(kind)
        self.milestones = [m.name for m in lifecycle.milestones] if lifecycle else ["arrived"]
        self.names = [(rng.choice(list(SOURCES)), f"e{index}") for index in range(count)]

    def report(self, index: int) -> Report:
        """One report: usually a word on a milestone, now and then a correction or a retraction."""
        rng = self.rng
        source, event = self.names[index]
        own = [Target(s, e) for s, e in self.names if s == source and e != event]
        kind = rng.choice([Kind.OBSERVE] * 8 + [Kind.CORRECT, Kind.RETRACT]) if own else Kind.OBSERVE
        position = rng.randrange(len(self.milestones))
        leg = rng.choice([None, *self.legs]) if self.legs else None
        milestone = self.milestones[position] if rng.random() < 0.9 else None
        if leg is not None and milestone is not None:
            milestone = rng.choice(("planned", "departed", "in_transit", "arrived", "arrived", "diverted", "cancelled"))
        occurred = self.time(position)
        asserted = hours(rng.randint(0, 250))
        return keyed(
            Report(
                key=ReportKey(source, event, ""),
                kind=kind,
                target=rng.choice(own) if kind is not Kind.OBSERVE else None,
                asserted_at=asserted,
                received_at=hours(rng.randint(250, LAST_HOUR)),
                occurred=occurred,
                milestone=milestone,
                polarity=rng.choice([Polarity.AFFIRMS] * 7 + [Polarity.DENIES]),
                time_class=rng.choice([TimeClass.ACTUAL] * 18 + [TimeClass.PLANNED, TimeClass.EXPECTED]),
                leg=leg,
                place=rng.choice((None, None, "KPFNJ", "KP", "CNSHE")),
                facts=tuple(self.fact() for _ in range(rng.choice((0, 0, 0, 1, 2)))),
                flags=tuple(self.flag() for _ in range(rng.choice((0, 0, 0, 0, 1)))),
                directness=rng.choice([Directness.OWN] * 5 + [Directness.SECOND_HAND, Directness.INFERRED]),
                hedge=rng.choice([Hedge.ASSERTED] * 4 + [Hedge.APPARENT, Hedge.SPECULATED]),
                credibility=rng.choice((None, 1, 3, 6)),
                interested=rng.random() < 0.1,
                cites=tuple(self.cite() for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2)))),
                marking=rng.choice([Marking.CLEAR] * 3 + [Marking.GREEN, Marking.AMBER_STRICT, Marking.RED]),
            )
        )

    def time(self, position: int) -> Interval | None:
        """A time that roughly follows the lifecycle: an instant, a day, a fortnight or none; rarely one to come."""
        rng = self.rng
        start = hours(position * 12 + rng.randint(-15, 15) + (1000 if rng.random() < 0.03 else 0))
        width = rng.choice((0, 0, 0, 0, 1, 24, 336, None))
        return None if width is None else Interval(earliest=start, latest=start + width * HOUR)

    def cite(self) -> Cite:
        """A report (perhaps one that comes later, or never), a source, or nobody."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            return Cite(report=Target(*rng.choice([*self.names, ("wire", "e1")])))
        if kind < 0.9:
            return Cite(source=rng.choice([*SOURCES, *NAMED_ONLY]))
        return NOBODY

    def fact(self) -> Fact:
        """A fact on one of a few attributes, with rivals, coarse values and unknown names among them."""
        rng = self.rng
        line = rng.choice((None, None, "a", "b", "unknown"))
        match rng.randrange(6):
            case 0:
                low = rng.choice((10, 12, 40))
                basis = rng.choice([Basis.REPORTED] * 5 + [Basis.CAPACITY])
                value = amount(low, low + rng.choice((0, 5, 30)), qualifier=rng.choice(list(Qualifier)), basis=basis)
                return Fact(attribute="quantity", value=value, line=line)
            case 1:
                words = ("supplies", "medical supplies", "basic medical supplies", "rice")
                return Fact(attribute="items", value=Text(text=rng.choice(words)))
            case 2:
                return Fact(attribute="channel", value=code(rng.choice(("public", "diplomatic_note"))))
            case 3:
                leg = rng.choice([None, *self.legs])
                return Fact(attribute="capacity", value=amount(50, basis=Basis.CAPACITY), leg=leg)
            case 4:
                return Fact(attribute="place", value=Place(place=rng.choice(("KP", "KPFNJ", "KPNAM"))))
        return Fact(attribute=rng.choice(("deaths", "nonsense")), value=amount(5), as_of=rng.choice((None, 1, 2)))

    def flag(self) -> Flag:
        """A flag set or unset."""
        name = self.rng.choice(("delayed", "held_customs", "damaged", "nonsense"))
        return Flag(name=name, toggle=self.rng.choice(list(Toggle)), leg=self.rng.choice([None, *self.legs]))

    def target(self) -> Target:
        """Any report by name, now and then a decision."""
        decisions = [(f"analyst:{who}", f"d{index}") for who in ("kim", "lee") for index in range(3)]
        return Target(*self.rng.choice(decisions if self.rng.random() < 0.15 else self.names))

    def decision(self, index: int) -> Report:
        """A decision of any kind, sometimes expired; what is accepted may also be that a thing is not so."""
        rng = self.rng
        kind = rng.choice([*DecisionKind, DecisionKind.ACCEPT, DecisionKind.EXCLUDE])
        is_accept = kind is DecisionKind.ACCEPT
        position = rng.randrange(len(self.milestones))
        leg = rng.choice([None, *self.legs])
        milestone = self.milestones[position] if leg is None else rng.choice(("departed", "arrived", "cancelled"))
        return keyed(
            Report(
                key=ReportKey(f"analyst:{rng.choice(('kim', 'lee'))}", f"d{index}", ""),
                kind=Kind.DECIDE,
                asserted_at=hours(rng.randint(100, 300)),
                received_at=hours(rng.randint(300, LAST_HOUR)),
                occurred=self.time(position) if is_accept else None,
                milestone=milestone if is_accept and rng.random() < 0.8 else None,
                leg=leg if is_accept else None,
                polarity=rng.choice([Polarity.AFFIRMS] * 4 + [Polarity.DENIES]) if is_accept else Polarity.AFFIRMS,
                facts=(self.fact(),) if is_accept and rng.random() < 0.3 else (),
                flags=(self.flag(),) if is_accept and rng.random() < 0.3 else (),
                decision=Decision(
                    kind=kind,
                    author="kim",
                    reason="because",
                    expires_at=rng.choice((None, None, hours(350), hours(10_000))),
                    reports=(self.target(),),
                    echo_of=self.cite(),
                    attribute="quantity",
                ),
            )
        )

    def withdrawal(self, decision: Report) -> Report:
        """An analyst takes a decision back; it may be recorded before the decision is."""
        rng = self.rng
        return keyed(
            Report(
                key=ReportKey(decision.source, f"not {decision.key.event_id}", ""),
                kind=Kind.RETRACT,
                target=Target.of(decision.key),
                asserted_at=hours(rng.randint(100, 300)),
                received_at=hours(rng.randint(300, LAST_HOUR)),
            )
        )

    def rating(self) -> Rating:
        """A grade that begins in the middle of the story and may be recorded late."""
        rng = self.rng
        return Rating(
            source=rng.choice([*SOURCES, *NAMED_ONLY]),
            grade=rng.choice(list(Grade)),
            valid_from=hours(rng.randint(0, 200)),
            recorded_at=hours(rng.randint(0, LAST_HOUR)),
        )

    def citation(self) -> Citation:
        """An edge found later between any two, so that circles come about."""
        cited = Cite(report=self.target()) if self.rng.random() < 0.7 else self.cite()
        return Citation(citing=self.target(), cited=cited, recorded_at=hours(self.rng.randint(0, LAST_HOUR)))
