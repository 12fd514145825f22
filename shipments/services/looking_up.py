"""What a batch of drafts speaks of and its sender may see; a fixed number of queries, each built and planned once.

what nearly every report names ─┬─ one statement ─> rows ─ told apart ─> by the words that the drafts use
what some name, if one does ────┘
what few name (documents, lines, targets, places that were entered) ─ a statement for each ──┘
"""

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
from shipments.models import Attribute, CodeMapping, Document, Leg, Line, Report
from shipments.services.fitting import AttributeRow
from shipments.services.naming import places_named, subjects_named
from shipments.services.naming_queries import (
    EntryRow,
    IdentifiedRow,
    PlaceRow,
    SubjectRow,
    SubjectsRead,
    entries,
    ids_named,
    places_by,
    slots_of,
    subjects_by,
    subjects_entered,
    subjects_identified,
)

OWN_SCHEME = "aidtracker"
NOBODY: Set[str] = frozenset()


class Speaker(NamedTuple):
    """A source, and whom it speaks for."""

    code: str
    id: UUID
    actor_id: UUID | None


class LegRow(NamedTuple):
    """A leg, by its shipment and the name that reports use."""

    shipment_id: UUID
    key: str
    id: int


class Meaning(NamedTuple):
    """What somebody's code means for us."""

    scheme: str
    code: str
    milestone: str
    flag: str
    flag_is_set: bool
    time_class: str


@dataclass(kw_only=True)
class Lookups:
    """Everything a batch of drafts can refer to, by the words the drafts use."""

    sources: dict[str, Speaker]
    subjects: dict[str, SubjectRow]
    legs: dict[tuple[UUID, str], int]
    lines: dict[tuple[UUID, str], int]
    places: dict[str, UUID]
    documents: dict[str, UUID]
    attributes: dict[str, AttributeRow]
    mappings: dict[tuple[str, str], Meaning]
    targets: set[Pointer]


class _Read(NamedTuple):
    """The rows that one statement reads of all that drafts name."""

    speakers: Sequence[Speaker]
    places: Sequence[PlaceRow]
    subjects: Sequence[SubjectRow]
    entries: Sequence[EntryRow] = ()
    entered: Sequence[SubjectRow] = ()
    identified: Sequence[IdentifiedRow] = ()
    legs: Sequence[LegRow] = ()
    attributes: Sequence[AttributeRow] = ()
    meanings: Sequence[Meaning] = ()


def look_up(drafts: Sequence[ReportDraft], reader: Reader) -> Lookups:
    """Read what ``drafts`` refer to and ``reader`` may see."""
    read = _read(drafts, reader)
    places = {draft.place for draft in drafts} - {""}
    return Lookups(
        # Whom a protected source is not named to, they cannot find it by citing either.
        sources={speaker.code: speaker for speaker in read.speakers},
        places={name: place.pk for name, place in places_named(places, reader, by_code=read.places).items()},
        documents=_documents({draft.document for draft in drafts if draft.document}, reader),
        attributes=_attributes({fact.attribute for draft in drafts for fact in draft.facts}, read.attributes),
        targets=_targets(drafts, reader),
        **_holding(drafts, reader, read),
    )


def look_again(drafts: Sequence[ReportDraft], found: Lookups, reader: Reader) -> Lookups:
    """What was ``found``, with all that may hold up some of its drafts read anew."""
    return replace(found, **_holding(drafts, reader, _read(drafts, reader)))


def _read(drafts: Sequence[ReportDraft], reader: Reader) -> _Read:
    """What nearly every report names, and what some do where one of ``drafts`` does: by one statement, of two."""
    subjects, codes = {draft.subject for draft in drafts}, _foreign_codes(drafts)
    attributes = {fact.attribute for draft in drafts for fact in draft.facts}
    asked: list[tuple[Any, type]] = [
        (_sources(reader), Speaker),
        (places_by(reader, "code"), PlaceRow),
        (subjects_by(reader, "reference"), SubjectRow),
    ]
    slots = {
        "sources": list({draft.source for draft in drafts}.union(*map(other_sources, drafts))),
        "places": list({draft.place for draft in drafts} - {""}),
        "subjects": list(subjects),
    }
    # One other statement for all of these, and not one for each set of them: each is planned once a connection.
    if attributes or codes or any(draft.leg for draft in drafts) or any(":" in subject for subject in subjects):
        asked += [
            (entries(reader), EntryRow),
            (subjects_entered(reader), SubjectRow),
            (subjects_identified(reader), IdentifiedRow),
            (_legs_named(reader), LegRow),
            (_attributes_named(reader), AttributeRow),
            (_meanings(reader), Meaning),
        ]
        slots |= slots_of(subjects) | {"attributes": list(attributes)}
        slots |= {"code_schemes": [scheme for scheme, _ in codes], "codes": [code for _, code in codes]}
    return _Read(*read_together(reader, *asked, **slots))


def _foreign_codes(drafts: Iterable[ReportDraft]) -> set[tuple[str, str]]:
    return {(draft.code_scheme, draft.code) for draft in drafts if draft.code_scheme != OWN_SCHEME and draft.code}


def _holding(drafts: Sequence[ReportDraft], reader: Reader, read: _Read) -> dict[str, Any]:
    """Subjects with their legs and lines, and codes: a report of which one is not there is held."""
    known = SubjectsRead(
        by_reference=read.subjects, entries=read.entries, entered=read.entered, identified=read.identified
    )
    subjects = subjects_named({draft.subject for draft in drafts}, reader, read=known)
    ids = {subject.pk for subject in subjects.values()}
    codes = _foreign_codes(drafts)
    return {
        "subjects": subjects,
        "legs": _legs(drafts, ids, known, read.legs, reader),
        "lines": _parts(Line, ids, reader) if any(draft.line for draft in drafts) else {},
        "mappings": {(each.scheme, each.code): each for each in read.meanings if (each.scheme, each.code) in codes},
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


def _attributes(named: set[str], read: Sequence[AttributeRow]) -> dict[str, AttributeRow]:
    """Attributes by name: those that are ``named``, or all, to choose from, where one of these is none."""
    if len(read) < len(named):
        read = [AttributeRow._make(row) for row in Attribute.objects.values_list(*AttributeRow._fields)]
    return {each.name: each for each in read}


@prepared
def _attributes_named(_: Reader) -> QuerySet:
    return Attribute.objects.order_by().filter(IsAny("name", slot("attributes"))).values(*AttributeRow._fields)


@prepared
def _meanings(_: Reader) -> QuerySet:
    """What codes of the slots ``code_schemes`` and ``codes`` were said to mean, the earliest first."""
    rows = CodeMapping.objects.filter(IsAny("scheme", slot("code_schemes")), IsAny("code", slot("codes")))
    return rows.order_by("recorded_at", "pk").values(*Meaning._fields)


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


def _legs(
    drafts: Sequence[ReportDraft], ids: set[UUID], known: SubjectsRead, read: Sequence[LegRow], reader: Reader
) -> dict[tuple[UUID, str], int]:
    """The legs of subjects; ``read`` are those of what is ``known``, which leaves out what that was merged into."""
    if not any(draft.leg for draft in drafts):
        return {}
    legs = {(leg.shipment_id, leg.key): leg.id for leg in read}
    rest = ids.difference(row.pk for rows in (known.by_reference, known.entered, known.identified) for row in rows)
    return legs | _parts(Leg, rest, reader) if rest else legs


@prepared
def _legs_named(reader: Reader) -> QuerySet:
    """The legs of all that is named: whether their shipments may be seen is told by these."""
    return Leg.objects.order_by().filter(IsAny("shipment_id", ids_named(reader))).values("shipment_id", "key", "pk")


def _parts(model: type[Leg] | type[Line], ids: Iterable[UUID], reader: Reader) -> dict[tuple[UUID, str], int]:
    """The keys of legs or lines by their shipment and the name that reports use."""
    rows = _parts_of(reader, model).tuples(reader, ids=list(ids))
    return {(shipment_id, key): pk for shipment_id, key, pk in rows}


@prepared
def _parts_of(reader: Reader, model: type[Leg] | type[Line]) -> QuerySet:
    rows = model._default_manager.order_by().filter(IsAny("shipment_id", slot("ids")))
    return rows.values("shipment_id", "key", "pk")
