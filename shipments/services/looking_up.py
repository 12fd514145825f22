"""What a batch of drafts speaks of and its sender may see; a fixed number of queries, each built and planned once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from actors.access import Reader
from actors.models import Source
from actors.services.arrays import IsAny
from actors.services.prepared import prepared, read_together, slot
from shipments.intake.draft import Pointer, ReportDraft
from shipments.models import Attribute, Document, Leg, Line, Report
from shipments.services.loading import MappingRow, read_mappings
from shipments.services.naming import PlaceRow, SubjectRow, places_by, places_named, subjects_by, subjects_named

OWN_SCHEME = "aidtracker"
NOBODY: Set[str] = frozenset()


class Speaker(NamedTuple):
    """A source, and whom it speaks for."""

    code: str
    id: UUID
    actor_id: UUID | None


@dataclass(kw_only=True)
class Lookups:
    """Everything a batch of drafts can refer to, by the words the drafts use."""

    sources: dict[str, Speaker]
    subjects: dict[str, SubjectRow]
    legs: dict[tuple[UUID, str], int]
    lines: dict[tuple[UUID, str], int]
    places: dict[str, UUID]
    documents: dict[str, UUID]
    attributes: dict[str, Attribute]
    mappings: dict[tuple[str, str], MappingRow]
    targets: set[Pointer]


def look_up(drafts: Sequence[ReportDraft], reader: Reader) -> Lookups:
    """Read what ``drafts`` refer to and ``reader`` may see."""
    places = {draft.place for draft in drafts} - {""}
    # What nearly every report names, by one statement.
    speakers, by_code, by_reference = read_together(
        reader,
        (_sources(reader), Speaker),
        (places_by(reader, "code"), PlaceRow),
        (subjects_by(reader, "reference"), SubjectRow),
        sources=list({draft.source for draft in drafts}.union(*map(other_sources, drafts))),
        places=list(places),
        subjects=list({draft.subject for draft in drafts}),
    )
    return Lookups(
        # Whom a protected source is not named to, they cannot find it by citing either.
        sources={speaker.code: speaker for speaker in speakers},
        places={name: place.pk for name, place in places_named(places, reader, by_code=by_code).items()},
        documents=_documents({draft.document for draft in drafts if draft.document}, reader),
        attributes=_attributes({fact.attribute for draft in drafts for fact in draft.facts}, reader),
        targets=_targets(drafts, reader),
        **_holding(drafts, reader, by_reference),
    )


def look_again(drafts: Sequence[ReportDraft], found: Lookups, reader: Reader) -> Lookups:
    """What was ``found``, with all that may hold up some of its drafts read anew."""
    return replace(found, **_holding(drafts, reader))


def _holding(
    drafts: Sequence[ReportDraft], reader: Reader, by_reference: Sequence[SubjectRow] | None = None
) -> dict[str, Any]:
    """Subjects with their legs and lines, and codes: a report of which one is not there is held."""
    subjects = subjects_named({draft.subject for draft in drafts}, reader, by_reference=by_reference)
    ids = {subject.pk for subject in subjects.values()}
    codes = {(draft.code_scheme, draft.code) for draft in drafts if draft.code_scheme != OWN_SCHEME and draft.code}
    return {
        "subjects": subjects,
        "legs": _parts(Leg, ids, reader) if any(draft.leg for draft in drafts) else {},
        "lines": _parts(Line, ids, reader) if any(draft.line for draft in drafts) else {},
        "mappings": {(mapping.scheme, mapping.code): mapping for mapping in read_mappings(codes)},
    }


def other_sources(draft: ReportDraft) -> Set[str]:
    """Every source that a draft names beside its own."""
    if not (draft.attributed_to or draft.cites or draft.target):
        return NOBODY
    codes = {draft.attributed_to, *(cited.source for cited in draft.cites)}
    if draft.target:
        codes.add(draft.target.source)
    return codes - {""}


@prepared
def _sources(reader: Reader) -> QuerySet:
    named = Source.objects.named_to(reader).order_by().filter(IsAny("code", slot("sources")))
    return named.values("code", "pk", "actor_id")


def _attributes(named: set[str], reader: Reader) -> dict[str, Attribute]:
    """Attributes by name: those that are ``named``, or all, to choose from, where one of these is none."""
    if not named:
        return {}
    rows = _attributes_named(reader).models(reader, names=list(named))
    if len(rows) < len(named):
        rows = list(Attribute.objects.all())
    return {each.name: each for each in rows}


@prepared
def _attributes_named(reader: Reader) -> QuerySet:
    return Attribute.objects.filter(IsAny("name", slot("names")))


def _targets(drafts: Sequence[ReportDraft], reader: Reader) -> set[Pointer]:
    """Which of the reports that ``drafts`` correct or retract are there, or come with them."""
    wanted = {draft.target for draft in drafts if draft.target}
    if not wanted:
        return set()
    sources, events = {each.source for each in wanted}, {each.event_id for each in wanted}
    there = _events(reader).tuples(reader, sources=list(sources), events=list(events))
    found = {Pointer(source=code, event_id=own) for code, own in there}
    return found | {Pointer(source=draft.source, event_id=draft.event_id) for draft in drafts if draft.event_id}


@prepared
def _events(reader: Reader) -> QuerySet:
    visible = Report.objects.visible_to(reader).order_by()
    named = visible.filter(IsAny("source__code", slot("sources")), IsAny("event_id", slot("events")))
    return named.values("source__code", "event_id")


def _documents(named: set[str], reader: Reader) -> dict[str, UUID]:
    """Visible documents by reference, or by a key: of several the one that the reader told of, never just any."""
    if not named:
        return {}
    visible = Document.objects.visible_to(reader)
    there: defaultdict[str, list[tuple[bool, UUID]]] = defaultdict(list)
    for key, pk, sender in visible.filter(key__in=named).values_list("key", "pk", "sender"):
        there[key].append((sender == reader.actor_id, pk))
    found = {}
    for key, rows in there.items():
        own = [row for row in rows if row[0]] or rows
        if len(own) == 1:
            found[key] = own[0][1]
    return found | dict(visible.filter(reference__in=named).values_list("reference", "pk"))


def _parts(model: type[Leg] | type[Line], ids: Iterable[UUID], reader: Reader) -> dict[tuple[UUID, str], int]:
    """The keys of legs or lines by their shipment and the name that reports use."""
    rows = _parts_of(reader, model).tuples(reader, ids=list(ids))
    return {(shipment_id, key): pk for shipment_id, key, pk in rows}


@prepared
def _parts_of(reader: Reader, model: type[Leg] | type[Line]) -> QuerySet:
    rows = model._default_manager.order_by().filter(IsAny("shipment_id", slot("ids")))
    return rows.values("shipment_id", "key", "pk")
