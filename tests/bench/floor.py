"""The floor: the least work that gives a comparable answer, as a superuser, without HTTP, rules or foreign keys.

ingest      COPY of the very rows that ours has stored, to a staging table; one deduplicating INSERT into a table
            of the same columns with its key, the natural key and an index by subject
reconcile   one statement: the latest milestone that was said of each shipment, written beside it
refold      one statement that gives what ours gives in a plainer form: the status, the story of all steps with how
            many sources tell of each, and the steps of which the times that are told disagree
"""

from collections.abc import Sequence

import psycopg

from tests.bench.filling import indexed_at_the_end

MAKE = """
CREATE SCHEMA floor;
CREATE UNLOGGED TABLE floor.staging (LIKE shipments_report);
CREATE TABLE floor.report (LIKE shipments_report);
ALTER TABLE floor.report ADD PRIMARY KEY (id), ADD UNIQUE (source_id, event_id, content_hash, ordinal);
CREATE INDEX ON floor.report (subject_id, received_at);
CREATE TABLE floor.status (subject_id uuid PRIMARY KEY, status text NOT NULL, since timestamptz);
CREATE TABLE floor.story (subject_id uuid PRIMARY KEY, status text, since timestamptz, steps jsonb, conflicts jsonb);
"""
FILL = (
    "INSERT INTO floor.report SELECT * FROM shipments_report",
    "INSERT INTO floor.status SELECT subject_id, '', NULL FROM shipments_shipment",
)
STORE = "INSERT INTO floor.report SELECT * FROM floor.staging ON CONFLICT DO NOTHING"
FOLD = """
INSERT INTO floor.status
SELECT DISTINCT ON (subject_id) subject_id, milestone, occurred_from
  FROM floor.report
 WHERE subject_id = ANY(%s) AND milestone <> '' AND time_class = 'actual' AND polarity = 'affirms'
 ORDER BY subject_id, occurred_from DESC NULLS LAST, received_at DESC
ON CONFLICT (subject_id) DO UPDATE SET status = excluded.status, since = excluded.since
"""
REFOLD = """
INSERT INTO floor.story
WITH step AS (
    SELECT subject_id, milestone, min(occurred_from) AS at, count(DISTINCT source_id) AS sources,
           max(occurred_from) - min(occurred_from) > interval '6 hours' AS disagree
      FROM floor.report
     WHERE subject_id = ANY(%s) AND milestone <> '' AND time_class = 'actual' AND polarity = 'affirms'
     GROUP BY subject_id, milestone
)
SELECT subject_id, (array_agg(milestone ORDER BY at DESC NULLS LAST))[1], max(at),
       jsonb_agg(jsonb_build_object('milestone', milestone, 'at', at, 'sources', sources) ORDER BY at),
       jsonb_agg(milestone ORDER BY at) FILTER (WHERE disagree)
  FROM step GROUP BY subject_id
ON CONFLICT (subject_id) DO UPDATE
   SET status = excluded.status, since = excluded.since, steps = excluded.steps, conflicts = excluded.conflicts
"""


class Floor:
    """The floor's tables, filled with all that the base has."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        # As ours has it: a statement over 1,500 shipments of a million would else be compiled, for longer than it runs.
        connection.execute("SET jit = off")
        connection.execute(MAKE.encode())
        with indexed_at_the_end(self.connection, ["floor.report", "floor.status"]):
            for statement in FILL:
                self.connection.execute(statement)
        self.connection.execute("VACUUM ANALYZE floor.report, floor.status")

    def rows_about(self, references: Sequence[str]) -> bytes:
        """The rows that ours has stored about shipments, as COPY takes them."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                """
                CREATE TEMP TABLE told AS SELECT report.* FROM shipments_report AS report
                  JOIN shipments_subject AS subject ON subject.id = report.subject_id
                 WHERE subject.reference = ANY(%s)
                """,
                [list(references)],
            )
            with cursor.copy("COPY told TO STDOUT") as copy:
                rows = b"".join(copy)
            cursor.execute("DROP TABLE told")
        return rows

    def ingest(self, rows: bytes, *, at_once: int) -> None:
        """Store ``rows``, a transaction for every ``at_once`` of them."""
        lines = rows.splitlines(keepends=True)
        for first in range(0, len(lines), at_once):
            with self.connection.transaction(), self.connection.cursor() as cursor:
                cursor.execute("TRUNCATE floor.staging")
                with cursor.copy("COPY floor.staging FROM STDIN") as copy:
                    copy.write(b"".join(lines[first : first + at_once]))
                cursor.execute(STORE)

    def fold(self, subject_ids: Sequence[object]) -> None:
        """The latest status of each shipment."""
        self.connection.execute(FOLD, [list(subject_ids)])

    def refold(self, subject_ids: Sequence[object]) -> None:
        """The status, story and disagreements of each shipment."""
        self.connection.execute(REFOLD, [list(subject_ids)])
