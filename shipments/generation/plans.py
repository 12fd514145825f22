"""What one made-up shipment was meant to be, and what truly happened to it. Pure: a seed and a number decide."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from actors.identifiers import reference_of
from shipments.generation.shares import Shares
from shipments.generation.world import CARRIERS, DONORS, GOODS, HUBS, ORIGINS, RECIPIENTS, VEHICLES

# All stories begin within a quarter from here.
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 90
# The forwarder's own numbers, as identifiers of shipments: no airline gives them out.
WAYBILLS = "house-waybill"


@dataclass(frozen=True, kw_only=True)
class LegPlan:
    key: str
    sequence: int
    origin: str
    destination: str
    departs: datetime
    arrives: datetime


@dataclass(frozen=True, kw_only=True)
class LinePlan:
    key: str
    item: str
    category: str
    amount: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that truly happened. ``leg`` where it happened to one leg alone."""

    milestone: str
    at: datetime
    place: str
    leg: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A shipment and its truth: ``steps`` in order of time. Places are ICAO codes."""

    number: int
    reference: str
    title: str
    is_restricted: bool
    donor: str
    recipient: str
    carrier: str
    flight_number: str
    waybill: str
    vehicle: str
    capacity: int
    destination: str
    legs: tuple[LegPlan, ...]
    lines: tuple[LinePlan, ...]
    steps: tuple[Step, ...]

    @property
    def begins(self) -> datetime:
        return self.steps[0].at


def reference(prefix: str, *names: object) -> str:
    """The public reference that these names always have."""
    digest = hashlib.sha256(" ".join(map(str, names)).encode()).digest()
    return reference_of(prefix, digest, length=10)


def plan_of(random: Random, seed: int, number: int, shares: Shares) -> Plan:
    """The shipment with that number."""
    country, recipient, destination = random.choice(RECIPIENTS)
    _, donor = random.choice(DONORS)
    carrier, _, _, flights = random.choice(CARRIERS)
    vehicle, capacity = random.choice(VEHICLES)
    lines = _lines(random)
    origin = random.choice(ORIGINS)
    leaves = BEGINNING + timedelta(days=random.randrange(DAYS), minutes=random.randrange(0, 1440, 5))
    legs = _legs(random, origin, destination, leaves, by_transit=random.randrange(1000) < shares.by_transit)
    return Plan(
        number=number,
        reference=reference("SHP", seed, number),
        title=f"{lines[0].item} for {country}",
        is_restricted=random.randrange(1000) < shares.restricted,
        donor=donor,
        recipient=recipient,
        carrier=carrier,
        flight_number=f"{flights}{random.randint(100, 9999)}",
        waybill=f"S{seed}-{number:07d}",
        vehicle=vehicle,
        capacity=capacity,
        destination=destination,
        legs=legs,
        lines=lines,
        steps=_steps(random, legs, shares),
    )


def _lines(random: Random) -> tuple[LinePlan, ...]:
    goods = random.sample(GOODS, random.choice((1, 1, 2, 3)))
    return tuple(
        LinePlan(key=f"item-{n}", item=item, category=category, amount=_round(random.randint(low, high)), unit=unit)
        for n, (item, category, unit, low, high) in enumerate(goods, start=1)
    )


def _round(amount: int) -> int:
    """Manifests are written in round numbers where they are large."""
    return amount if amount < 1000 else amount // 500 * 500


def _legs(random: Random, origin: str, destination: str, leaves: datetime, *, by_transit: bool) -> tuple[LegPlan, ...]:
    stops = [origin, random.choice(HUBS), destination] if by_transit else [origin, destination]
    legs = []
    for n, (start, end) in enumerate(pairwise(stops), start=1):
        lands = leaves + timedelta(minutes=random.randrange(150, 700, 5))
        legs.append(LegPlan(key=f"leg-{n}", sequence=n, origin=start, destination=end, departs=leaves, arrives=lands))
        leaves = lands + timedelta(minutes=random.randrange(90, 1500, 5))
    return tuple(legs)


def _steps(random: Random, legs: tuple[LegPlan, ...], shares: Shares) -> tuple[Step, ...]:
    """Booked and readied, flown leg by leg, cleared and handed over, unless something happens first."""
    delay = timedelta(minutes=random.choice((0, 0, 0, 20, 90, 600)))
    first, last = legs[0], legs[-1]
    booked = first.departs - timedelta(hours=random.randint(60, 200))
    steps = [Step(milestone="booked", at=booked, place=first.origin)]
    steps.append(Step(milestone="ready", at=first.departs - timedelta(hours=random.randint(4, 40)), place=first.origin))
    for leg in legs:
        steps.append(Step(milestone="departed", at=leg.departs + delay, place=leg.origin, leg=leg.key))
        steps.append(Step(milestone="arrived", at=leg.arrives + delay, place=leg.destination, leg=leg.key))
    at = last.arrives + delay
    for milestone, most in (("customs", 20), ("cleared", 90), ("received", 30), ("delivered", 240), ("verified", 400)):
        at += timedelta(hours=random.randint(2, most), minutes=random.randrange(0, 60, 5))
        steps.append(Step(milestone=milestone, at=at, place=last.destination))
    return tuple(_fate(random, steps, shares))


def _fate(random: Random, steps: list[Step], shares: Shares) -> list[Step]:
    """The same story to its end, or broken off where a share of shipments breaks off."""
    drawn = random.randrange(1000)
    for share, milestone, earliest, latest in (
        (shares.cancelled, "cancelled", 1, 2),
        (shares.lost, "lost", 3, len(steps) - 2),
        (shares.destroyed, "destroyed", 3, len(steps) - 2),
        (shares.refused, "refused", len(steps) - 5, len(steps) - 2),
        (shares.under_way, "", 1, len(steps) - 2),
    ):
        if drawn < share:
            kept = steps[: random.randint(earliest, latest)]
            at = kept[-1].at + timedelta(hours=random.randint(3, 30))
            return [*kept, Step(milestone=milestone, at=at, place=kept[-1].place)] if milestone else kept
        drawn -= share
    return steps
