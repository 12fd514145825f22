"""What was said, stored as the service stores it, without marking anything due.

To have a report reconciled, send a draft through ``services.recording.record`` instead.
"""

from datetime import timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from actors.factories import NOON, SourceFactory, UserFactory, numbered_reference
from actors.identifiers import reference_of
from actors.marking import Marking
from actors.models import Source
from shipments.factories.subjects import ShipmentFactory
from shipments.intake.canonical import content_hash, key_digest
from shipments.intake.draft import FactDraft, Occurred, ReportDraft
from shipments.models import (
    Attachment,
    Decision,
    Document,
    Report,
    ReportLink,
    ReportPayload,
    Subject,
)
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES

FIRST_MILESTONE = {Subject.Kind.SHIPMENT: "departed", Subject.Kind.OFFER: "made", Subject.Kind.APPEAL: "made"}


class DocumentFactory(DjangoModelFactory[Document]):
    """An article that was read an hour after it came out."""

    class Meta:
        model = Document

    reference = factory.Sequence(lambda n: numbered_reference("DOC", n))
    key = factory.Sequence(lambda n: f"https://news.example.org/articles/{n}")
    source = factory.SubFactory(SourceFactory)
    kind = Document.Kind.ARTICLE
    title = "Three cargo planes land in Shenyang"
    url = factory.SelfAttribute("key")
    language = "en"
    published_at = NOON
    received_at = factory.LazyAttribute(lambda o: o.published_at + timedelta(hours=1))


class ReportFactory(DjangoModelFactory[Report]):
    """A report about a shipment, departed at noon, said at one, recorded at two.

    ``subject`` may be of any kind or None (held: only ``subject_said`` is known). A kind "correct" or
    "retract" needs ``target=`` the report it is about; ``cites=[...]`` takes reports, sources and None
    for an origin that nobody named. Raises ValueError for a milestone that the subject cannot have.
    """

    class Meta:
        model = Report
        skip_postgeneration_save = True

    class Params:
        occurred_at = NOON
        digest = factory.LazyAttribute(lambda o: key_digest(o.source.code, o.event_id, o.content_hash, o.ordinal))

    source = factory.SubFactory(SourceFactory)
    event_id = factory.Sequence(lambda n: f"evt-{n}")
    content_hash = factory.LazyAttribute(lambda o: content_hash(_draft_of(o)))
    ordinal = 0
    reference = factory.LazyAttribute(lambda o: reference_of("RPT", o.digest))
    kind = Report.Kind.OBSERVE
    marking = Marking.CLEAR
    subject = factory.SubFactory(ShipmentFactory)
    subject_said = factory.LazyAttribute(lambda o: o.subject.reference if o.subject else "air-waybill:120-99999992")
    leg = None
    leg_said = factory.LazyAttribute(lambda o: o.leg.key if o.leg else "")
    line = None
    line_said = factory.LazyAttribute(lambda o: o.line.key if o.line else "")
    place = None
    place_said = factory.LazyAttribute(lambda o: o.place.code if o.place else "")
    milestone = factory.LazyAttribute(lambda o: FIRST_MILESTONE.get(o.subject.kind, "") if o.subject else "departed")
    code_said = factory.SelfAttribute("milestone")
    code_scheme = factory.LazyAttribute(lambda o: "aidtracker" if o.code_said else "")
    flags = factory.LazyFunction(dict)
    facts = factory.LazyFunction(list)
    polarity = Report.Polarity.AFFIRMS
    time_class = Report.TimeClass.ACTUAL
    directness = Report.Directness.OWN
    hedge = Report.Hedge.ASSERTED
    occurred_from = factory.SelfAttribute("occurred_at")
    occurred_to = factory.SelfAttribute("occurred_from")
    occurred_precision = factory.LazyAttribute(lambda o: "instant" if o.occurred_from else "unknown")
    asserted_at = factory.LazyAttribute(lambda o: (o.occurred_to or NOON) + timedelta(hours=1))
    received_at = factory.LazyAttribute(lambda o: o.asserted_at + timedelta(hours=1))

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        subject, milestone = kwargs["subject"], kwargs["milestone"]
        if subject and milestone:
            lifecycle = LEG if kwargs["leg"] else LIFECYCLES.get(subject.kind)
            if lifecycle is None or milestone not in {each.name for each in lifecycle.milestones}:
                raise ValueError(f"{milestone!r} is no milestone of a {'leg' if kwargs['leg'] else subject.kind}")
        return kwargs

    @factory.post_generation
    def target(self: Report, create: bool, extracted: Report | None) -> None:
        needed = {Report.Kind.CORRECT: "corrects", Report.Kind.RETRACT: "retracts"}.get(self.kind)  # type: ignore[call-overload]
        if bool(needed) != bool(extracted):
            raise ValueError("a correction or retraction, and nothing else, needs target= the report that it is about")
        if create and extracted:
            ReportLinkFactory(report=self, kind=needed, target=extracted)

    @factory.post_generation
    def cites(self: Report, create: bool, extracted: list[Report | Source | None] | None) -> None:
        for cited in extracted or () if create else ():
            ReportLinkFactory(report=self, kind="cites", target=cited)


class ReportPayloadFactory(DjangoModelFactory[ReportPayload]):
    """The quote that a report rests on."""

    class Meta:
        model = ReportPayload

    report = factory.SubFactory(ReportFactory)
    quote = "Three Air Koryo cargo planes arrived in Shenyang on Monday."
    language = "en"
    raw = factory.LazyFunction(lambda: {"headline": "Three cargo planes land in Shenyang"})


class ReportLinkFactory(DjangoModelFactory[ReportLink]):
    """A report cites ``target``: a report (by its natural key), a source, or None for nobody named."""

    class Meta:
        model = ReportLink

    class Params:
        target = factory.SubFactory(SourceFactory)

    report = factory.SubFactory(ReportFactory)
    kind = ReportLink.Kind.CITES
    target_source = factory.LazyAttribute(lambda o: _source_of(o.target))
    target_event_id = factory.LazyAttribute(lambda o: o.target.event_id if isinstance(o.target, Report) else "")
    target_report = factory.LazyAttribute(
        lambda o: o.target if isinstance(o.target, Report) and not o.target.event_id else None
    )
    recorded_at = factory.SelfAttribute("report.received_at")


class AttachmentFactory(DjangoModelFactory[Attachment]):
    """An analyst binds a held report to a shipment, an hour after it came."""

    class Meta:
        model = Attachment

    report = factory.SubFactory(ReportFactory, subject=None)
    subject = factory.SubFactory(ShipmentFactory)
    recorded_at = factory.LazyAttribute(lambda o: o.report.received_at + timedelta(hours=1))
    recorded_by = factory.SubFactory(UserFactory)
    reason = "The air waybill is on the manifest of this flight."


class DecisionFactory(DjangoModelFactory[Decision]):
    """An analyst accepts what the decision's report carries."""

    class Meta:
        model = Decision

    author = factory.SubFactory(UserFactory)
    report = factory.SubFactory(
        ReportFactory,
        kind=Report.Kind.DECIDE,
        source__kind=Source.Kind.ANALYST,
        entered_by=factory.SelfAttribute("..author"),
    )
    kind = Decision.Kind.ACCEPT
    reason = "Satellite images show the aircraft unloading."


def _draft_of(row: Any) -> ReportDraft:
    """The draft that would be stored as this row; links and payload are not known yet and left out."""
    occurred = row.occurred_from and Occurred(
        earliest=row.occurred_from, latest=row.occurred_to, precision=row.occurred_precision
    )
    return ReportDraft(
        source=row.source.code,
        event_id=row.event_id,
        occurred=occurred or None,
        asserted_at=row.asserted_at,
        marking=Marking(row.marking).code,
        code_scheme=row.code_scheme or "aidtracker",
        facts=tuple(FactDraft(**fact) for fact in row.facts),
        flags=row.flags,
        subject=row.subject_said,
        leg=row.leg_said,
        line=row.line_said,
        place=row.place_said,
        code=row.code_said,
        kind=str(row.kind),
        polarity=str(row.polarity),
        time_class=str(row.time_class),
        directness=str(row.directness),
        hedge=str(row.hedge),
    )


def _source_of(target: Report | Source | None) -> Source | None:
    if isinstance(target, Report):
        return target.source if target.event_id else None
    return target
