"""Large numbers of made-up reports by COPY: the very rows that the recording service would write, many times faster.

    stories ─ resolve, rows (the service's own) ─> COPY reports, links, outbox ─ mark due ─ commit ─> the bell

One transaction for a batch. Nobody else may be reporting on these shipments meanwhile: COPY cannot
step over a row that another session has just written, and fails instead.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import connection, transaction
from django.db.models import NOT_PROVIDED, AutoField, Field, Model

from actors.access import Reader
from actors.marking import Marking
from shipments.generation.stories import Story
from shipments.models import OutboxEvent, Report, ReportLink
from shipments.services.doorbell import ring_on_commit
from shipments.services.queue import mark_due
from shipments.services.recording import Outcome, Sender, event_of, links_of, rows_of
from shipments.services.resolving import Resolved, resolve

EVERYTHING = Reader(clearance=Marking.RED)


def copy_rows(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert ``rows`` by COPY: what is in the columns of ``model`` itself, keys that the database gives left out."""
    fields = [field for field in model._meta.local_concrete_fields if not _is_given_by_database(field)]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])


@transaction.atomic
def copy_stories(stories: Iterable[Story]) -> list[Outcome]:
    """Store what was said, each report as of its own moment; the same rows as ``rows.record_stories``."""
    arrivals = sorted(
        ((arrival.received_at, arrival.draft) for story in stories for arrival in story.arrivals), key=itemgetter(0)
    )
    resolved = resolve([draft for _, draft in arrivals], EVERYTHING, key=None)
    moments = [moment for moment, _ in arrivals]
    outcomes: list[Outcome] = []
    new: dict[str, tuple[Report, Resolved]] = {}
    for moment, group in groupby(zip(moments, resolved, strict=True), key=itemgetter(0)):
        told = [each for _, each in group]
        outcomes += [Outcome(result="refused", problems=tuple(each.problems)) for each in told if each.problems]
        for report, each in rows_of([each for each in told if not each.problems], sender=Sender(), moment=moment):
            new.setdefault(report.reference, (report, each))
    there = set(Report.objects.filter(reference__in=new).values_list("reference", flat=True))
    written = [row for reference, row in sorted(new.items()) if reference not in there]
    _write(written)
    tally = Counter("held" if each.is_held else "accepted" for _, each in written)
    tally["duplicate"] = len(resolved) - len(outcomes) - len(written)
    return outcomes + [Outcome(result=result) for result in tally.elements()]


def _write(new: Sequence[tuple[Report, Resolved]]) -> None:
    copy_rows(Report, (report for report, _ in new))
    copy_rows(ReportLink, (link for report, each in new for link in links_of(report, each, moment=report.received_at)))
    copy_rows(OutboxEvent, (event_of(report, each) for report, each in new))
    since: dict[UUID, datetime] = {}
    for report, each in new:
        if each.subject_id and not each.is_held:
            since[each.subject_id] = min(report.received_at, since.get(each.subject_id, report.received_at))
    mark_due(since)
    if new:
        ring_on_commit()


def _is_given_by_database(field: Field) -> bool:
    return isinstance(field, AutoField) or field.db_default is not NOT_PROVIDED
