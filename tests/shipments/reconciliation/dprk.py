"""North Korea's COVID-19 outbreak, May 2022: the 23 rows of the case, as the core sees them.

``ROWS`` maps the number of a row to (subject, report) pairs; ``evidence_of`` bundles a subject.
Receipt follows publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from shipments.reconciliation.lifecycles import LEG
from shipments.reconciliation.model import Evidence, LegPlan, Report, SubjectPlan
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.values import AttributeRule, Interval
from shipments.reconciliation.vocabulary import (
    Basis,
    Compare,
    Directness,
    Grade,
    Hedge,
    LegRole,
    Precision,
    Qualifier,
    SubjectKind,
    TimeClass,
    ValueType,
)
from tests.shipments.reconciliation.telling import (
    LIFECYCLE_OF,
    NOBODY,
    RULES,
    amount,
    code,
    fact,
    rated,
    say,
    text,
)


def moment(iso: str) -> int:
    """Microseconds of a UTC time."""
    return int(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()) * 1_000_000


def day(iso: str) -> Interval:
    """A whole day, UTC."""
    start = moment(iso)
    return Interval(earliest=start, latest=start + 86_399_999_999, precision=Precision.DAY)


def end_of(iso: str) -> int:
    """A bare date means the end of that day, UTC."""
    return day(iso).latest


GRADES = {
    "VOI": Grade.C,
    "KT": Grade.C,
    "YTN": Grade.C,
    "YON": Grade.B,
    "KBS": Grade.B,
    "WSJ": Grade.B,
    "NKN": Grade.B,
    "AFPE": Grade.B,
    "REU": Grade.B,
    "RMFA": Grade.C,
    "REMB": Grade.C,
    "KREM": Grade.C,
    "CMFA": Grade.C,
    "KCNA": Grade.D,
    "WHO": Grade.A,
    "PLT": Grade.D,
    "THW": Grade.E,
}

OUT = ("out-1", "out-2", "out-3")
BACK = ("back-1", "back-2", "back-3")
PLANS = {
    "flights": SubjectPlan(
        key="flights",
        kind=SubjectKind.SHIPMENT,
        destination="KPFNJ",
        legs=(
            *(LegPlan(key=leg, sequence=1, role=LegRole.POSITIONING) for leg in OUT),
            *(LegPlan(key=leg, sequence=2, destination="KPFNJ") for leg in BACK),
        ),
    ),
    "medics": SubjectPlan(key="medics", kind=SubjectKind.SHIPMENT),
    "crisis": SubjectPlan(key="crisis", kind=SubjectKind.CRISIS),
    "meeting": SubjectPlan(key="meeting", kind=SubjectKind.CONTACT),
    "asked-china": SubjectPlan(key="asked-china", kind=SubjectKind.INQUIRY),
    "asked-russia": SubjectPlan(key="asked-russia", kind=SubjectKind.INQUIRY),
} | {
    f"{kind}:{name}": SubjectPlan(key=f"{kind}:{name}", kind=SubjectKind(kind))
    for kind, name in (
        ("appeal", "china"),
        ("appeal", "russia"),
        ("offer", "south-korea"),
        ("offer", "who"),
        ("offer", "china"),
        ("offer", "sputnik"),
        ("offer", "russia-june"),
        ("offer", "russia-2020"),
    )
}

ITEMS = (
    ("emergency supplies", "basic medical supplies"),
    ("basic medical supplies", "COVID-19 medicine and quarantine supplies"),
)
CASE_RULES = (
    *(replace(rule, contains=ITEMS) if rule.name == "items" else rule for rule in RULES),
    AttributeRule(name="recovered", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
    AttributeRule(name="new_deaths", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
    AttributeRule(name="new_fever_cases", type=ValueType.QUANTITY, compare=Compare.OVERLAP, by_as_of=True),
)

Said = tuple[str, Report]


def on(subject: str, source: str, published: str, milestone: str | None = None, **more: object) -> Said:
    """One report, published (and so asserted and received) on a day."""
    at = more.pop("at", None)
    hour = moment(f"{published}T10:00") // 3_600_000_000
    return subject, say(source, milestone, day(str(at)) if at else None, said=hour, **more)  # type: ignore[arg-type]


def both(subjects: Iterable[str], source: str, published: str, *rest: str, **more: object) -> Iterator[Said]:
    """The same of several subjects."""
    for subject in subjects:
        yield on(subject, source, published, *rest, **more)


def flown(source: str, published: str, *, legs: Iterable[str] = (*OUT, *BACK), **more: object) -> Iterator[Said]:
    """The flights of Monday 16 May, leg by leg."""
    for leg in legs:
        place = "CNSHE" if leg in OUT else "KPFNJ"
        yield on("flights", source, published, "departed", leg=leg, at="2022-05-16", **more)
        yield on("flights", source, published, "arrived", leg=leg, at="2022-05-16", place=place, **more)


def capacity(source: str, published: str) -> Iterator[Said]:
    fifty = amount(50, unit="t", qualifier=Qualifier.ABOUT, basis=Basis.CAPACITY)
    for leg in BACK:
        yield on("flights", source, published, leg=leg, facts=[fact("capacity", fifty)])


def figure(
    source: str, published: str, attribute: str, low: object, high: object = None, *, as_of: str, **more: object
) -> Said:
    cites = () if source == "KCNA" else ("KCNA",)
    value = amount(low, high, unit="people", **more)  # type: ignore[arg-type]
    facts = [fact(attribute, value, as_of=moment(as_of))]
    return on("crisis", source, published, facts=facts, cites=cites)


SECRET = [fact("disclosure", code("secret"))]
DECLINED = [fact("outcome", code("declined_to_comment"))]
APPEALS = ("appeal:china", "appeal:russia")
REFUSERS = ("offer:south-korea", "offer:who")
OFFICIALS = {"directness": Directness.SECOND_HAND, "cites": [NOBODY]}

ROWS: dict[int, list[Said]] = {
    1: [
        *both(APPEALS, "KT", "2022-05-18", "made", at="2022-05-17", hedge=Hedge.APPARENT, facts=SECRET),
        *both(APPEALS, "VOI", "2022-05-19", "made", at="2022-05-17", hedge=Hedge.APPARENT, facts=SECRET, cites=["KT"]),
    ],
    2: [
        on("appeal:russia", "REMB", "2022-05-17", "made", at="2022-05-17", denies=True, interested=True),
        on("offer:russia-2020", "REMB", "2022-05-17", "made", at="2020-05-01"),
        on("offer:russia-2020", "REMB", "2022-05-17", "acknowledged", at="2022-05-17", denies=True),
    ],
    3: [
        on("appeal:russia", "REMB", "2022-06-01", "made", at="2022-06-01", denies=True, interested=True),
        on("offer:russia-june", "REMB", "2022-06-01", "made", at="2022-06-01"),
        on("offer:russia-june", "REMB", "2022-06-01", "acknowledged", at="2022-06-01", denies=True),
    ],
    4: [on("offer:sputnik", "KT", "2022-05-18", "conditional", at="2022-05-17", cites=["KREM"])],
    5: [on("meeting", "KT", "2022-05-18", facts=[fact("took_place", code("yes"))], cites=["RMFA"])],
    6: [
        *both(REFUSERS, "KT", "2022-05-18", "refused", at="2022-05-17"),
        *both(REFUSERS, "VOI", "2022-05-19", "refused", at="2022-05-17", cites=["KT"]),
    ],
    7: [
        on("offer:south-korea", "AFPE", "2022-05-19", "made", at="2022-05-16", **OFFICIALS),
        on("offer:south-korea", "AFPE", "2022-05-19", "acknowledged", at="2022-05-19", denies=True, **OFFICIALS),
    ],
    8: [on("offer:china", "CMFA", "2022-05-12", "made", at="2022-05-12")],
    9: [
        on("medics", source, published, "planned", at="2022-05-17", cites=cites)
        for source, published, cites in (("KT", "2022-05-18", ["YTN"]), ("VOI", "2022-05-19", ["KT"]))
    ]
    + [
        on("medics", "KT", "2022-05-18", "departed", time_class=TimeClass.PLANNED, cites=["YTN"]),
    ],
    10: [
        *flown("YON", "2022-05-17"),
        on("flights", "YON", "2022-05-17", facts=[fact("items", text("emergency supplies"))]),
    ],
    11: [
        *flown("KBS", "2022-05-18"),
        on("medics", "KBS", "2022-05-18", "departed", at="2022-05-16", denies=True),
    ],
    12: [
        *flown("WSJ", "2022-05-18"),
        on("flights", "WSJ", "2022-05-18", facts=[fact("items", text("basic medical supplies"))]),
    ],
    13: [
        on(
            "flights",
            "KBS",
            "2022-05-18",
            facts=[fact("items", text("COVID-19 medicine and quarantine supplies"))],
            hedge=Hedge.APPARENT,
        )
    ],
    14: [*capacity("YON", "2022-05-17"), *capacity("KBS", "2022-05-18")],
    15: [on("flights", "NKN", "2022-05-18", "arrived", leg=leg, at="2022-05-16", place="CNSHE") for leg in OUT],
    16: [
        echo
        for source, published in (
            ("REU", "2022-05-17"),
            ("AFPE", "2022-05-19"),
            ("KT", "2022-05-18"),
            ("PLT", "2022-05-17"),
        )
        for echo in flown(source, published, cites=["YON"])
    ],
    17: [*flown("THW", "2022-05-18", cites=[NOBODY])],
    18: [*both(("asked-china", "asked-russia"), "KT", "2022-05-18", facts=DECLINED)],
    19: [
        figure("REMB", "2022-05-17", "fever_cases", 1_483_000, as_of="2022-05-16T09:00", qualifier=Qualifier.ABOUT),
        figure("REMB", "2022-05-17", "deaths", 56, as_of="2022-05-16T09:00"),
        figure("REMB", "2022-05-17", "recovered", 819_000, as_of="2022-05-16T09:00", qualifier=Qualifier.ABOUT),
        figure(
            "REMB",
            "2022-05-17",
            "under_care",
            664_000,
            as_of="2022-05-16T09:00",
            qualifier=Qualifier.ABOUT,
            measure="in_treatment",
        ),
    ],
    20: [
        found
        for source, published in (("KT", "2022-05-18"), ("VOI", "2022-05-19"))
        for found in (
            figure(source, published, "new_fever_cases", 232_880, as_of="2022-05-17T09:00"),
            figure(source, published, "new_deaths", 6, as_of="2022-05-17T09:00"),
            figure(source, published, "fever_cases", 1_720_000, as_of="2022-05-17T09:00", qualifier=Qualifier.AT_LEAST),
            figure(source, published, "deaths", 62, as_of="2022-05-17T09:00"),
            figure(
                source,
                published,
                "under_care",
                691_170,
                as_of="2022-05-17T09:00",
                qualifier=Qualifier.AT_LEAST,
                measure="in_quarantine",
            ),
        )
    ],
    21: [
        figure("AFPE", "2022-05-19", "fever_cases", 1_900_000, 2_000_000, as_of="2022-05-18T09:00"),
        figure("AFPE", "2022-05-19", "deaths", 63, as_of="2022-05-18T09:00"),
    ],
    22: [
        figure("REMB", "2022-06-01", "fever_cases", 3_700_000, as_of="2022-05-31T09:00", qualifier=Qualifier.AT_LEAST),
        figure("REMB", "2022-06-01", "deaths", 70, as_of="2022-05-31T09:00"),
    ],
    23: [
        on(
            "crisis",
            "WHO",
            "2022-05-17",
            facts=[fact("risk", text("an uncontrolled spread carries a higher risk of a new variant"))],
        )
    ],
}


def evidence_of(subject: str, *more: Report) -> Evidence:
    """Everything that the case says of one subject."""
    plan = PLANS[subject]
    told = tuple(report for said in ROWS.values() for about, report in said if about == subject)
    return Evidence(
        plan=plan,
        reports=(*told, *more),
        policies=(POLICY_V1,),
        lifecycle=LIFECYCLE_OF.get(plan.kind),
        leg_lifecycle=LEG if plan.kind is SubjectKind.SHIPMENT else None,
        ratings=rated(GRADES),
        attributes=CASE_RULES,
    )
