"""Find what drafts speak of: sources, subjects, legs, places, codes. A fixed number of queries for a batch.

What the sender may not see is not found, in the same words as what does not exist. An unknown
subject, leg or foreign code is no fault: the report is kept and held until an analyst binds it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from actors.access import Reader
from actors.marking import Marking
from actors.models import PartnerKey, Source
from actors.wording import did_you_mean
from shipments.intake.draft import Occurred, Problem, ReportDraft
from shipments.models import Attribute, CodeMapping, Document, Leg, Line, Report, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.services.naming import places_named, subjects_named

OWN_SCHEME = "aidtracker"


@dataclass(kw_only=True)
class Resolved:
    """A draft with what was found for it. ``problems`` not empty: nothing else here may be used."""

    position: int
    draft: ReportDraft
    problems: list[Problem] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    source_ids: dict[str, UUID] = field(default_factory=dict)
    subject_id: UUID | None = None
    subject_reference: str = ""
    subject_marking: int = 0
    is_held: bool = False

    @property
    def payload_hash(self) -> bytes:
        """SHA-256 of what policy may erase, so that an erased payload can still be proven."""
        text = json.dumps([self.draft.quote, self.draft.raw], sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).digest()


@dataclass(kw_only=True)
class Lookups:
    """Everything a batch of drafts can refer to, by the words the drafts use."""

    sources: dict[str, Source]
    subjects: dict[str, Subject]
    legs: dict[tuple[UUID, str], Leg]
    lines: dict[tuple[UUID, str], Line]
    places: dict[str, UUID]
    documents: dict[str, UUID]
    attributes: dict[str, Attribute]
    mappings: dict[tuple[str, str], CodeMapping]


def resolve(drafts: Sequence[ReportDraft], reader: Reader, *, key: PartnerKey | None) -> list[Resolved]:
    """Each draft, in order, with what it refers to or with every problem found."""
    found = look_up(drafts, reader)
    return [_resolve(position, draft, found, key) for position, draft in enumerate(drafts)]


def look_up(drafts: Iterable[ReportDraft], reader: Reader) -> Lookups:
    """Read what ``drafts`` refer to and ``reader`` may see."""
    drafts = list(drafts)
    codes = {code for draft in drafts for code in _source_codes(draft)}
    said = {draft.subject for draft in drafts}
    subjects = subjects_named(said, reader)
    ids = {subject.pk for subject in subjects.values()}
    documents = Document.objects.visible_to(reader)
    named = {draft.document for draft in drafts if draft.document}
    schemes = {(draft.code_scheme, draft.code) for draft in drafts if draft.code_scheme != OWN_SCHEME and draft.code}
    mappings = CodeMapping.objects.filter(
        scheme__in={scheme for scheme, _ in schemes}, code__in={code for _, code in schemes}
    ).order_by("recorded_at")
    return Lookups(
        # Whom a protected source is not named to, they cannot find it by citing either.
        sources={source.code: source for source in Source.objects.named_to(reader).filter(code__in=codes)},
        subjects=subjects,
        legs={(leg.shipment_id, leg.key): leg for leg in Leg.objects.filter(shipment_id__in=ids)},
        lines={(line.shipment_id, line.key): line for line in Line.objects.filter(shipment_id__in=ids)},
        places={
            name: place.pk for name, place in places_named({draft.place for draft in drafts} - {""}, reader).items()
        },
        documents=dict(documents.filter(reference__in=named).values_list("reference", "pk"))
        | dict(documents.filter(key__in=named).values_list("key", "pk")),
        attributes={each.name: each for each in Attribute.objects.all()}
        if any(draft.facts for draft in drafts)
        else {},
        mappings={(mapping.scheme, mapping.code): mapping for mapping in mappings},
    )


def _source_codes(draft: ReportDraft) -> set[str]:
    pointers = [*draft.cites, *([draft.target] if draft.target else [])]
    return {draft.source, draft.attributed_to, *(pointer.source for pointer in pointers)} - {""}


def _resolve(position: int, draft: ReportDraft, found: Lookups, key: PartnerKey | None) -> Resolved:
    each = Resolved(position=position, draft=draft)
    _check_sources(each, found, key)
    each.problems.extend(fact_problems(draft, found.attributes))
    if draft.document and draft.document not in found.documents:
        each.problems.append(Problem(code="not_found", pointer="/document", detail="No such document."))

    subject = found.subjects.get(draft.subject)
    leg = found.legs.get((subject.pk, draft.leg)) if subject else None
    line = found.lines.get((subject.pk, draft.line)) if subject else None
    meaning = _meaning(each, found, subject)
    if each.problems:
        return each
    each.source_ids = {code: found.sources[code].pk for code in _source_codes(draft)}
    each.is_held = bool(
        subject is None or (draft.leg and leg is None) or (draft.line and line is None) or not meaning["code_is_known"]
    )
    if subject:
        each.subject_id, each.subject_reference, each.subject_marking = subject.pk, subject.reference, subject.marking
    each.columns = {
        "source": found.sources[draft.source],
        "subject_said": draft.subject,
        "subject": subject,
        "leg_said": draft.leg,
        "leg": leg,
        "line_said": draft.line,
        "line": line,
        "place_said": draft.place,
        "place_id": found.places.get(draft.place),
        "code_scheme": draft.code_scheme if draft.code else "",
        "code_said": draft.code,
        **meaning,
        "facts": [_fact_json(fact) for fact in draft.facts],
        "kind": draft.kind,
        "polarity": draft.polarity,
        "directness": draft.directness,
        "hedge": draft.hedge,
        "credibility": draft.credibility,
        "interested": draft.interested,
        **_occurred(draft.occurred),
        "asserted_at": draft.asserted_at,
        "attributed_to_id": each.source_ids.get(draft.attributed_to),
        "document_id": found.documents.get(draft.document),
        "marking": Marking.from_code(draft.marking),
    }
    return each


def _check_sources(each: Resolved, found: Lookups, key: PartnerKey | None) -> None:
    draft = each.draft
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


def _meaning(each: Resolved, found: Lookups, subject: Subject | None) -> dict[str, Any]:
    """The columns that say what the draft's code means for us; an unknown foreign code stays unknown."""
    draft = each.draft
    said = {"code_is_known": True, "milestone": "", "flags": draft.flags, "time_class": draft.time_class}
    if not draft.code:
        return said
    if draft.code_scheme == OWN_SCHEME:
        known = _milestones(subject, is_leg=bool(draft.leg))
        if draft.code not in known:
            detail = f"Not a milestone here: {draft.code[:64]}." + did_you_mean(draft.code, known)
            each.problems.append(Problem(code="unknown_code", pointer="/code", detail=detail))
        return said | {"milestone": draft.code}
    mapping = found.mappings.get((draft.code_scheme, draft.code))
    if mapping is None:
        return said | {"code_is_known": False}
    return said | {
        "milestone": mapping.milestone,
        "flags": draft.flags | ({mapping.flag: mapping.flag_is_set} if mapping.flag else {}),
        "time_class": mapping.time_class or draft.time_class,
    }


def _milestones(subject: Subject | None, *, is_leg: bool) -> set[str]:
    """The milestones that fit: of a leg, of the subject's kind, or of any kind while the subject is not known."""
    if is_leg:
        return {milestone.name for milestone in LEG.milestones}
    kinds = [subject.kind] if subject else LIFECYCLES
    return {milestone.name for kind in kinds if kind in LIFECYCLES for milestone in LIFECYCLES[kind].milestones}


def _occurred(occurred: Occurred | None) -> dict[str, Any]:
    if occurred is None:
        return {"occurred_precision": Report.Precision.UNKNOWN}
    return {
        "occurred_from": occurred.earliest,
        "occurred_to": occurred.latest,
        "occurred_precision": occurred.precision,
    }


def _fact_json(fact: Any) -> dict[str, Any]:
    said = {"attribute": fact.attribute, "value": fact.value, "leg": fact.leg, "line": fact.line}
    return {
        **{name: value for name, value in said.items() if value},
        **({"as_of": fact.as_of.isoformat()} if fact.as_of else {}),
    }
