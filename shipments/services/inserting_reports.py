"""Reports with all that goes with them, into their tables: nothing of it is there without the rest.

    reports ─ INSERT those that are missing ─> stored ─┬─ their links, payloads and events
                                                       └─ their subjects are due

Many go by COPY, a statement for each table, in the caller's transaction. A few go by one statement, planned once a
connection: of what is sent one by one, a statement costs more than storing what it says.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import QuerySet
from msgspec.json import encode

from actors.access import Reader
from actors.services.arrays import EachOf, IsAny
from actors.services.prepared import Prepared, own_slots, prepared, run, slot
from shipments.models import OutboxEvent, Report, ReportLink, ReportPayload
from shipments.services import announcing
from shipments.services.inserting import copy_in, in_order, insert_missing, rows_as_json
from shipments.services.queue import EVERYBODY, MARK_DUE, mark_due
from shipments.services.recorded import (
    COLUMNS,
    LINK_COLUMNS,
    PAYLOAD_COLUMNS,
    Row,
    columns_of,
    due_of,
    event_of,
    links_of,
    payloads_of,
)

REPORTS, LINKS, PAYLOADS, EVENTS = (model._meta.db_table for model in (Report, ReportLink, ReportPayload, OutboxEvent))
# In which reports are stored: by what is said of them alone, so that two who store the same wait for each other in one
# order. Most senders number theirs, so that it is nearly that of their keys, and of their subjects: what lies together
# in an index comes together, 2 us less a report than in order of references, which are scattered.
ORDER = ("event_id", "reference")
PATIENCE = "set_config('lock_timeout', %(patience)s, true)"


def store_many(rows: Sequence[Row], *, actor_id: UUID | None) -> set[str]:
    """Store those ``rows`` that are not there yet, and what goes with each; the references of these."""
    stored = insert_missing(REPORTS, COLUMNS, map(columns_of, rows), by="reference", order=ORDER)
    new = [row for row in rows if row.reference in stored]
    if links := links_of(new):
        copy_in(LINKS, LINK_COLUMNS, links)
    if payloads := payloads_of(new):
        copy_in(PAYLOADS, PAYLOAD_COLUMNS, payloads)
    announcing.add_events(event_of(row, actor_id) for row in new)
    since: dict[UUID, datetime] = {}
    for subject_id, moment, _ in due_of(new):
        since[subject_id] = min(moment, since.get(subject_id, moment))
    mark_due(since, lane=actor_id or EVERYBODY)
    return stored


def store_few(rows: Sequence[Row], *, reader: Reader, actor_id: UUID | None, patience: float | None = None) -> set[str]:
    """Store those ``rows`` that are not there yet, and what goes with each; the references of these.

    What is passed on is there already where ``reader`` may see it, whoever passed it on.

    Somebody's row is waited for for ``patience`` seconds, if it is given, and until the transaction ends. Locks
    reports in ORDER, then rows of the queue in order of their keys.
    """
    if not rows:
        return set()
    links, payloads = links_of(rows), payloads_of(rows)
    due = [{"report": each.reference, "subject_id": key, "from_moment": at} for key, at, each in due_of(rows)]
    said = {
        "reports": rows_as_json(REPORTS, COLUMNS, map(columns_of, rows)),
        "links": rows_as_json(LINKS, LINK_COLUMNS, links),
        "payloads": rows_as_json(PAYLOADS, PAYLOAD_COLUMNS, payloads),
        "events": rows_as_json(EVENTS, announcing.COLUMNS, announcing.rows_of(event_of(row, actor_id) for row in rows)),
        "due": encode(due).decode(),
        "lane": actor_id or EVERYBODY,
        "is_bulk": False,
        "patience": _milliseconds(patience or 0),
    }
    relayed = [row.reference for row in rows if row.resolved.relayed_by]
    known = reports_known(reader) if relayed else None
    statement = _statement(known, links=bool(links), payloads=bool(payloads), patience=patience is not None)
    return {reference for (reference,) in run(statement, {**said, **own_slots(reader), "references": relayed})}


@prepared
def reports_known(reader: Reader) -> QuerySet:
    """What is there of the slot ``references``, as far as ``reader`` may know of it.

    What they may not know of is as if it were not there: theirs is kept beside it.
    """
    visible = Report.objects.visible_to(reader).order_by()
    return visible.filter(IsAny("reference", EachOf(slot("references")))).values("reference")


def wait_no_longer_than(seconds: float) -> None:
    """Have each wait for somebody's lock raise after so long, until the transaction ends."""
    run(f"SELECT {PATIENCE}", {"patience": _milliseconds(seconds)})


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}ms"


@cache
def _statement(known: Prepared | None, *, links: bool, payloads: bool, patience: bool) -> str:
    """The statement with the parts that are needed: each is begun and ended, also where it has nothing to do."""
    # Before the first row is waited for, since reports are put in order first.
    waiting = f"patience AS MATERIALIZED (SELECT {PATIENCE})," if patience else ""
    return f"""
        WITH {waiting}
        stored AS (
            INSERT INTO {REPORTS} ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)}
              FROM json_populate_recordset(NULL::{REPORTS}, %(reports)s::json){", patience" if patience else ""}
             {f"WHERE reference NOT IN ({known.text})" if known else ""}
             ORDER BY {in_order(ORDER)}
            ON CONFLICT DO NOTHING RETURNING id, reference
        ), {_beside("linked", LINKS, LINK_COLUMNS, "links") if links else ""}
        {_beside("kept", PAYLOADS, PAYLOAD_COLUMNS, "payloads") if payloads else ""}
        told AS (
            INSERT INTO {EVENTS} ({", ".join(announcing.COLUMNS)}) SELECT {", ".join(announcing.COLUMNS)}
              FROM ROWS FROM (json_populate_recordset(NULL::{EVENTS}, %(events)s::json)) WITH ORDINALITY
             WHERE body ->> 'report' IN (SELECT reference FROM stored) ORDER BY ordinality
        ), changed AS (
            SELECT subject_id, min(from_moment) AS from_moment
              FROM json_to_recordset(%(due)s::json) AS said (report text, subject_id uuid, from_moment timestamptz)
             WHERE report IN (SELECT reference FROM stored) GROUP BY subject_id
        ), due AS ({MARK_DUE})
        SELECT reference FROM stored
    """  # noqa: S608  the names are models'


def _beside(name: str, table: str, columns: Sequence[str], said: str) -> str:
    """What is kept beside the reports that are stored, in the order in which it was said."""
    names = ", ".join(columns)
    return f"""{name} AS (
            INSERT INTO {table} ({names}) SELECT {names}
              FROM ROWS FROM (json_populate_recordset(NULL::{table}, %({said})s::json)) WITH ORDINALITY
             WHERE report_id IN (SELECT id FROM stored) ORDER BY ordinality
        ),"""  # noqa: S608  the names are models'
