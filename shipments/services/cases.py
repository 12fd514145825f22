"""Load a case file: who takes part, who speaks, what it is about, and what was said, as it became known.

    text ─ intake.case ─> case ─ places, attributes and facts known? ─> Invalid, with every fault
                            └─ one transaction: what is missing is inserted in the order of the sections,
                               the reports through services.recording, one moment of receipt after another

Everything has a natural key, so that loading twice writes nothing. What is there already is left as it is:
an analyst may have changed it since.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from actors.marking import Marking
from actors.models import Actor, ActorIdentifier, ActorName, AuditEntry, Source, SourceInterest, SourceRating
from shipments.intake import case_forms as forms
from shipments.intake.case import Case, Told, read_case
from shipments.intake.draft import Invalid, Problem
from shipments.models import Attribute, Document, Place, Subject, SubjectIdentifier
from shipments.services.case_subjects import create_subject, place_fields
from shipments.services.errors import UnknownCase
from shipments.services.fitting import fact_problems
from shipments.services.reaching import reach_sources
from shipments.services.recording import Sender, record
from shipments.services.vocabularies import OWN

DIRECTORY = Path(__file__).resolve().parent.parent / "cases"
Progress = Callable[[str, int, int], None]


@dataclass(kw_only=True)
class Loaded:
    """How many entries of each section were new, and how many were there already."""

    name: str
    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)


def read_case_file(name_or_path: str) -> str:
    """The text of a case by its name (dprk-covid-2022) or of a file by its path. Raises UnknownCase."""
    shipped = DIRECTORY / f"{name_or_path}.toml"
    path = shipped if shipped.is_file() and shipped.parent == DIRECTORY else Path(name_or_path)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(each.stem for each in DIRECTORY.glob("*.toml")))
        raise UnknownCase(f"No case {name_or_path!r} ({type(error).__name__}). There is: {known}.") from error


def load_case(text: str, *, progress: Progress | None = None) -> Loaded:
    """Load the case in ``text``. Raises Invalid with every fault, and then nothing is stored."""
    case, problems = read_case(text)
    problems += _unknown_to_us(case)
    if problems or case.head is None:
        raise Invalid(problems)
    tell = progress or (lambda section, done, all_of_it: None)
    loaded = Loaded(name=case.head.name)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [case.scheme])
        actors = _load_actors(case, loaded)
        sources = _load_sources(case, actors, case.head.rated_from, loaded)
        _load_documents(case, sources, loaded)
        _load_subjects(case, actors, loaded)
        _load_reports(case.reports, loaded, tell)
        if loaded.new:
            AuditEntry.objects.create(
                action="case.loaded", object_type="case", object_reference=case.head.name, changes=dict(loaded.new)
            )
    return loaded


def _unknown_to_us(case: Case) -> list[Problem]:
    """Places and attributes that no vocabulary has, and facts that do not fit theirs."""
    places = set(Place.objects.values_list("code", flat=True))
    attributes = {each.name: each for each in Attribute.objects.all()}
    problems = [
        Problem(code="not_found", pointer=f"{pointer}{path}", detail=f"No such place: {code}.")
        for section in ("shipments", "contacts")
        for pointer, entry in case.entries[section]
        for path, code in place_fields(entry)
        if code not in places
    ]
    for told in case.reports:
        found = list(fact_problems(told.draft, attributes))
        if told.draft.place and told.draft.place not in places:
            found.append(Problem(code="not_found", pointer="/place", detail=f"No such place: {told.draft.place}."))
        problems.extend(replace(each, pointer=f"{told.pointer}{each.pointer}") for each in found)
    # A report that is spread over legs has its fault once.
    return list(dict.fromkeys(problems))


def _load_actors(case: Case, loaded: Loaded) -> dict[str, Actor]:
    """Actors by the case's code. One is known by our code for it, or by any identifier that the file gives."""
    known = {
        (each.scheme, each.value): each.actor for each in ActorIdentifier.objects.select_related("actor").order_by("pk")
    }
    actors: dict[str, Actor] = {}
    fresh: list[forms.Actor] = []
    for _, entry in case.entries["actors"]:
        named = [(OWN, entry.code), *((each.scheme, each.value) for each in entry.identifiers)]
        actor = next((known[name] for name in named if name in known), None)
        if actor is None:
            actor = Actor.objects.create(
                kind=entry.kind, name=entry.name, country=entry.country, marking=Marking.from_code(entry.marking)
            )
            fresh.append(entry)
            ActorName.objects.bulk_create(
                ActorName(actor=actor, name=each.name, language=each.language, script=each.script)
                for each in entry.names
            )
        _count(loaded, "actors", is_new=bool(fresh) and fresh[-1] is entry)
        ActorIdentifier.objects.bulk_create(
            ActorIdentifier(actor=actor, scheme=scheme, value=value)
            for scheme, value in named
            if (scheme, value) not in known
        )
        actors[entry.code] = actor
    for entry in fresh:
        if entry.parent:
            Actor.objects.filter(pk=actors[entry.code].pk).update(parent=actors[entry.parent])
    return actors


def _load_sources(case: Case, actors: Mapping[str, Actor], since: datetime, loaded: Loaded) -> dict[str, Source]:
    """Sources by code, with the interests and grades that the case gives them, from ``since`` on."""
    entries: list[forms.Source] = [entry for _, entry in case.entries["sources"]]
    sources = {each.code: each for each in Source.objects.filter(code__in=[entry.code for entry in entries])}
    known = {each.pk for each in sources.values()}
    for entry in entries:
        _count(loaded, "sources", is_new=entry.code not in sources)
        if entry.code not in sources:
            sources[entry.code] = Source.objects.create(
                code=entry.code,
                name=entry.name,
                kind=entry.kind,
                actor=actors.get(entry.actor),
                protected=entry.protected,
                marking=Marking.from_code(entry.marking),
            )
    interested = set(SourceInterest.objects.values_list("source_id", "actor_id"))
    interests = [
        SourceInterest(source=sources[entry.code], actor=actors[code], recorded_at=since)
        for entry in entries
        for code in entry.interests
        if (sources[entry.code].pk, actors[code].pk) not in interested
    ]
    rated = set(SourceRating.objects.values_list("source_id", "topic", "valid_from", "recorded_at"))
    ratings = [
        SourceRating(
            source=sources[entry.code],
            grade=rating.grade,
            topic=rating.topic,
            valid_from=since,
            recorded_at=since,
            reason=rating.reason,
        )
        for entry in entries
        for rating in entry.ratings
        if (sources[entry.code].pk, rating.topic, since, since) not in rated
    ]
    SourceInterest.objects.bulk_create(interests)
    SourceRating.objects.bulk_create(ratings)
    # Those that were there may have spoken of what is in no case.
    judged = {row.source for row in interests} | {row.source for row in ratings}
    reach_sources([each for each in judged if each.pk in known], since=since)
    return sources


def _load_documents(case: Case, sources: Mapping[str, Source], loaded: Loaded) -> None:
    known = set(Document.objects.filter(source__in=sources.values()).values_list("source__code", "key"))
    new = []
    for _, entry in case.entries["documents"]:
        _count(loaded, "documents", is_new=(entry.source, entry.key) not in known)
        if (entry.source, entry.key) not in known:
            new.append(
                Document(
                    key=entry.key,
                    source=sources[entry.source],
                    kind=entry.kind,
                    title=entry.title,
                    url=entry.url,
                    language=entry.language,
                    published_at=entry.published_at,
                    received_at=entry.received_at or entry.published_at,
                    marking=Marking.from_code(entry.marking),
                )
            )
    Document.objects.bulk_create(new)


def _load_subjects(case: Case, actors: Mapping[str, Actor], loaded: Loaded) -> None:
    """Subjects with their legs and lines, each under its key as an identifier of the case's scheme."""
    there = SubjectIdentifier.objects.filter(scheme=case.scheme).select_related("subject")
    subjects: dict[str, Subject] = {each.value: each.subject for each in there}
    places = dict(Place.objects.values_list("code", "pk"))
    crises = [entry.key for _, entry in case.entries["crises"]]
    for section, entry in _wholes_first(case):
        _count(loaded, section, is_new=entry.key not in subjects)
        if entry.key in subjects:
            continue
        if section != "crises" and not entry.crisis and len(crises) == 1:
            entry = entry.model_copy(update={"crisis": crises[0]})
        subjects[entry.key] = create_subject(entry, actors=actors, subjects=subjects, places=places)
        SubjectIdentifier.objects.create(subject_id=subjects[entry.key].pk, scheme=case.scheme, value=entry.key)


def _wholes_first(case: Case) -> Iterator[tuple[str, Any]]:
    """Subjects in an order in which each comes after what it names; circles were refused on reading."""
    for section, entries in case.entries.items():
        if section in ("actors", "sources", "documents"):
            continue
        waiting = [entry for _, entry in entries]
        done: set[str] = set()
        while waiting:
            ready = [entry for entry in waiting if not getattr(entry, "parent", "") or entry.parent in done]
            yield from ((section, entry) for entry in ready)
            done.update(entry.key for entry in ready)
            waiting = [entry for entry in waiting if entry.key not in done]


def _load_reports(reports: Iterable[Told], loaded: Loaded, tell: Progress) -> None:
    """Record the reports as they became known, one moment of receipt after another."""
    ordered = sorted(reports, key=lambda told: told.received_at)
    problems: list[Problem] = []
    done = 0
    for moment, group in groupby(ordered, key=lambda told: told.received_at):
        batch = list(group)
        outcomes = record([told.draft for told in batch], sender=Sender(), received_at=moment)
        for told, outcome in zip(batch, outcomes, strict=True):
            problems.extend(replace(each, pointer=f"{told.pointer}{each.pointer}") for each in outcome.problems)
            _count(loaded, "reports", is_new=outcome.result != "duplicate")
        done += len(batch)
        tell("reports", done, len(ordered))
    if problems:
        raise Invalid(problems)


def _count(loaded: Loaded, section: str, *, is_new: bool) -> None:
    (loaded.new if is_new else loaded.known)[section] += 1
