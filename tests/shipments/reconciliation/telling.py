"""Words for telling stories to the reconciler in tests: who says what, in hours."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256

from msgspec.structs import replace

from shipments.reconciliation.lifecycles import APPEAL, LEG, OFFER, SHIPMENT
from shipments.reconciliation.model import (
    HOUR,
    Citation,
    Cite,
    Decision,
    Evidence,
    Fact,
    Flag,
    LegPlan,
    Policy,
    Rating,
    Report,
    ReportKey,
    SubjectPlan,
    Target,
)
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.values import AttributeRule, Code, Interval, Place, Quantity, Text, Value
from shipments.reconciliation.vocabulary import (
    Compare,
    DecisionKind,
    Directness,
    Grade,
    Hedge,
    Kind,
    LegRole,
    Marking,
    Polarity,
    Precision,
    SubjectKind,
    TimeClass,
    Toggle,
    ValueType,
)

EVER = 10**18
NOBODY = Cite()

GRADES = {
    "wfp": Grade.A,
    "icrc": Grade.A,
    "carrier": Grade.B,
    "customs": Grade.B,
    "wire": Grade.B,
    "ngo": Grade.C,
    "paper1": Grade.C,
    "paper2": Grade.C,
    "paper3": Grade.C,
    "blog": Grade.D,
    "rumour": Grade.E,
}

RULES = (
    AttributeRule(name="quantity", type=ValueType.QUANTITY, compare=Compare.OVERLAP),
    AttributeRule(
        name="capacity",
        type=ValueType.QUANTITY,
        compare=Compare.OVERLAP,
        bounds_total="quantity",
    ),
    AttributeRule(name="deaths", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
    AttributeRule(name="fever_cases", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
    AttributeRule(name="under_care", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
    AttributeRule(
        name="items",
        type=ValueType.TEXT,
        compare=Compare.CONTAINS,
        contains=(
            ("supplies", "medical supplies"),
            ("medical supplies", "basic medical supplies"),
            ("medical supplies", "COVID-19 medicine and quarantine supplies"),
        ),
    ),
    AttributeRule(
        name="place",
        type=ValueType.PLACE,
        compare=Compare.CONTAINS,
        contains=(("KP", "KPFNJ"), ("KP", "KPNAM"), ("CN", "CNSHE"), ("CN", "CNDDG")),
    ),
    AttributeRule(name="carrier", type=ValueType.ACTOR, compare=Compare.EXACT),
    AttributeRule(name="eta", type=ValueType.TIME, compare=Compare.OVERLAP),
    AttributeRule(name="value", type=ValueType.MONEY, compare=Compare.OVERLAP),
    AttributeRule(name="channel", type=ValueType.CODE),
    AttributeRule(name="disclosure", type=ValueType.CODE),
    AttributeRule(name="outcome", type=ValueType.CODE),
    AttributeRule(name="took_place", type=ValueType.CODE),
    AttributeRule(name="risk", type=ValueType.TEXT, compare=Compare.COLLECT),
)

LEGS = (
    LegPlan(key="ferry", sequence=0, role=LegRole.POSITIONING),
    LegPlan(key="first", sequence=1),
    LegPlan(key="second", sequence=2, destination="KPFNJ"),
    LegPlan(key="beside", sequence=2),
)

LIFECYCLE_OF = {
    SubjectKind.SHIPMENT: SHIPMENT,
    SubjectKind.OFFER: OFFER,
    SubjectKind.APPEAL: APPEAL,
}


def hours(count: float) -> int:
    """Hours since the beginning of the story, in microseconds."""
    return int(count * HOUR)


def when(at: float | tuple[float, float] | Interval | None) -> Interval | None:
    """A moment, or (from, to), in hours."""
    if at is None or isinstance(at, Interval):
        return at
    if isinstance(at, tuple):
        return Interval(earliest=hours(at[0]), latest=hours(at[1]), precision=Precision.RANGE)
    return Interval(earliest=hours(at), latest=hours(at))


def say(
    source: str,
    milestone: str | None = None,
    at: float | tuple[float, float] | Interval | None = None,
    *,
    event: str = "",
    said: float | None = None,
    received: float | None = None,
    facts: Iterable[Fact] = (),
    flags: Iterable[Flag] = (),
    cites: Iterable[Cite | str | Report] = (),
    denies: bool = False,
    kind: Kind = Kind.OBSERVE,
    target: Target | None = None,
    time_class: TimeClass = TimeClass.ACTUAL,
    leg: str | None = None,
    line: str | None = None,
    place: str | None = None,
    directness: Directness = Directness.OWN,
    hedge: Hedge = Hedge.ASSERTED,
    interested: bool = False,
    credibility: int | None = None,
    marking: Marking = Marking.CLEAR,
    decision: Decision | None = None,
) -> Report:
    """One report. It is said when it happened and received when it was said, unless told otherwise."""
    occurred = when(at)
    latest = occurred.latest if occurred else 0
    asserted_at = hours(said) if said is not None else latest
    received_at = hours(received) if received is not None else asserted_at
    report = Report(
        key=ReportKey(source, event, "", 0),
        asserted_at=asserted_at,
        received_at=received_at,
        kind=kind,
        target=target,
        occurred=occurred,
        milestone=milestone,
        polarity=Polarity.DENIES if denies else Polarity.AFFIRMS,
        time_class=time_class,
        leg=leg,
        line=line,
        place=place,
        facts=tuple(facts),
        flags=tuple(flags),
        directness=directness,
        hedge=hedge,
        credibility=credibility,
        interested=interested,
        cites=tuple(cite(c) for c in cites),
        marking=marking,
        decision=decision,
    )
    return keyed(report)


def keyed(report: Report) -> Report:
    """The report with the hash of its canonical fields: everything but when it was received."""
    canonical = repr(replace(report, received_at=0))
    digest = sha256(canonical.encode()).hexdigest()[:12]
    return replace(report, key=report.key._replace(content_hash=digest))


def cite(what: Cite | str | Report) -> Cite:
    """A citation of a source by name, of a report, or (NOBODY) of someone unnamed."""
    if isinstance(what, Report):
        return Cite(report=Target.of(what.key))
    return Cite(source=what) if isinstance(what, str) else what


def retract(report: Report, said: float, **more: object) -> Report:
    """The source of a report takes it back."""
    return say(
        report.source,
        said=said,
        kind=Kind.RETRACT,
        target=Target.of(report.key),
        **more,  # type: ignore[arg-type]
    )


def correct(report: Report, milestone: str, at: float, said: float, **more: object) -> Report:
    """The source of a report replaces it."""
    return say(
        report.source,
        milestone,
        at,
        said=said,
        kind=Kind.CORRECT,
        target=Target.of(report.key),
        **more,  # type: ignore[arg-type]
    )


def decide(
    kind: DecisionKind,
    milestone: str | None = None,
    at: float | tuple[float, float] | None = None,
    *,
    said: float = 200,
    author: str = "kim",
    reports: Iterable[Report] = (),
    echo_of: Cite | None = None,
    attribute: str | None = None,
    conflict: str | None = None,
    expires: float | None = None,
    **more: object,
) -> Report:
    """An analyst decides."""
    return say(
        f"analyst:{author}",
        milestone,
        at,
        said=said,
        kind=Kind.DECIDE,
        decision=Decision(
            kind=kind,
            author=author,
            reason="seen the papers",
            expires_at=None if expires is None else hours(expires),
            reports=tuple(Target.of(r.key) for r in reports),
            echo_of=echo_of,
            attribute=attribute,
            conflict=conflict,
        ),
        **more,  # type: ignore[arg-type]
    )


def rated(grades: dict[str, Grade]) -> tuple[Rating, ...]:
    """Ratings that hold from the beginning of time."""
    return tuple(
        Rating(source=source, grade=grade, valid_from=-(2**40), recorded_at=-(2**40))
        for source, grade in grades.items()
    )


def evidence(
    *reports: Report,
    kind: SubjectKind = SubjectKind.SHIPMENT,
    legs: Iterable[LegPlan] = (),
    lines: Iterable[str] = (),
    destination: str | None = None,
    grades: dict[str, Grade] | None = None,
    ratings: Iterable[Rating] = (),
    citations: Iterable[Citation] = (),
    policies: tuple[Policy, ...] = (POLICY_V1,),
    rules: tuple[AttributeRule, ...] = RULES,
) -> Evidence:
    """All that was said of one subject; the cast of GRADES is known."""
    return Evidence(
        plan=SubjectPlan(
            key="subject",
            kind=kind,
            legs=tuple(legs),
            lines=tuple(lines),
            destination=destination,
        ),
        reports=reports,
        policies=policies,
        lifecycle=LIFECYCLE_OF.get(kind),
        leg_lifecycle=LEG if kind is SubjectKind.SHIPMENT else None,
        ratings=(*rated(GRADES | (grades or {})), *ratings),
        citations=tuple(citations),
        attributes=rules,
    )


def fact(attribute: str, value: Value, **more: object) -> Fact:
    """A fact."""
    return Fact(attribute=attribute, value=value, **more)  # type: ignore[arg-type]


def amount(low: str | int | None, high: str | int | None = None, unit: str = "t", **more: object) -> Quantity:
    """A quantity; one number is exact unless told otherwise."""
    bottom = None if low is None else Decimal(low)
    top = bottom if high is None else Decimal(high)
    return Quantity(low=bottom, high=top, unit=unit, **more)  # type: ignore[arg-type]


def text(words: str) -> Text:
    return Text(text=words)


def code(word: str) -> Code:
    return Code(code=word)


def place(key: str) -> Place:
    return Place(place=key)


def flag(name: str, toggle: Toggle = Toggle.SET, leg: str | None = None) -> Flag:
    return Flag(name=name, toggle=toggle, leg=leg)
