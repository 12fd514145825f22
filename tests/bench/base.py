"""The base that everything is measured over: N shipments with ten reports each, their picture and its history.

Some made-up stories are recorded and reconciled by the services; the database then copies their rows under
new keys until there are N shipments. References inside JSON still name the first copy's reports. Reports came
in at two moments, so that there is something for ``known_at`` to go back to.

Keys of copies are older than those of the first stories, and their references come after them, so that the
first and the last page by either hold the same stories at every size.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from actors.identifiers import ALPHABET
from shipments.generation.rows import Stage, record_stories, set_stage, write_plans
from shipments.generation.stories import Story, story_of
from shipments.generation.world import World, world
from shipments.intake.draft import ReportDraft
from shipments.models import FlowTotal
from shipments.services.flows.checking import totals_of_shares
from shipments.services.flows.keeping import fold_flows
from shipments.services.reconciling import count_due, reconcile_due
from shipments.services.relaying import relay_outbox
from tests.bench.filling import indexed_at_the_end
from tests.bench.place import PROCESSES

SEED = 7
STORIES = 500
REPORTS_EACH = 10
MOMENTS = (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))
BETWEEN = "2026-06-02"
# Copies of a row with a serial key are so far apart; no table gets as many rows in another way.
STEP = 10_000_000
AT_ONCE = 10_000  # shipments a transaction

MOVED = """
CREATE SCHEMA bench;
CREATE TABLE bench.original AS
SELECT id FROM shipments_subject UNION ALL SELECT id FROM shipments_report UNION ALL SELECT id FROM shipments_document;
-- The time in a key of version 7 is replaced: the n-th copy was made n milliseconds after 2025 began.
CREATE FUNCTION bench.moved(id uuid, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1735689600000 + n), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid
$$;
"""
# What is copied, aside: the tables themselves are read by no index while they grow.
SET_ASIDE = """
CREATE TABLE bench.{table} AS SELECT * FROM {table} WHERE {about} IN (SELECT id FROM bench.original) ORDER BY {about}
"""
KEY, NUMBER = "bench.moved({column}, n)", "{column} + n * " + str(STEP) + "::bigint"
SUFFIX = "{column} || upper(lpad(to_hex(n), 3, '0'))"
REFERENCE = "left({column}, 4) || 'Z' || upper(lpad(to_hex(n), 3, '0')) || substr({column}, 5)"
# Those of reports are in no list's order: new ones come between the copies, as between any that are made of a hash.
SCATTERED = (
    "left({column}, 4) || translate(substr({column}, 5), '" + ALPHABET + "', "
    "substr('" + 2 * ALPHABET + "', n %% 32 + 1, 32)) || upper(lpad(to_hex(n), 3, '0'))"
)
SAID = f"CASE WHEN {{column}} = '' THEN '' ELSE {SUFFIX} END"
# Which columns of a copied table become others; the rest stay as they are. The first is the one to be found by.
COPIED: dict[str, tuple[str, dict[str, str]]] = {
    "shipments_subject": ("id", {"id": KEY, "reference": REFERENCE}),
    "shipments_shipment": ("subject_id", {"subject_id": KEY}),
    "shipments_shipmentparty": ("shipment_id", {"id": NUMBER, "shipment_id": KEY}),
    "shipments_subjectidentifier": ("subject_id", {"id": NUMBER, "subject_id": KEY, "value": SUFFIX}),
    "shipments_leg": ("shipment_id", {"id": NUMBER, "shipment_id": KEY}),
    "shipments_line": ("shipment_id", {"id": NUMBER, "shipment_id": KEY}),
    "shipments_report": (
        "subject_id",
        {"id": KEY, "subject_id": KEY, "reference": SCATTERED, "event_id": SAID, "leg_id": NUMBER, "line_id": NUMBER},
    ),
    "shipments_reportlink": (
        "report_id",
        {"id": NUMBER, "report_id": KEY, "target_event_id": SAID, "target_report_id": KEY},
    ),
    "shipments_reportpayload": ("report_id", {"report_id": KEY}),
    "shipments_picture": ("subject_id", {"id": NUMBER, "subject_id": KEY}),
    "shipments_finding": ("subject_id", {"id": NUMBER, "subject_id": KEY}),
    "shipments_flowshare": ("subject_id", {"id": NUMBER, "subject_id": KEY}),
    "shipments_conflict": (
        "subject_id",
        {"id": NUMBER, "subject_id": KEY, "stable_id": "md5(n || {column}) || md5({column} || n)"},
    ),
}


def add_up_flows() -> None:
    """Have the totals of flows hold all that was told, as the sweep does."""
    while fold_flows():
        pass


def add_up_shares() -> None:
    """Have the totals of flows hold the shares of copies as well."""
    for key, sums in totals_of_shares().items():
        FlowTotal.objects.filter(pk=key).update(sums=sums)


class Base:
    """The rows so far, and new stories to be told over them."""

    def __init__(self, *, stories: int = STORIES) -> None:
        self.cast: World = world()
        self.stage: Stage = set_stage(self.cast, seed=SEED)
        self.first = stories
        self.told = 0
        self.copies = 0
        self.is_set_aside = False

    def stories(self, count: int) -> list[Story]:
        """New stories about shipments that are on the books and of which nothing has been said."""
        numbers = range(self.told + 1, self.told + count + 1)
        self.told += count
        stories = [story_of(self.cast, seed=SEED, number=number, reports_per=REPORTS_EACH) for number in numbers]
        write_plans(self.stage, [story.plan for story in stories])
        return stories

    def begin(self) -> None:
        """Record and reconcile the first stories."""
        for _ in record_stories([_at_two_moments(story) for story in self.stories(self.first)]):
            pass
        while count_due():
            reconcile_due(limit=200)
        while relay_outbox():
            pass
        add_up_flows()

    def grow(
        self,
        size: int,
        connection: psycopg.Connection,
        say: Callable[[str], None] = lambda _: None,
        *,
        beside: Iterable[tuple[str, tuple[str, dict[str, str]]]] = (),
    ) -> None:
        """Make the base ``size`` shipments large; ``beside`` names more tables to copy, as COPIED does."""
        if not self.told:
            self.begin()
        tables = {**COPIED, **dict(beside)}
        if not self.is_set_aside:
            connection.execute(MOVED.encode())
            for table, (about, _) in tables.items():
                connection.execute(SET_ASIDE.format(table=table, about=about).encode())
            self.is_set_aside = True
        copies = [_copy(connection, table, changes) for table, (_, changes) in tables.items()]
        wanted = size // self.first - 1

        def add(numbers: range) -> int:
            with psycopg.connect(connection.info.dsn, password=connection.info.password) as another:
                # Loaded as pg_restore would: foreign keys were right in the rows that are copied.
                another.execute("SET LOCAL session_replication_role = replica")
                for number in numbers:
                    for copy in copies:
                        another.execute(copy, {"n": number})
            return numbers.stop

        step = max(AT_ONCE // self.first, 1)
        shares = [range(n, min(n + step, wanted + 1)) for n in range(self.copies + 1, wanted + 1, step)]
        with indexed_at_the_end(connection, list(tables)):
            with ThreadPoolExecutor(PROCESSES) as pool:
                for done in pool.map(add, shares):
                    say(f"base: {done * self.first:,} of {size:,} shipments")
            self.copies = max(self.copies, wanted)
            say("base: its indexes")
        # What was told of since, before the totals are written anew.
        add_up_flows()
        add_up_shares()
        connection.execute("VACUUM (ANALYZE)")
        # What was loaded is written out now, and not while something is measured.
        connection.execute("CHECKPOINT")


def _copy(connection: psycopg.Connection, table: str, changes: dict[str, str]) -> sql.Composed:
    """A statement that adds the ``n``-th copy of the first stories' rows, in the order in which they lie."""
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema AND table_name = %s "
        "ORDER BY ordinal_position",
        [table],
    )
    names = [name for (name,) in found.fetchall()]
    values = sql.SQL(", ").join(
        sql.SQL(changes.get(name, "{column}")).format(column=sql.Identifier(name)) for name in names
    )
    return sql.SQL(
        "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE "
        "SELECT {values} FROM bench.{table}, (SELECT %(n)s::int AS n) AS which"
    ).format(table=sql.Identifier(table), names=sql.SQL(", ").join(map(sql.Identifier, names)), values=values)


def _at_two_moments(story: Story) -> Story:
    half = len(story.arrivals) // 2 + 1
    arrivals = (replace(each, received_at=MOMENTS[n >= half]) for n, each in enumerate(story.arrivals))
    return replace(story, arrivals=tuple(arrivals))


def sent(stories: Sequence[Story]) -> list[dict[str, Any]]:
    """What a partner would send: the reports of each shipment in the order in which they came in."""
    return [as_sent(arrival.draft) for story in stories for arrival in story.arrivals]


def as_sent(draft: ReportDraft) -> dict[str, Any]:
    """A draft as the API takes it."""
    said: dict[str, Any] = {
        name: value
        for name in (
            *("source", "subject", "event_id", "kind", "leg", "place", "code", "code_scheme", "flags", "polarity"),
            *("time_class", "directness", "hedge", "marking", "language"),
        )
        if (value := getattr(draft, name))
    }
    if not draft.code:
        said.pop("code_scheme")
    said["asserted_at"] = draft.asserted_at.isoformat()
    if draft.occurred:
        occurred = draft.occurred
        said["occurred"] = (
            occurred.earliest.date().isoformat() if occurred.precision == "day" else occurred.earliest.isoformat()
        )
    if draft.target:
        said["target"] = {"source": draft.target.source, "event_id": draft.target.event_id}
    if draft.cites:
        said["cites"] = [_pointer(cited.source, cited.event_id) for cited in draft.cites]
    if draft.facts:
        said["facts"] = [_fact(fact.attribute, fact.value, fact.line) for fact in draft.facts]
    return said


def _pointer(source: str, event_id: str) -> dict[str, str]:
    return {name: said for name, said in (("source", source), ("event_id", event_id)) if said}


def _fact(attribute: str, value: dict[str, Any], line: str) -> dict[str, Any]:
    return {"attribute": attribute, "value": value, **({"line": line} if line else {})}
