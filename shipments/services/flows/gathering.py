"""From rows to what is told of each offer and shipment, as the sums want it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from actors.access import Reader
from shipments.models import Finding
from shipments.services.flows.amounts import Amount, money_in
from shipments.services.flows.families import families_of
from shipments.services.flows.ladder import Step, implies, reached
from shipments.services.flows.parts import FactTold, LineTold, parts_of, planned_amount
from shipments.services.flows.reading import Among, Narrowing, Row
from shipments.services.flows.rows import Actors, counts_of, findings_of, rows_of, said_at
from shipments.services.flows.told import UNCONFIRMED, Part, Told, Waiting, days_between

# The step that gives an offer or a shipment its month: the promise itself, or the departure.
BEGINNING = {"offer": "floated", "shipment": "departed"}
# What a recipient answers; a condition is the donor's own word.
ANSWERS = frozenset({"acknowledged", "refused", "accepted_partly", "accepted"})


class Gathered:
    """Everything told of some offers and shipments, and the actors who take part. A fixed number of queries.

    ``told`` is what is asked for, ``beside`` all of it with the wholes and parts that are not.
    """

    def __init__(self, reader: Reader, narrowing: Narrowing, among: Among, *, known_at: datetime | None = None) -> None:
        rows = rows_of(reader, known_at, narrowing, among)
        asked = {row["subject_id"] for row in rows}
        if narrowing.parts_families:
            others = Among(subjects=families_of(asked) - asked)
            rows += rows_of(reader, known_at, Narrowing(), others) if others.subjects else []
        subjects = [row["subject_id"] for row in rows]
        self._findings = findings_of(reader, known_at, subjects)
        self._counts = counts_of(reader, known_at, subjects)
        self._said_at = said_at(reader, {each for row in rows if _is_waiting(row) for each in row["because"]})
        self.actors = Actors(reader, {key for row in rows for key in (row["recipient"], *_donors(row))})
        self._item, self._period = narrowing.item, narrowing.period
        self._donor = None if narrowing.donor is None else self.actors.same_as(narrowing.donor)
        self.beside = [self._told(row) for row in rows]
        self.told = [told for each in self.beside if each.pk in asked and (told := self._asked_for(each))]

    def _asked_for(self, told: Told) -> Told | None:
        if self._period not in (None, told.month, told.year):
            return None
        parts = tuple(part for part in told.parts if self._is_asked_for(part))
        return told if parts == told.parts else replace(told, parts=parts) if parts else None

    def _told(self, row: Row) -> Told:
        kind, times = row["subject__kind"], row["times"]
        steps = [Step(milestone=m, state=s) for m, s in zip(row["milestones"], row["states"], strict=True)]
        findings = self._findings.get(row["subject_id"], [])
        began = next((n for n, step in enumerate(steps) if implies(kind, step.milestone, BEGINNING[kind])), None)
        month, year = period_of(times[began]) if began is not None else ("", "")
        return Told(
            pk=row["subject_id"],
            kind=kind,
            recipient=self.actors.reference(row["recipient"]),
            crisis=row["crisis"] or "",
            month=month,
            year=year,
            status=row["status"] or UNCONFIRMED,
            is_contested=row["contested"],
            reached=reached(kind, steps, status=row["status"], state=row["state"], rivals=row["rivals"]),
            parts=self._parts(row),
            open_low=_open_low(steps, findings),
            whole=row.get("whole"),
            **(self._answer(row, steps, times, findings) if kind == "offer" else {}),
        )

    def _parts(self, row: Row) -> tuple[Part, ...]:
        donors = self._references(row["donors"]) or self._references([row.get("promised_by")])
        counts = self._counts.get(row["subject_id"], [])
        facts = [_fact(each) for each in self._findings.get(row["subject_id"], []) if each["kind"] == "fact"]
        return parts_of([self._line(line, counts) for line in row["lines"]], facts, donors)

    def _line(self, line: Row, counts: Iterable[Row]) -> LineTold:
        donor = line.get("donor")
        return LineTold(
            key=line["key"],
            item=line["category"] or line["item"],
            names=(line["category"], line["item"]),
            donors=self._references([UUID(donor)] if donor else []),
            amounts=_planned(line),
            unit=line["unit"],
            counts=tuple(
                (each["received_on"], each["report__source__code"], each["accepted"])
                for each in counts
                if each["line__key"] == line["key"]
            ),
        )

    def _references(self, keys: Iterable[UUID | None]) -> tuple[str, ...]:
        return tuple(sorted({self.actors.reference(key) for key in keys} - {""}))

    def _is_asked_for(self, part: Part) -> bool:
        return (self._donor is None or self._donor in part.donors) and (self._item is None or part.is_of(self._item))

    def _answer(self, row: Row, steps: list[Step], times: list[Row | None], findings: list[Row]) -> Row:
        """Whether and when an offer was answered."""
        made = next((n for n, step in enumerate(steps) if implies("offer", step.milestone, "made")), None)
        if made is None:
            return {}
        at = times[made] if steps[made].milestone == "made" else None
        if _is_waiting(row):
            earliest, latest = _bounds(at) if at else (None, None)
            # Where nobody says when it was made, it was when it was told of.
            told_at = min((self._said_at[each] for each in row["because"] if each in self._said_at), default=None)
            waiting = Waiting(
                offer=row["subject__reference"],
                earliest=earliest,
                since=latest or told_at,
                is_said=any(each["kind"] == "milestone" for each in findings),
                is_contested=row["contested"],
            )
            return {"waiting": waiting}
        answer = next((n for n, step in enumerate(steps) if step.milestone in ANSWERS), None)
        if answer is None:
            return {}
        answered_at = times[answer]
        took = days_between(_bounds(at), _bounds(answered_at)) if at and answered_at else None
        return {"is_answered": True, "answered_in": took}


def _is_waiting(row: Row) -> bool:
    return row["subject__kind"] == "offer" and row["status"] == "made" and row["milestones"][-1] == "made"


def _donors(row: Row) -> Iterator[UUID]:
    """The keys of everybody who may have given something of it."""
    yield from (key for key in (*row["donors"], row.get("promised_by")) if key)
    yield from (UUID(line["donor"]) for line in row["lines"] if line.get("donor"))


def _planned(line: Row) -> tuple[Amount, ...]:
    amounts = planned_amount(
        low=_decimal(line["low"]), high=_decimal(line["high"]), unit=line["unit"], qualifier=line["qualifier"]
    )
    if line.get("currency"):
        amount = _decimal(line["amount"])
        amounts = (*amounts, money_in(line["currency"], amount, amount))
    return amounts


def _decimal(said: str | None) -> Decimal | None:
    return None if said is None else Decimal(said)


def _fact(row: Row) -> FactTold:
    return FactTold(
        line=row["line"],
        scope=row["scope"],
        is_money=row["attribute"] == "value",
        is_actual=row["time_class"] == "actual",
        state=row["state"],
        low=row["low"],
        high=row["high"],
    )


def _open_low(steps: Iterable[Step], findings: Iterable[Row]) -> frozenset[str]:
    """The rungs that only some of it reached, nobody knows how much."""
    milestones = {step.milestone for step in steps}
    is_partly = "accepted_partly" in milestones and "accepted" not in milestones
    is_short = any(each["kind"] == Finding.Kind.FLAG for each in findings)
    return frozenset((("accepted", "committed") if is_partly else ()) + (("received",) if is_short else ()))


def period_of(at: Row | None) -> tuple[str, str]:
    """The month and the year of a time, each only where it is known so finely: ("2022-05", "2022"), ("", "2020").

    A day, month or year that was counted elsewhere touches two in UTC; its middle lies in the one that was meant.
    """
    if at is None:
        return "", ""
    begin, end = _bounds(at)
    precision = at["precision"]
    if precision in ("day", "month", "year"):
        begin = end = begin + (end - begin) / 2
    month, year = (f"{begin.astimezone(UTC):{form}}" for form in ("%Y-%m", "%Y"))
    last = f"{end.astimezone(UTC):%Y-%m}"
    return month if month == last and precision != "year" else "", year if year == last[:4] else ""


def _bounds(at: Row) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(at["from"]), datetime.fromisoformat(at["to"])
