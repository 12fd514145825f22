"""From stories to rows: the world found or made once, then plans by COPY and reports by the recording service."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model

from actors.factories import (
    ActorFactory,
    ActorIdentifierFactory,
    SourceFactory,
    SourceInterestFactory,
    SourceRatingFactory,
)
from actors.identifiers import new_id
from actors.marking import Marking
from actors.models import Actor, ActorIdentifier, Source
from shipments.factories import CrisisFactory, PlaceFactory
from shipments.generation.copying import copy_rows
from shipments.generation.plans import BEGINNING, WAYBILLS, Plan, reference
from shipments.generation.stories import Story
from shipments.generation.world import CARRIERS, DONORS, HUBS, ORIGINS, RECIPIENTS, World, airport
from shipments.models import (
    Crisis,
    Leg,
    Line,
    Place,
    Shipment,
    ShipmentParty,
    Subject,
    SubjectIdentifier,
)
from shipments.services.recording import Outcome, Sender, record_each
from shipments.services.vocabularies import OWN, load_vocabularies

COUNTRY = "iso-3166-1"  # the scheme by which states are known
# Stories whose reports are one transaction: a thousand reports or so.
BATCH = 100


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The rows that every story refers to, by the words of the stories."""

    crisis: Crisis
    states: dict[str, Actor]
    carriers: dict[str, Actor]
    places: dict[str, Place]


@transaction.atomic
def set_stage(world: World, *, seed: int) -> Stage:
    """Find or make the actors, sources, places and the crisis of the stories, and the vocabularies they need."""
    load_vocabularies()
    states = {country: _actor(COUNTRY, country, name, country, Actor.Kind.STATE) for name, country in DONORS}
    states |= {country: _actor(COUNTRY, country, name, country, Actor.Kind.STATE) for name, country, _ in RECIPIENTS}
    carriers = {code: _actor(OWN, code, name, country, Actor.Kind.CARRIER) for code, name, country, _ in CARRIERS}
    known = set(Source.objects.values_list("code", flat=True))
    for voice in world.voices:
        if voice.code in known:
            continue
        actor = carriers.get(voice.actor) or states.get(voice.country)
        source = SourceFactory(code=voice.code, name=voice.name, kind=voice.kind, actor=actor)
        if voice.is_official:
            SourceInterestFactory(source=source, actor=actor)
        if voice.grade:
            SourceRatingFactory(
                source=source, grade=voice.grade, reason="As reliable as such sources are in the made-up world."
            )
    icaos = [*ORIGINS, *HUBS, *(icao for *_, icao in RECIPIENTS)]
    return Stage(
        crisis=Crisis.objects.filter(reference=reference("CRS", seed)).first()
        or CrisisFactory.create(
            reference=reference("CRS", seed),
            title=f"Made-up emergencies, seed {seed}",
            glide="",
            countries=sorted(country for _, country, _ in RECIPIENTS),
            began_on=BEGINNING.date(),
        ),
        states=states,
        carriers=carriers,
        places={icao: _place(icao) for icao in icaos},
    )


def _actor(scheme: str, code: str, name: str, country: str, kind: str) -> Actor:
    """The actor whom others know by that code, made where nobody did."""
    known = ActorIdentifier.objects.filter(scheme=scheme, value=code).select_related("actor").first()
    if known:
        return known.actor
    actor = ActorFactory.create(reference=reference("ACT", scheme, code), name=name, country=country, kind=kind)
    ActorIdentifierFactory(actor=actor, scheme=scheme, value=code)
    return actor


def _place(icao: str) -> Place:
    known = airport(icao)
    return PlaceFactory.create(
        code=icao,
        name=known["name"],
        country=known["country"],
        iata=known["iata"],
        icao=icao,
        latitude=known["lat"],
        longitude=known["lon"],
        time_zone=known["tz"],
        within=Place.objects.get(code=known["country"]),
    )


@transaction.atomic
def write_plans(stage: Stage, plans: Sequence[Plan]) -> int:
    """Write the shipments that are not there yet, with legs, lines, donor and waybill; returns how many."""
    there = Subject.objects.filter(reference__in=[plan.reference for plan in plans]).values_list("reference", flat=True)
    known = set(there)
    rows: defaultdict[type[Model], list[Model]] = defaultdict(list)
    for plan in plans:
        if plan.reference not in known:
            for row in _rows_of(stage, plan):
                rows[type(row)].append(row)
    shipments = rows.pop(Shipment, [])
    if shipments:
        copy_rows(Subject, shipments)
        copy_rows(Shipment, shipments)
        for model, made in rows.items():
            copy_rows(model, made)
    return len(shipments)


def _rows_of(stage: Stage, plan: Plan) -> Iterable[Model]:
    key = new_id()
    shipment = Shipment(
        id=key,
        reference=plan.reference,
        title=plan.title,
        marking=Marking.AMBER if plan.is_restricted else Marking.CLEAR,
        crisis_id=stage.crisis.pk,
        created_at=plan.begins,
        mode=Shipment.Mode.AIR,
        recipient=stage.states[plan.recipient],
        carrier=stage.carriers[plan.carrier],
        destination=stage.places[plan.destination],
    )
    shipment.subject_id = key
    yield shipment
    yield ShipmentParty(shipment=shipment, actor=stage.states[plan.donor], role=ShipmentParty.Role.DONOR)
    yield SubjectIdentifier(subject=shipment, scheme=WAYBILLS, value=plan.waybill)
    for leg in plan.legs:
        yield Leg(
            shipment=shipment,
            key=leg.key,
            sequence=leg.sequence,
            origin=stage.places[leg.origin],
            destination=stage.places[leg.destination],
            carrier=stage.carriers[plan.carrier],
            flight_number=plan.flight_number,
            vehicle=plan.vehicle,
            planned_departure=leg.departs,
            planned_arrival=leg.arrives,
        )
    for line in plan.lines:
        yield Line(
            shipment=shipment,
            key=line.key,
            item=line.item,
            category=line.category,
            donor=stage.states[plan.donor],
            quantity_low=line.amount,
            quantity_high=line.amount,
            unit=line.unit,
            qualifier="exact",
            basis="manifest",
        )


def record_stories(stories: Sequence[Story]) -> Iterable[list[Outcome]]:
    """Record what was said, some stories at a time, each report as of its own moment."""
    for start in range(0, len(stories), BATCH):
        told = [arrival for story in stories[start : start + BATCH] for arrival in story.arrivals]
        told.sort(key=lambda arrival: arrival.received_at)
        yield record_each([(arrival.received_at, arrival.draft) for arrival in told], sender=Sender())
