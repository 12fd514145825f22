"""The statements that read a batch of subjects with everything said of them; a fixed number, whatever the batch.

Values come as the reconciler wants them: times as whole microseconds since 1970, names for keys, nothing
for what is empty. Models would be made and thrown away: of the same rows they cost five times as much. Keys that only
say what belongs to what are text, which costs a fifth of what a UUID does to be made, found again and asked for.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from msgspec.json import decode

from actors.services.prepared import run


class SubjectRow(NamedTuple):
    """A subject and its plan. ``legs`` are [key, sequence, role, destination]; ``attached`` are keys of reports."""

    id: UUID
    kind: str
    reference: str
    marking: int
    version: int
    is_merged: bool
    destination: str | None
    legs: list[list[Any]] | None
    lines: list[str] | None
    attached: list[str] | None


class ReportRow(NamedTuple):
    """A report as it was said and resolved on arrival. ``flags`` and ``facts`` are JSON; None: there are none."""

    id: str
    reference: str
    subject_id: str | None
    source: str
    event_id: str
    content_hash: str
    ordinal: int
    kind: str
    marking: int
    leg_said: str
    leg: str | None
    line_said: str
    line: str | None
    place: str | None
    code_scheme: str
    code_said: str
    code_is_known: bool
    milestone: str
    flags: str | None
    facts: str | None
    polarity: str
    time_class: str
    directness: str
    hedge: str
    credibility: int | None
    interested: bool | None
    occurred_from: int | None
    occurred_to: int | None
    occurred_precision: str
    asserted_at: int
    received_at: int


class LinkRow(NamedTuple):
    """An arrow from a report at a source, at an event of it or (with the hash) at exactly one report."""

    report_id: str
    kind: str
    recorded_at: int
    source: str | None
    event_id: str
    content_hash: str
    ordinal: int


class AttachmentRow(NamedTuple):
    """What a report was bound to afterwards."""

    report_id: str
    subject_id: str
    leg: str | None
    line: str | None
    recorded_at: int


class DecisionRow(NamedTuple):
    """What a ``decide`` report has that others do not."""

    report_id: str
    kind: str
    author: str
    reason: str
    expires_at: int | None
    attribute: str
    conflict: str


class MappingRow(NamedTuple):
    """What somebody's code means for us, from when that was recorded."""

    scheme: str
    code: str
    milestone: str
    flag: str
    flag_is_set: bool
    time_class: str
    recorded_at: int


class RatingRow(NamedTuple):
    """A grade of a source."""

    source: str
    grade: str
    topic: str
    valid_from: int
    recorded_at: int


class InterestRow(NamedTuple):
    """Whom a source is interested in; an actor that was merged is told as what it became."""

    source: str
    actor_id: UUID
    recorded_at: int


def micros_of(column: str) -> str:
    """The SQL for a time as the reconciler counts it."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"


SUBJECTS = """
    SELECT subject.id, subject.kind, subject.reference, subject.marking, subject.version,
           subject.merged_into_id IS NOT NULL, place.code,
           (SELECT json_agg(json_build_array(leg.key, leg.sequence, leg.role, there.code))
              FROM shipments_leg AS leg JOIN shipments_place AS there ON there.id = leg.destination_id
             WHERE leg.shipment_id = subject.id),
           CASE subject.kind
             WHEN 'shipment' THEN (SELECT array_agg(key::text) FROM shipments_line WHERE shipment_id = subject.id)
             WHEN 'offer' THEN (SELECT array_agg(key::text) FROM shipments_offerline WHERE offer_id = subject.id)
           END,
           (SELECT array_agg(report_id::text) FROM shipments_attachment AS bound WHERE bound.subject_id = subject.id)
      FROM shipments_subject AS subject
      LEFT JOIN shipments_shipment AS shipment ON shipment.subject_id = subject.id
      LEFT JOIN shipments_place AS place ON place.id = shipment.destination_id
     WHERE subject.id = ANY(%s) ORDER BY subject.id
"""
REPORTS = f"""
    SELECT report.id::text, report.reference, report.subject_id::text, source.code,
           report.event_id, encode(report.content_hash, 'hex'), report.ordinal, report.kind, report.marking,
           report.leg_said, (SELECT key FROM shipments_leg WHERE id = report.leg_id),
           report.line_said, (SELECT key FROM shipments_line WHERE id = report.line_id),
           coalesce((SELECT code FROM shipments_place WHERE id = report.place_id), nullif(report.place_said, '')),
           report.code_scheme, report.code_said, report.code_is_known, report.milestone,
           nullif(report.flags, '{{}}'), nullif(report.facts, '[]'),
           report.polarity, report.time_class, report.directness, report.hedge, report.credibility, report.interested,
           {micros_of("report.occurred_from")}, {micros_of("report.occurred_to")}, report.occurred_precision,
           {micros_of("report.asserted_at")}, {micros_of("report.received_at")}
      FROM shipments_report AS report
      JOIN actors_source AS source ON source.id = report.source_id
     WHERE report.subject_id = ANY(%s::uuid[]) OR report.id = ANY(%s::uuid[])
"""  # noqa: S608
LINKS = f"""
    SELECT link.report_id::text, link.kind, {micros_of("link.recorded_at")},
           (SELECT code FROM actors_source WHERE id = coalesce(target.source_id, link.target_source_id)),
           coalesce(target.event_id, link.target_event_id), coalesce(encode(target.content_hash, 'hex'), ''),
           coalesce(target.ordinal, 0)
      FROM shipments_reportlink AS link LEFT JOIN shipments_report AS target ON target.id = link.target_report_id
     WHERE link.report_id = ANY(%s::uuid[]) ORDER BY link.report_id, link.id
"""  # noqa: S608
ATTACHMENTS = f"""
    SELECT bound.report_id::text, bound.subject_id::text, (SELECT key FROM shipments_leg WHERE id = bound.leg_id),
           (SELECT key FROM shipments_line WHERE id = bound.line_id), {micros_of("bound.recorded_at")}
      FROM shipments_attachment AS bound
     WHERE bound.report_id = ANY(%s::uuid[]) ORDER BY bound.recorded_at
"""  # noqa: S608
DECISIONS = f"""
    SELECT decision.report_id::text, decision.kind, author.username, decision.reason,
           {micros_of("decision.expires_at")}, decision.attribute, decision.conflict
      FROM shipments_decision AS decision JOIN actors_user AS author ON author.id = decision.author_id
     WHERE decision.report_id = ANY(%s::uuid[])
"""  # noqa: S608
MAPPINGS = f"""
    SELECT scheme, code, milestone, flag, flag_is_set, time_class, {micros_of("recorded_at")}
      FROM shipments_codemapping WHERE scheme = ANY(%s) AND code = ANY(%s) ORDER BY recorded_at, id
"""  # noqa: S608
RATINGS = f"""
    SELECT source.code, grade, topic, {micros_of("valid_from")}, {micros_of("recorded_at")}
      FROM actors_sourcerating AS rating JOIN actors_source AS source ON source.id = rating.source_id
     WHERE source.code = ANY(%s) ORDER BY valid_from, recorded_at
"""  # noqa: S608
INTERESTS = f"""
    SELECT source.code, coalesce(actor.merged_into_id, actor.id), {micros_of("interest.recorded_at")}
      FROM actors_sourceinterest AS interest JOIN actors_actor AS actor ON actor.id = interest.actor_id
      JOIN actors_source AS source ON source.id = interest.source_id
     WHERE source.code = ANY(%s)
"""  # noqa: S608


def read_subjects(ids: Collection[UUID]) -> list[SubjectRow]:
    """Subjects by their keys, in order."""
    return [
        SubjectRow._make((*own, decode(legs) if legs else None, lines, attached))
        for *own, legs, lines, attached in _rows(SUBJECTS, ids)
    ]


def read_reports(subject_ids: Collection[str], attached: Collection[str]) -> list[ReportRow]:
    """What was said of subjects, and the reports ``attached`` to them, each once."""
    return [ReportRow._make(row) for row in _rows_anew(REPORTS, subject_ids, attached)]


def read_links(report_ids: Collection[str]) -> list[LinkRow]:
    """The arrows from reports, in the order in which each drew its own."""
    return [LinkRow._make(row) for row in _rows_anew(LINKS, report_ids)]


def read_attachments(report_ids: Collection[str]) -> list[AttachmentRow]:
    """What reports were bound to, the earliest first."""
    return [AttachmentRow._make(row) for row in _rows_anew(ATTACHMENTS, report_ids)]


def read_decisions(report_ids: Collection[str]) -> list[DecisionRow]:
    """The decisions among reports; no query where there are no such reports."""
    return [DecisionRow._make(row) for row in _rows(DECISIONS, report_ids)] if report_ids else []


def read_mappings(codes: Collection[tuple[str, str]]) -> list[MappingRow]:
    """What codes, each with its scheme, were said to mean, the earliest first; no query where there are none."""
    if not codes:
        return []
    rows = _rows(MAPPINGS, [scheme for scheme, _ in codes], [code for _, code in codes])
    return [row for row in map(MappingRow._make, rows) if (row.scheme, row.code) in codes]


def read_ratings(sources: Collection[str]) -> list[RatingRow]:
    """The grades of sources by their codes, the earliest first."""
    return [RatingRow._make(row) for row in _rows(RATINGS, sources)]


def read_interests(sources: Collection[str]) -> list[InterestRow]:
    """Whom sources, by their codes, are interested in."""
    return [InterestRow._make(row) for row in _rows(INTERESTS, sources)]


def _rows(statement: str, *keys: Iterable[Any]) -> list[tuple[Any, ...]]:
    # Planned once a connection: for a few subjects planning would cost more than reading. JSON comes as text.
    return run(statement, [list(each) for each in keys])


def _rows_anew(statement: str, *keys: Iterable[str]) -> list[tuple[Any, ...]]:
    # Planned at each use: a plan that was made while reports and legs were few walks them all, until statistics are
    # taken of what has meanwhile grown. None of what these read is of the type json.
    with connection.cursor() as cursor:
        # An array in PostgreSQL's own words: psycopg would take each key by itself and quote it.
        cursor.execute(statement, [f"{{{','.join(each)}}}" for each in keys])
        return cursor.fetchall()
