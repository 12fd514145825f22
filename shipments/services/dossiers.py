"""Everything that was said about a subject, read from the database and handed to the reconciler.

A batch of subjects costs a fixed number of queries. What binds a held report (an attachment, a
code mapping) or colours one (an interest) was recorded at a moment of its own: the evidence is
built as it stood at a moment, and ``turns`` tells the moments at which it stood differently.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models.functions import Coalesce

from actors.models import SourceInterest, SourceRating
from shipments.models import Attachment, CodeMapping, Decision, Leg, Line, Report, ReportLink, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.reconciliation.model import Citation, Evidence, LegPlan, Rating, SubjectPlan, Target
from shipments.reconciliation.vocabulary import Grade, LegRole, SubjectKind
from shipments.services.parties import Parties, parties_of
from shipments.services.rules import Rules, micros
from shipments.services.translating import citation_of, key_of, report_of

REPORT_COLUMNS = (
    *("id", "reference", "subject_id", "source_id", "source__code", "event_id", "content_hash", "ordinal"),
    *("kind", "marking", "leg_said", "leg__key", "line_said", "line__key", "place__code", "place_said"),
    *(
        "code_scheme",
        "code_said",
        "code_is_known",
        "milestone",
        "flags",
        "facts",
        "polarity",
        "time_class",
        "directness",
    ),
    *("hedge", "credibility", "interested", "occurred_from", "occurred_to", "occurred_precision"),
    *("asserted_at", "received_at"),
)


@dataclass(kw_only=True)
class Dossier:
    """The rows about one subject. Nothing here is filtered yet by reader or by moment."""

    subject_id: UUID
    kind: str
    marking: int
    version: int
    plan: SubjectPlan
    parties: Parties
    rules: Rules
    reports: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)

    @property
    def tiers(self) -> list[int]:
        """The tiers whose picture may differ: the subject's own, and each higher marking that occurs."""
        return sorted({self.marking} | {row["marking"] for row in self.reports if row["marking"] > self.marking})

    @property
    def turns(self) -> list[int]:
        """Moments at which the evidence itself stood differently, beside the arrival of reports.

        What was in force before the first report arrived turns nothing.
        """
        first = min((micros(row["received_at"]) for row in self.reports), default=0)
        bound = (each.recorded_at for row in self.reports for each in chain(row["attachments"], row["mappings"]))
        interests = (recorded_at for row in self.reports for _, recorded_at in row["interests"])
        contained = (recorded_at for *_, recorded_at in self.rules.containments)
        return sorted({turn for turn in chain(map(micros, bound), interests, contained) if turn > first})

    def evidence(self, *, readable: "Readable", as_of: int) -> Evidence:
        """The evidence that ``readable`` lets through, as it stood at ``as_of`` (core time)."""
        # What was passed on may be readable while its source's own word is not.
        hidden = {key_of(row) for row in self.reports if not readable(row)}
        hidden -= {key_of(row) for row in self.reports if readable(row)}
        kept = []
        citations: list[Citation] = []
        for row in self.reports:
            report = report_of(row, self.parties, self.subject_id, as_of=as_of) if readable(row) else None
            if report is not None:
                kept.append(report)
                # An edge to a report that these readers may not see would tell them of it.
                late = (link for link in row["links"] if link.is_late and link.target not in hidden)
                citations.extend(citation_of(report.key, link) for link in late)
        return Evidence(
            plan=self.plan,
            reports=tuple(kept),
            policies=self.rules.policies,
            lifecycle=LIFECYCLES.get(self.kind),
            leg_lifecycle=LEG if self.plan.legs else None,
            ratings=tuple(self.ratings),
            citations=tuple(citations),
            attributes=self.rules.attribute_rules(self.kind, as_of=as_of),
        )


class Readable:
    """Which reports a fold may use: those within a tier, and any others that are the reader's by name."""

    def __init__(self, tier: int, *, also: frozenset[UUID] = frozenset()) -> None:
        self.tier = tier
        self.also = also

    def __call__(self, row: dict[str, Any]) -> bool:
        return row["marking"] <= self.tier or row["id"] in self.also


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow from a report; no target: an origin that nobody named. ``is_late``: drawn afterwards."""

    kind: str
    target: Target | None
    recorded_at: datetime
    is_late: bool


def read_dossiers(subject_ids: Iterable[UUID], rules: Rules) -> dict[UUID, Dossier]:
    """The dossiers of subjects, by id. Twelve queries or so, however many subjects."""
    ids = sorted(subject_ids)
    subjects = Subject.objects.in_bulk(ids)
    parties = parties_of(subjects.values())
    plans = _plans(subjects, parties, rules)
    dossiers = {
        subject_id: Dossier(
            subject_id=subject_id,
            kind=subject.kind,
            marking=subject.marking,
            version=subject.version,
            plan=plans[subject_id],
            parties=parties[subject_id],
            rules=rules,
        )
        for subject_id, subject in subjects.items()
    }
    rows, attached = _reports(ids)
    _add_what_hangs_on(rows)
    ratings = _ratings({row["source_id"] for row in rows.values()})
    for row in rows.values():
        about = {row["subject_id"]} | attached[row["id"]]
        for subject_id in about & dossiers.keys():
            dossiers[subject_id].reports.append(row)
    for dossier in dossiers.values():
        sources = sorted({row["source__code"] for row in dossier.reports})
        dossier.ratings = [rating for code in sources for rating in ratings[code]]
    return dossiers


def _plans(subjects: dict[UUID, Subject], parties: dict[UUID, Parties], rules: Rules) -> dict[UUID, SubjectPlan]:
    legs: defaultdict[UUID, list[LegPlan]] = defaultdict(list)
    for shipment_id, key, sequence, role, destination in Leg.objects.filter(shipment_id__in=subjects).values_list(
        "shipment_id", "key", "sequence", "role", "destination__code"
    ):
        legs[shipment_id].append(LegPlan(key=key, sequence=sequence, role=LegRole(role), destination=destination))
    lines: defaultdict[UUID, list[str]] = defaultdict(list)
    for shipment_id, key in Line.objects.filter(shipment_id__in=subjects).values_list("shipment_id", "key"):
        lines[shipment_id].append(key)
    return {
        subject_id: SubjectPlan(
            key=subject.reference,
            kind=SubjectKind(subject.kind),
            legs=tuple(sorted(legs[subject_id], key=lambda leg: (leg.sequence, leg.key))),
            lines=tuple(sorted(lines[subject_id])),
            destination=parties[subject_id].destination or None,
            destination_holds=rules.holds(parties[subject_id].destination)
            if parties[subject_id].destination
            else frozenset(),
        )
        for subject_id, subject in subjects.items()
    }


def _reports(ids: Sequence[UUID]) -> tuple[dict[UUID, dict[str, Any]], defaultdict[UUID, set[UUID]]]:
    """Report rows by id, said of the subjects or attached to them, and which subjects each is attached to."""
    rows = {row["id"]: row for row in Report.objects.filter(subject_id__in=ids).values(*REPORT_COLUMNS)}
    attachments = Attachment.objects.filter(subject_id__in=ids).values_list("report_id", "subject_id")
    attached: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for report_id, subject_id in attachments:
        attached[report_id].add(subject_id)
    missing = attached.keys() - rows.keys()
    if missing:
        rows |= {row["id"]: row for row in Report.objects.filter(pk__in=missing).values(*REPORT_COLUMNS)}
    return rows, attached


def _add_what_hangs_on(rows: dict[UUID, dict[str, Any]]) -> None:
    """Give each report row its links, decision, attachments, mappings and its source's interests."""
    for row in rows.values():
        row |= {"links": [], "decision": None, "attachments": [], "mappings": [], "interests": []}
    links = ReportLink.objects.filter(report_id__in=rows).values_list(
        "report_id",
        "kind",
        "recorded_at",
        "target_source__code",
        "target_event_id",
        "target_report__source__code",
        "target_report__event_id",
        "target_report__content_hash",
        "target_report__ordinal",
    )
    for report_id, kind, recorded_at, source, event_id, its_source, its_event_id, its_hash, ordinal in links:
        target = Target(source, event_id) if source else None
        if its_source:
            target = Target(its_source, its_event_id, bytes(its_hash).hex(), ordinal)
        is_late = recorded_at > rows[report_id]["received_at"]
        rows[report_id]["links"].append(Link(kind, target, recorded_at, is_late))
    for decision in Decision.objects.filter(report_id__in=rows).select_related("author"):
        rows[decision.report_id]["decision"] = decision
    attachments = Attachment.objects.filter(report_id__in=rows).select_related("leg", "line").order_by("recorded_at")
    for attachment in attachments:
        rows[attachment.report_id]["attachments"].append(attachment)

    unmapped: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values():
        if not row["code_is_known"]:
            unmapped[row["code_scheme"], row["code_said"]].append(row)
    mappings = CodeMapping.objects.filter(
        scheme__in={scheme for scheme, _ in unmapped}, code__in={code for _, code in unmapped}
    ).order_by("recorded_at", "pk")
    for mapping in mappings if unmapped else ():
        for row in unmapped.get((mapping.scheme, mapping.code), ()):
            row["mappings"].append(mapping)

    interests = defaultdict(list)
    noted = SourceInterest.objects.filter(source_id__in={row["source_id"] for row in rows.values()})
    # An interest names its actor for good; plans name what that was merged into.
    noted = noted.annotate(in_whom=Coalesce("actor__merged_into", "actor"))
    for source_id, actor_id, recorded_at in noted.values_list("source_id", "in_whom", "recorded_at"):
        interests[source_id].append((actor_id, micros(recorded_at)))
    for row in rows.values():
        row["interests"] = interests[row["source_id"]]


def _ratings(source_ids: set[UUID]) -> defaultdict[str, list[Rating]]:
    ratings: defaultdict[str, list[Rating]] = defaultdict(list)
    rows = SourceRating.objects.filter(source_id__in=source_ids).order_by("source__code", "valid_from", "recorded_at")
    for code, grade, topic, valid_from, recorded_at in rows.values_list(
        "source__code", "grade", "topic", "valid_from", "recorded_at"
    ):
        ratings[code].append(
            Rating(
                source=code,
                grade=Grade(grade),
                topic=topic or None,
                valid_from=micros(valid_from),
                recorded_at=micros(recorded_at),
            )
        )
    return ratings
