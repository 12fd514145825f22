"""Everything that was said about a subject, read from the database and handed to the reconciler.

A batch of subjects costs a fixed number of queries. What binds a held report (an attachment, a
code mapping) or colours one (an interest) has a moment of its own. So evidence is built as it stood
at a moment, and ``turns`` are the moments at which it changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from uuid import UUID

from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.reconciliation.model import Evidence, LegPlan, Rating, Report, ReportKey, SubjectPlan
from shipments.reconciliation.vocabulary import Grade, LegRole, SubjectKind
from shipments.services import loading
from shipments.services.loading import InterestRow, MappingRow, SubjectRow
from shipments.services.parties import Parties, parties_of
from shipments.services.rules import Rules
from shipments.services.translating import Link, Statement, citation_of, report_of, statement_of


@dataclass(kw_only=True)
class Dossier:
    """What there is about one subject. Nothing here is filtered yet by reader or by moment."""

    subject_id: UUID
    key: str  # the same as text, as what was read of it names it
    kind: str
    marking: int
    version: int
    is_merged: bool
    plan: SubjectPlan
    parties: Parties
    rules: Rules
    reports: list[Statement] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)

    @property
    def tiers(self) -> list[int]:
        """The tiers whose picture may differ: the subject's own, and each higher marking that occurs."""
        return sorted({self.marking} | {said.row.marking for said in self.reports if said.row.marking > self.marking})

    @property
    def has_strays(self) -> bool:
        """Whether something is about it that should be about what it was merged into."""
        return self.is_merged and any(said.subject_by_now == self.key for said in self.reports)

    @cached_property
    def turns(self) -> list[int]:
        """Moments at which the evidence itself stood differently, beside the arrival of reports.

        What was in force before the first report arrived turns nothing.
        """
        first = min([said.row.received_at for said in self.reports], default=0)
        hung = chain.from_iterable([said.turns for said in self.reports])
        return sorted({turn for turn in chain(hung, self.rules.turns) if turn > first})

    def evidence(self, *, readable: "Readable", as_of: int) -> Evidence:
        """The evidence that ``readable`` lets through, as it stood at ``as_of`` (core time)."""
        seen = [said for said in self.reports if readable(said)]
        reports: list[Report] = []
        late: list[tuple[ReportKey, Link]] = []
        for said in seen:
            report = report_of(said, self.parties, self.key, as_of=as_of)
            if report is not None:
                reports.append(report)
                if said.links:
                    late += [(report.key, link) for link in said.links if link.is_late]
        # An edge to a report that these readers may not see would tell them of it; what was passed on may be
        # readable while its source's own word is not.
        hidden = {said.key for said in self.reports} - {said.key for said in seen} if late else ()
        citations = [citation_of(key, link) for key, link in late if link.target not in hidden]
        return Evidence(
            plan=self.plan,
            reports=tuple(reports),
            policies=self.rules.policies,
            lifecycle=LIFECYCLES.get(self.kind),
            leg_lifecycle=LEG if self.plan.legs else None,
            ratings=tuple(self.ratings),
            citations=tuple(citations),
            attributes=self.rules.attribute_rules(self.kind, as_of=as_of),
        )


class Readable:
    """Which reports a fold may use: those within a tier, and any others that are the reader's by name."""

    def __init__(self, tier: int, *, also: frozenset[str] = frozenset()) -> None:
        self.tier = tier
        self.also = also

    def __call__(self, said: Statement) -> bool:
        return said.row.marking <= self.tier or said.row.id in self.also


def read_dossiers(subject_ids: Iterable[UUID], rules: Rules) -> dict[UUID, Dossier]:
    """The dossiers of subjects, by id. Seven queries, and two that are seldom needed, however many subjects."""
    subjects = loading.read_subjects(sorted(subject_ids))
    parties = parties_of({subject.id: subject.kind for subject in subjects})
    dossiers = {
        str(subject.id): Dossier(
            subject_id=subject.id,
            key=str(subject.id),
            kind=subject.kind,
            marking=subject.marking,
            version=subject.version,
            is_merged=subject.is_merged,
            plan=_plan(subject, rules),
            parties=parties[subject.id],
            rules=rules,
        )
        for subject in subjects
    }
    about: defaultdict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        for report_id in subject.attached or ():
            about[report_id].add(str(subject.id))
    for said in _statements(dossiers, about):
        for key in {said.row.subject_id, *about.get(said.row.id, ())}:
            if key in dossiers:
                dossiers[key].reports.append(said)
    sources = [{source for said in each.reports for source in said.sources} for each in dossiers.values()]
    ratings = _ratings(set().union(*sources))
    for dossier, heard in zip(dossiers.values(), sources, strict=True):
        dossier.ratings = [rating for source in sorted(heard) for rating in ratings[source]]
    return {dossier.subject_id: dossier for dossier in dossiers.values()}


def _plan(subject: SubjectRow, rules: Rules) -> SubjectPlan:
    legs = [
        LegPlan(key=key, sequence=sequence, role=LegRole(role), destination=destination)
        for key, sequence, role, destination in subject.legs or ()
    ]
    return SubjectPlan(
        key=subject.reference,
        kind=SubjectKind(subject.kind),
        legs=tuple(sorted(legs, key=lambda leg: (leg.sequence, leg.key))),
        lines=tuple(sorted(subject.lines or ())),
        destination=subject.destination,
        destination_holds=rules.holds(subject.destination) if subject.destination else frozenset(),
    )


def _statements(subject_ids: Collection[str], attached: Collection[str]) -> list[Statement]:
    """What was said of the subjects or attached to them, with all that hangs on it."""
    found = {row.id: statement_of(row) for row in loading.read_reports(subject_ids, attached)}
    for link in loading.read_links(found):
        found[link.report_id].add_link(link)
    for attachment in loading.read_attachments(found):
        found[attachment.report_id].attachments.append(attachment)
    for decision in loading.read_decisions([each.row.id for each in found.values() if each.row.kind == "decide"]):
        found[decision.report_id].decision = decision
    unknown = [each for each in found.values() if not each.row.code_is_known]
    mappings: defaultdict[tuple[str, str], list[MappingRow]] = defaultdict(list)
    for mapping in loading.read_mappings({(each.row.code_scheme, each.row.code_said) for each in unknown}):
        mappings[mapping.scheme, mapping.code].append(mapping)
    for each in unknown:
        each.mappings = mappings[each.row.code_scheme, each.row.code_said]
    interests: defaultdict[str, list[InterestRow]] = defaultdict(list)
    for interest in loading.read_interests({each.row.source for each in found.values()}):
        interests[interest.source].append(interest)
    for each in found.values():
        each.interests = interests[each.row.source]
    return list(found.values())


def _ratings(sources: set[str]) -> defaultdict[str, list[Rating]]:
    ratings: defaultdict[str, list[Rating]] = defaultdict(list)
    for row in loading.read_ratings(sources):
        ratings[row.source].append(
            Rating(
                source=row.source,
                grade=Grade(row.grade),
                topic=row.topic or None,
                valid_from=row.valid_from,
                recorded_at=row.recorded_at,
            )
        )
    return ratings
