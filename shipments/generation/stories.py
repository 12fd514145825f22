"""What was said of one made-up shipment, by whom and when. Pure: a seed and a number decide.

Plain reports tell the truth of the plan; some are then quoted, doubled, denied, contradicted,
corrected or withdrawn, as often as ``shares`` says.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from msgspec.structs import replace

from shipments.generation.plans import BEGINNING, WAYBILLS, Plan, Step, plan_of
from shipments.generation.shares import DEFAULT, Shares
from shipments.generation.world import Voice, World
from shipments.intake.draft import FactDraft, Occurred, Pointer, ReportDraft

Drawn = TypeVar("Drawn")

# What carriers send instead of our words (IATA Cargo-IMP freight status update).
FREIGHT_CODES = {
    "booked": "BKD",
    "ready": "RCS",
    "departed": "DEP",
    "arrived": "ARR",
    "customs": "CRC",
    "cleared": "CCD",
    "received": "DLV",
    "delivered": "DDL",
}
NEVER_HEARD_OF = ("QX1", "ZZT", "7HU", "OPS9")
RIVALS = {
    "delivered": "lost",
    "received": "refused",
    "arrived": "lost",
    "departed": "cancelled",
    "cleared": "destroyed",
}
FLAGS = ("delayed", "held_customs", "damaged", "temperature_alarm", "partial", "held_documents")

# Reports are collected once a day, and each collection is one moment of knowledge.
COLLECTED_EVERY = timedelta(days=1)
FIRST_COLLECTION = BEGINNING - timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A report and the moment at which it was recorded."""

    draft: ReportDraft
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Story:
    """A shipment's plan and everything that was said of it, in the order in which it came in."""

    plan: Plan
    arrivals: tuple[Arrival, ...]


def story_of(world: World, *, seed: int, number: int, reports_per: int, shares: Shares = DEFAULT) -> Story:
    """The story with that number: about ``reports_per`` reports, from six to fourteen where it is ten."""
    random = Random(f"{seed} {number}")  # noqa: S311  it must repeat, not be unguessable
    plan = plan_of(random, seed, number, shares)
    teller = _Teller(random, world, plan, shares)
    spread = reports_per * 4 // 10
    teller.tell(max(1, reports_per + random.randint(-spread, spread)))
    return Story(plan=plan, arrivals=tuple(sorted(teller.arrivals, key=_order)))


def _order(arrival: Arrival) -> tuple[datetime, str, str]:
    return (arrival.received_at, arrival.draft.source, arrival.draft.event_id)


class _Teller:
    """Draws one report after another; what a later one points at has been told already."""

    def __init__(self, random: Random, world: World, plan: Plan, shares: Shares) -> None:
        self.random, self.world, self.plan, self.shares = random, world, plan, shares
        self.arrivals: list[Arrival] = []

    def tell(self, count: int) -> None:
        turns = (
            ("duplicate", self._duplicate),
            ("echo", self._echo),
            ("conflicting", self._conflicting),
            ("denial", self._denial),
            ("retraction", self._retraction),
            ("correction", self._correction),
            ("planned", self._planned),
            ("flag", self._flag),
            ("unknown_code", self._unknown_code),
            ("unknown_subject", self._unknown_subject),
        )
        while len(self.arrivals) < count:
            drawn = self.random.randrange(1000)
            for name, tell in turns:
                share: int = getattr(self.shares, name)
                if drawn < share:
                    # The first two reports are plain ones, so that there is something to point at.
                    (tell if len(self.arrivals) > 1 else self._plain)()
                    break
                drawn -= share
            else:
                self._plain()

    # The plain story

    def _plain(self) -> None:
        step = self.random.choice(self.plan.steps)
        self._say(self._witness(step), step)

    def _say(self, voice: Voice, step: Step, **changes: object) -> None:
        """``voice`` tells of ``step`` in its own manner, soon after it happened."""
        is_paper = voice.kind in ("outlet", "agency")
        coarse = is_paper and self._happens(self.shares.coarse_time)
        code, scheme = step.milestone, "aidtracker"
        if voice.kind == "partner_system" and code in FREIGHT_CODES and self._happens(self.shares.by_foreign_code):
            code, scheme = FREIGHT_CODES[code], "iata-fsu"
        draft = ReportDraft(
            source=voice.code,
            event_id=f"{self.plan.waybill}/{len(self.arrivals) + 1}",
            subject=self.plan.reference if self._happens(900) else f"{WAYBILLS}:{self.plan.waybill}",
            leg="" if is_paper else step.leg,
            place=step.place,
            code=code,
            code_scheme=scheme,
            facts=self._quantity(exact=not is_paper) if self._happens(self.shares.with_quantity) else (),
            hedge="apparent" if is_paper and self._happens(self.shares.hedged) else "asserted",
            occurred=_day(step.at) if coarse else _moment(step.at),
            asserted_at=step.at + self._lag(hours=30 if is_paper else 4),
            marking=self._marking(),
            language="en",
        )
        self._add(replace(draft, **changes))

    def _add(self, draft: ReportDraft, *, after: datetime | None = None) -> None:
        """Record ``draft`` at the next collection after it was said; some come days late."""
        said = max(draft.asserted_at, after) if after else draft.asserted_at
        if self._happens(self.shares.late):
            said += timedelta(hours=self.random.randint(60, 480))
        collection = (said - FIRST_COLLECTION) // COLLECTED_EVERY + 1
        self.arrivals.append(Arrival(draft=draft, received_at=FIRST_COLLECTION + collection * COLLECTED_EVERY))

    def _witness(self, step: Step) -> Voice:
        """Who would know of such a step at first hand, or a paper that was there."""
        carrier, customs = self.world.carriers[self.plan.carrier], self.world.customs[self.plan.recipient]
        knows = {"customs": customs, "cleared": customs, "refused": customs}.get(step.milestone, carrier)
        if step.milestone in ("received", "delivered", "verified"):
            knows = self._one(self.world.agencies)
        return knows if self._happens(600) else self._one((*self.world.outlets, *self.world.wires))

    # Everything beside it

    def _duplicate(self) -> None:
        told = self._one(self.arrivals)
        self._add(told.draft, after=told.received_at)

    def _echo(self) -> None:
        """A paper repeats a report, of a wire if there is one, or of somebody it does not name."""
        told = [each.draft for each in self.arrivals if each.draft.kind == "observe" and each.draft.code]
        wires = {voice.code for voice in self.world.wires}
        original = self._one([draft for draft in told if draft.source in wires] or told or [self.arrivals[0].draft])
        cited = Pointer(source=original.source, event_id=original.event_id)
        paper = self._one([voice for voice in self.world.outlets if voice.code != original.source])
        self._add(
            replace(
                original,
                source=paper.code,
                event_id=f"{self.plan.waybill}/{len(self.arrivals) + 1}",
                directness="second_hand",
                cites=(Pointer() if self._happens(self.shares.unnamed_origin) else cited,),
                asserted_at=original.asserted_at + self._lag(hours=40),
            )
        )

    def _conflicting(self) -> None:
        """What cannot also be true: another end of the journey, an arrival before departure, a date yet to come."""
        step = self._one(self.plan.steps)
        rival = dataclasses.replace(step, milestone=RIVALS.get(step.milestone, "cancelled"), leg="")
        early = dataclasses.replace(step, milestone="arrived", place=self.plan.destination, at=self.plan.begins, leg="")
        mistaken = _moment(step.at + timedelta(days=365))  # the wrong year
        voice = self._one(self.world.outlets)
        if self._happens(700):
            self._say(voice, rival)
        elif self._happens(700):
            self._say(voice, early)
        else:
            self._say(voice, step, occurred=mistaken, asserted_at=step.at + self._lag(hours=30))

    def _denial(self) -> None:
        step = self._one(self.plan.steps)
        voice = self._one((self.world.customs[self.plan.recipient], self.world.carriers[self.plan.carrier]))
        self._say(voice, step, polarity="denies", code=step.milestone, code_scheme="aidtracker", facts=())

    def _retraction(self) -> None:
        told = self._own_word()
        target = Pointer(source=told.source, event_id=told.event_id)
        self._add(
            ReportDraft(
                source=told.source,
                event_id=f"{self.plan.waybill}/{len(self.arrivals) + 1}",
                subject=told.subject,
                kind="retract",
                target=target,
                asserted_at=told.asserted_at + self._lag(hours=90),
                marking=told.marking,
            )
        )

    def _correction(self) -> None:
        """The same again with a better time, and with a quantity if it had one."""
        told = self._own_word()
        moved = timedelta(minutes=self.random.choice((-180, -45, 30, 120, 720)))
        at = told.occurred.earliest if told.occurred else told.asserted_at
        self._add(
            replace(
                told,
                event_id=f"{self.plan.waybill}/{len(self.arrivals) + 1}",
                kind="correct",
                target=Pointer(source=told.source, event_id=told.event_id),
                occurred=_moment(at + moved),
                facts=self._quantity(exact=True) if told.facts else (),
                asserted_at=told.asserted_at + self._lag(hours=60) + timedelta(hours=12),
            )
        )

    def _planned(self) -> None:
        step = self._one(self.plan.steps)
        before = step.at - timedelta(hours=self.random.randint(6, 72))
        time_class = self._one(("planned", "estimated", "expected"))
        self._say(self._witness(step), step, time_class=time_class, asserted_at=before)

    def _flag(self) -> None:
        step = self._one(self.plan.steps)
        voice = self._witness(step)
        flag = self._one(FLAGS)
        self._say(voice, step, code="", code_scheme="aidtracker", flags={flag: self._happens(800)}, facts=())

    def _unknown_code(self) -> None:
        step = self._one(self.plan.steps)
        voice = self.world.carriers[self.plan.carrier]
        self._say(voice, step, code=self._one(NEVER_HEARD_OF), code_scheme="iata-fsu", leg="")

    def _unknown_subject(self) -> None:
        step = self._one(self.plan.steps)
        voice = self._one(self.world.agencies)
        self._say(voice, step, subject=f"{WAYBILLS}:X{self.random.randrange(10**8):08d}", leg="")

    # What reports are made of

    def _own_word(self) -> ReportDraft:
        """A report that its source may correct or withdraw."""
        told = [each.draft for each in self.arrivals if each.draft.kind == "observe"]
        return self._one(told)

    def _quantity(self, *, exact: bool) -> tuple[FactDraft, ...]:
        line = self._one(self.plan.lines)
        amount = line.amount if exact else max(1, line.amount * self.random.choice((80, 90, 100, 100, 100, 110)) // 100)
        value = {"low": str(amount), "high": str(amount), "unit": line.unit}
        value |= {"qualifier": "exact", "basis": "manifest"} if exact else {"qualifier": "about", "basis": "reported"}
        return (FactDraft(attribute="quantity", value=value, line=line.key),)

    def _marking(self) -> str:
        drawn = self.random.randrange(1000)
        if drawn < self.shares.amber:
            return "AMBER"
        return "GREEN" if drawn < self.shares.amber + self.shares.green else "CLEAR"

    def _happens(self, share: int) -> bool:
        return self.random.randrange(1000) < share

    def _lag(self, *, hours: int) -> timedelta:
        return timedelta(minutes=self.random.randint(5, hours * 60))

    def _one(self, among: Sequence[Drawn]) -> Drawn:
        return self.random.choice(among)


def _moment(at: datetime) -> Occurred:
    return Occurred(earliest=at, latest=at)


def _day(at: datetime) -> Occurred:
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return Occurred(earliest=start, latest=start + timedelta(days=1, microseconds=-1), precision="day")
