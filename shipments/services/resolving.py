"""Tell what drafts speak of: sources, subjects, legs, places, codes, as they were looked up for the batch.

What the sender may not see is not found, in the same words as what does not exist. An unknown
subject, leg or foreign code is no fault: the report is kept and held until an analyst binds it.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from actors.marking import Marking
from actors.models import PartnerKey
from actors.wording import advice
from shipments.intake.draft import Problem, ReportDraft
from shipments.models import Report, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.services.fitting import fact_problems, part_problems
from shipments.services.looking_up import OWN_SCHEME, Lookups, other_sources
from shipments.services.naming_queries import SubjectRow

# The words of a report that may lead nowhere yet; while one of HOLDING does, the report moves nothing.
WORDS = ("subject", "leg", "line", "code", "place", "target")
HOLDING = frozenset({"subject", "leg", "line", "code"})
JSON = msgspec.json.Encoder()
SHIPMENT = Subject.Kind.SHIPMENT.value

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
    # Its own words that lead nowhere yet; where one of HOLDING is among them, it is held.
    unknown: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether it moves nothing until an analyst says what is meant."""
        return bool(self.unknown) and not HOLDING.isdisjoint(self.unknown)


def resolve(drafts: Sequence[ReportDraft], found: Lookups, *, key: PartnerKey | None) -> list[Resolved]:
    """Each draft, in order, with what was ``found`` for it or with every problem."""
    source_ids = {code: speaker.id for code, speaker in found.sources.items()}
    sender_id = key.actor_id if key else None
    may_relay = key is None or PartnerKey.Scope.REPORTS_RELAY in key.scopes
    return [
        _resolve(Resolved(position=position, draft=draft, source_ids=source_ids), found, sender_id, may_relay=may_relay)
        for position, draft in enumerate(drafts)
    ]


def _resolve(each: Resolved, found: Lookups, sender_id: UUID | None, *, may_relay: bool) -> Resolved:
    draft = each.draft
    subject, source = found.subjects.get(draft.subject), found.sources.get(draft.source)
    is_own = sender_id is None or source is None or source.actor_id == sender_id
    if source is None or not found.sources.keys() >= other_sources(draft):
        each.problems.extend(_source_problems(draft, found))
    if not (is_own or may_relay):
        detail = "This key reports for its own organisation; to pass on what others said it needs reports:relay."
        each.problems.append(Problem(code="insufficient_scope", pointer="/source", detail=detail))
    if draft.facts:
        each.problems.extend(fact_problems(draft, found.attributes, kind=subject.kind if subject else ""))
    if subject and subject.kind != SHIPMENT:
        each.problems.extend(part_problems(draft, kind=subject.kind))
    if draft.document and draft.document not in found.documents:
        detail = "No document goes by this (enter it first: POST /documents/), or more than one: give its reference."
        each.problems.append(Problem(code="not_found", pointer="/document", detail=detail))
    leg = found.legs.get((subject.pk, draft.leg)) if subject and draft.leg else None
    line = found.lines.get((subject.pk, draft.line)) if subject and draft.line else None
    code_is_known, milestone, flags, time_class = _meaning(each, found, subject)
    if each.problems:
        return each
    each.relayed_by = None if is_own else sender_id
    there = (
        subject,
        leg or not draft.leg,
        line or not draft.line,
        code_is_known,
        not draft.place or draft.place in found.places,
        not draft.target or draft.target in found.targets,
    )
    if not all(there):
        each.unknown = tuple(word for word, row in zip(WORDS, there, strict=True) if not row)
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


def _source_problems(draft: ReportDraft, found: Lookups) -> Iterator[Problem]:
    pointers = {"/source": draft.source, "/attributed_to": draft.attributed_to}
    pointers |= {f"/cites/{n}/source": cited.source for n, cited in enumerate(draft.cites)}
    if draft.target:
        pointers["/target/source"] = draft.target.source
    for pointer, code in pointers.items():
        if code and code not in found.sources:
            yield Problem(
                code="not_found", pointer=pointer, detail=f"No such source: {code[:64]}. Name it by its code."
            )


def _meaning(each: Resolved, found: Lookups, subject: SubjectRow | None) -> tuple[bool, str, dict[str, bool], str]:
    """What the draft's code means for us: whether it is known, milestone, flags, time class. Unknown stays unknown."""
    draft = each.draft
    flags, time_class = draft.flags, str(draft.time_class)
    if not draft.code:
        return True, "", flags, time_class
    if draft.code_scheme == OWN_SCHEME:
        known = _milestones(subject.kind if subject else "", is_leg=bool(draft.leg))
        if draft.code not in known:
            detail = f"Not a milestone here: {draft.code[:64]}." + advice(draft.code, known)
            each.problems.append(Problem(code="unknown_code", pointer="/code", detail=detail))
        return True, draft.code, flags, time_class
    mapping = found.mappings.get((draft.code_scheme, draft.code))
    if mapping is None:
        return False, "", flags, time_class
    if mapping.flag:
        flags = flags | {mapping.flag: mapping.flag_is_set}
    return True, mapping.milestone, flags, mapping.time_class or time_class


@cache
def _milestones(kind: str, *, is_leg: bool) -> tuple[str, ...]:
    """The milestones that fit: of a leg, of the subject's kind, or of any kind while the subject is not known."""
    if is_leg:
        return tuple(milestone.name for milestone in LEG.milestones)
    kinds = [kind] if kind else LIFECYCLES
    names = (milestone.name for each in kinds if each in LIFECYCLES for milestone in LIFECYCLES[each].milestones)
    return tuple(dict.fromkeys(names))


def _fact_json(fact: Any) -> dict[str, Any]:
    said = {"attribute": fact.attribute, "value": fact.value, "leg": fact.leg, "line": fact.line}
    return {
        **{name: value for name, value in said.items() if value},
        **({"as_of": fact.as_of.isoformat()} if fact.as_of else {}),
    }
