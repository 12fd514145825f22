"""Find what drafts speak of: sources, subjects, legs, places, codes. A fixed number of queries for a batch.

What the sender may not see is not found, in the same words as what does not exist. An unknown
subject, leg or foreign code is no fault: the report is kept and held until an analyst binds it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from actors.access import Reader
from actors.marking import Marking
from actors.models import PartnerKey, Source
from actors.wording import did_you_mean
from shipments.intake.draft import Problem, ReportDraft
from shipments.models import Attribute, CodeMapping, Document, Leg, Line, Report, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.services.naming import places_named, subjects_named

OWN_SCHEME = "aidtracker"
JSON = msgspec.json.Encoder()


MARKINGS = {marking.code: int(marking) for marking in Marking}

# The columns of a report that a draft and what was found for it give, in the order of ``Resolved.columns``.
RESOLVED_COLUMNS = (
    *("source_id", "event_id", "document_id", "kind", "marking", "subject_said", "subject_id", "leg_said", "leg_id"),
    *("line_said", "line_id", "place_said", "place_id", "code_scheme", "code_said", "code_is_known", "milestone"),
    *("flags", "facts", "polarity", "time_class", "directness", "hedge", "credibility", "interested"),
    *("occurred_from", "occurred_to", "occurred_precision", "asserted_at", "attributed_to_id", "relayed_by_id"),
)


class Resolved(msgspec.Struct, kw_only=True):
    """A draft with what was found for it. ``problems`` not empty: nothing else here may be used."""

    position: int
    draft: ReportDraft
    # Of every source that anything in the batch names.
    source_ids: dict[str, UUID]
    problems: list[Problem] = []
    columns: tuple[Any, ...] = ()
    relayed_by: UUID | None = None
    marking: int = 0
    subject_id: UUID | None = None
    subject_reference: str = ""
    subject_marking: int = 0
    is_held: bool = False


@dataclass(kw_only=True)
class Lookups:
    """Everything a batch of drafts can refer to, by the words the drafts use."""

    sources: dict[str, "Speaker"]
    subjects: dict[str, Subject]
    legs: dict[tuple[UUID, str], int]
    lines: dict[tuple[UUID, str], int]
    places: dict[str, UUID]
    documents: dict[str, UUID]
    attributes: dict[str, Attribute]
    mappings: dict[tuple[str, str], CodeMapping]


class Speaker(NamedTuple):
    """A source, and whom it speaks for."""

    id: UUID
    actor_id: UUID | None


def resolve(drafts: Sequence[ReportDraft], reader: Reader, *, key: PartnerKey | None) -> list[Resolved]:
    """Each draft, in order, with what it refers to or with every problem found."""
    found = look_up(drafts, reader)
    source_ids = {code: speaker.id for code, speaker in found.sources.items()}
    return [
        _resolve(Resolved(position=position, draft=draft, source_ids=source_ids), found, key)
        for position, draft in enumerate(drafts)
    ]


def look_up(drafts: Iterable[ReportDraft], reader: Reader) -> Lookups:
    """Read what ``drafts`` refer to and ``reader`` may see."""
    drafts = list(drafts)
    codes = {code for draft in drafts for code in _source_codes(draft)}
    said = {draft.subject for draft in drafts}
    subjects = subjects_named(said, reader)
    ids = {subject.pk for subject in subjects.values()}
    schemes = {(draft.code_scheme, draft.code) for draft in drafts if draft.code_scheme != OWN_SCHEME and draft.code}
    mappings = CodeMapping.objects.filter(
        scheme__in={scheme for scheme, _ in schemes}, code__in={code for _, code in schemes}
    ).order_by("recorded_at")
    return Lookups(
        # Whom a protected source is not named to, they cannot find it by citing either.
        sources={
            code: Speaker(pk, actor_id)
            for code, pk, actor_id in Source.objects.named_to(reader)
            .filter(code__in=codes)
            .values_list("code", "pk", "actor_id")
        },
        subjects=subjects,
        legs=_parts(Leg, ids) if any(draft.leg for draft in drafts) else {},
        lines=_parts(Line, ids) if any(draft.line for draft in drafts) else {},
        places={
            name: place.pk for name, place in places_named({draft.place for draft in drafts} - {""}, reader).items()
        },
        documents=_documents({draft.document for draft in drafts if draft.document}, reader),
        attributes={each.name: each for each in Attribute.objects.all()}
        if any(draft.facts for draft in drafts)
        else {},
        mappings={(mapping.scheme, mapping.code): mapping for mapping in mappings},
    )


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


def _parts(model: type[Leg] | type[Line], ids: set[UUID]) -> dict[tuple[UUID, str], int]:
    """The keys of legs or lines by their shipment and the name that reports use."""
    rows = model._default_manager.filter(shipment_id__in=ids).order_by()
    return {(shipment_id, key): pk for shipment_id, key, pk in rows.values_list("shipment_id", "key", "pk")}


def _source_codes(draft: ReportDraft) -> set[str]:
    codes = {draft.source}
    if draft.attributed_to:
        codes.add(draft.attributed_to)
    if draft.cites:
        codes.update([cited.source for cited in draft.cites if cited.source])
    if draft.target and draft.target.source:
        codes.add(draft.target.source)
    return codes


def _resolve(each: Resolved, found: Lookups, key: PartnerKey | None) -> Resolved:
    draft = each.draft
    _check_sources(each, found, key)
    if draft.facts:
        each.problems.extend(fact_problems(draft, found.attributes))
    if draft.document and draft.document not in found.documents:
        detail = "No document, or more than one, goes by this; name it by its reference."
        each.problems.append(Problem(code="not_found", pointer="/document", detail=detail))

    subject = found.subjects.get(draft.subject)
    leg = found.legs.get((subject.pk, draft.leg)) if subject and draft.leg else None
    line = found.lines.get((subject.pk, draft.line)) if subject and draft.line else None
    code_is_known, milestone, flags, time_class = _meaning(each, found, subject)
    if each.problems:
        return each
    each.relayed_by = key.actor_id if key and key.actor_id != found.sources[draft.source].actor_id else None
    each.is_held = bool(
        subject is None or (draft.leg and leg is None) or (draft.line and line is None) or not code_is_known
    )
    each.marking = MARKINGS[draft.marking]
    if subject:
        each.subject_id, each.subject_reference, each.subject_marking = subject.pk, subject.reference, subject.marking
    occurred = draft.occurred
    each.columns = (
        each.source_ids[draft.source],
        draft.event_id,
        found.documents.get(draft.document) if draft.document else None,
        str(draft.kind),
        each.marking,
        draft.subject,
        each.subject_id,
        draft.leg,
        leg,
        draft.line,
        line,
        draft.place,
        found.places.get(draft.place),
        draft.code_scheme if draft.code else "",
        draft.code,
        code_is_known,
        milestone,
        JSON.encode(flags).decode() if flags else "{}",
        JSON.encode([_fact_json(fact) for fact in draft.facts]).decode() if draft.facts else "[]",
        str(draft.polarity),
        time_class,
        str(draft.directness),
        str(draft.hedge),
        draft.credibility,
        draft.interested,
        occurred.earliest if occurred else None,
        occurred.latest if occurred else None,
        str(occurred.precision if occurred else Report.Precision.UNKNOWN),
        draft.asserted_at,
        each.source_ids.get(draft.attributed_to),
        each.relayed_by,
    )
    return each


def _check_sources(each: Resolved, found: Lookups, key: PartnerKey | None) -> None:
    draft = each.draft
    if not _source_codes(draft) <= found.sources.keys():
        pointers = {"/source": draft.source, "/attributed_to": draft.attributed_to}
        pointers |= {f"/cites/{n}/source": cited.source for n, cited in enumerate(draft.cites)}
        if draft.target:
            pointers["/target/source"] = draft.target.source
        for pointer, code in pointers.items():
            if code and code not in found.sources:
                each.problems.append(Problem(code="not_found", pointer=pointer, detail=f"No such source: {code[:64]}."))
    source = found.sources.get(draft.source)
    if key and source and source.actor_id != key.actor_id and PartnerKey.Scope.REPORTS_RELAY not in key.scopes:
        detail = "This key reports for its own organisation; to pass on what others said it needs reports:relay."
        each.problems.append(Problem(code="insufficient_scope", pointer="/source", detail=detail))


def fact_problems(draft: ReportDraft, attributes: Mapping[str, Attribute]) -> Iterator[Problem]:
    """A fact needs a registered attribute and a value of that attribute's type."""
    for n, fact in enumerate(draft.facts):
        attribute = attributes.get(fact.attribute)
        if attribute is None:
            detail = f"No such attribute: {fact.attribute[:64]}." + did_you_mean(fact.attribute, attributes)
            yield Problem(code="unknown_attribute", pointer=f"/facts/{n}/attribute", detail=detail)
            continue
        needed = VALUE_FORM[attribute.type]
        if needed not in fact.value:
            detail = f"{attribute.name} is a {attribute.type}: its value needs {needed!r}."
            yield Problem(code="wrong_type", pointer=f"/facts/{n}/value", detail=detail)
        elif attribute.codes and fact.value["code"] not in attribute.codes:
            detail = f"Not a code of {attribute.name}." + did_you_mean(fact.value["code"], attribute.codes)
            yield Problem(code="unknown_code", pointer=f"/facts/{n}/value/code", detail=detail)
        elif attribute.units and fact.value["unit"] not in attribute.units:
            detail = f"{attribute.name} is given in {', '.join(attribute.units)}."
            yield Problem(code="wrong_unit", pointer=f"/facts/{n}/value/unit", detail=detail)


VALUE_FORM: dict[str, str] = {
    Attribute.Type.TEXT: "text",
    Attribute.Type.CODE: "code",
    Attribute.Type.TIME: "from",
    Attribute.Type.QUANTITY: "unit",
    Attribute.Type.MONEY: "currency",
    Attribute.Type.PLACE: "place",
    Attribute.Type.ACTOR: "actor",
}


def _meaning(each: Resolved, found: Lookups, subject: Subject | None) -> tuple[bool, str, dict[str, bool], str]:
    """What the draft's code means for us: whether it is known, milestone, flags, time class. Unknown stays unknown."""
    draft = each.draft
    flags, time_class = draft.flags, str(draft.time_class)
    if not draft.code:
        return True, "", flags, time_class
    if draft.code_scheme == OWN_SCHEME:
        known = _milestones(subject.kind if subject else "", is_leg=bool(draft.leg))
        if draft.code not in known:
            detail = f"Not a milestone here: {draft.code[:64]}." + did_you_mean(draft.code, known)
            each.problems.append(Problem(code="unknown_code", pointer="/code", detail=detail))
        return True, draft.code, flags, time_class
    mapping = found.mappings.get((draft.code_scheme, draft.code))
    if mapping is None:
        return False, "", flags, time_class
    if mapping.flag:
        flags = flags | {mapping.flag: mapping.flag_is_set}
    return True, mapping.milestone, flags, mapping.time_class or time_class


@cache
def _milestones(kind: str, *, is_leg: bool) -> frozenset[str]:
    """The milestones that fit: of a leg, of the subject's kind, or of any kind while the subject is not known."""
    if is_leg:
        return frozenset(milestone.name for milestone in LEG.milestones)
    kinds = [kind] if kind else LIFECYCLES
    return frozenset(
        milestone.name for each in kinds if each in LIFECYCLES for milestone in LIFECYCLES[each].milestones
    )


def _fact_json(fact: Any) -> dict[str, Any]:
    said = {"attribute": fact.attribute, "value": fact.value, "leg": fact.leg, "line": fact.line}
    return {
        **{name: value for name, value in said.items() if value},
        **({"as_of": fact.as_of.isoformat()} if fact.as_of else {}),
    }
