"""What storing reports costs by itself: exactly the rows that ours has stored of them, by COPY into tables like ours.

Evidence, links, payloads, events and queue, with each of our columns, indexes, constraints and triggers, the rows in
the order in which ours writes them and as many to a transaction. Nothing is read, looked up or answered, and no
program runs but the database: whoever keeps these rows pays this, however the rest is done.
"""

from collections.abc import Sequence

import psycopg

from tests.bench.filling import indexed_at_the_end

# The rows of a batch of reports, table by table, in the order in which they are written.
ROWS = {
    "shipments_report": """
        SELECT kept.* FROM shipments_report AS kept JOIN told ON told.id = kept.id
         WHERE told.batch = %s ORDER BY kept.event_id COLLATE "C", kept.reference COLLATE "C"
    """,
    "shipments_reportlink": """
        SELECT kept.* FROM shipments_reportlink AS kept JOIN told ON told.id = kept.report_id
         WHERE told.batch = %s ORDER BY kept.id
    """,
    "shipments_reportpayload": """
        SELECT kept.* FROM shipments_reportpayload AS kept JOIN told ON told.id = kept.report_id
         WHERE told.batch = %s
    """,
    # Of the subjects of which a batch tells first, which is nearly always all that is told of them.
    "shipments_outboxevent": """
        SELECT kept.* FROM shipments_outboxevent AS kept
         WHERE sequence IS NULL AND subject_id IN (SELECT subject_id FROM told GROUP BY 1 HAVING min(batch) = %s)
         ORDER BY id
    """,
    "shipments_due": """
        SELECT kept.* FROM shipments_due AS kept
         WHERE subject_id IN (SELECT subject_id FROM told GROUP BY 1 HAVING min(batch) = %s) ORDER BY subject_id
    """,
}


class Kept:
    """Tables like ours in a schema of their own, with all that ours hold."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.connection.execute("CREATE SCHEMA kept")
        for table in ROWS:
            self._run(f"CREATE TABLE kept.{table} (LIKE {table} INCLUDING ALL)")
        with indexed_at_the_end(self.connection, [f"kept.{table}" for table in ROWS]):
            for table in ROWS:
                self._run(f"INSERT INTO kept.{table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}")
        for statement in self._alterations():
            self._run(statement)
        for table in ROWS:
            self._run(f"VACUUM ANALYZE kept.{table}")

    def _alterations(self) -> list[str]:
        """What LIKE leaves out: how full pages are made, foreign keys, and the trigger that stands for some of them."""
        tables = list(ROWS)
        options = self.connection.execute(
            "SELECT relname, array_to_string(reloptions, ', ') FROM pg_class "
            "WHERE relname = ANY(%s) AND reloptions IS NOT NULL AND relnamespace = 'public'::regnamespace",
            [tables],
        ).fetchall()
        links = self.connection.execute(
            "SELECT relname, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint "
            "JOIN pg_class ON pg_class.oid = conrelid "
            "WHERE contype = 'f' AND relname = ANY(%s) AND relnamespace = 'public'::regnamespace",
            [tables],
        ).fetchall()
        return [
            *(f"ALTER TABLE kept.{table} SET ({said})" for table, said in options),
            # The base's copies were loaded without a look at links; what comes is looked at.
            *(f"ALTER TABLE kept.{table} ADD {_within(link)} NOT VALID" for table, link in links),
            "CREATE TRIGGER points_at_what_is_there AFTER INSERT ON kept.shipments_report "
            "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION report_points_at_what_is_there()",
        ]

    def rows_about(self, references: Sequence[str], *, at_once: int) -> list[dict[str, bytes]]:
        """The rows that ours has just stored about shipments, a batch for every ``at_once`` reports."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                """
                CREATE TEMP TABLE told AS
                SELECT report.id, report.subject_id, (row_number() OVER (ORDER BY report.id) - 1) / %s AS batch
                  FROM shipments_report AS report JOIN shipments_subject AS subject ON subject.id = report.subject_id
                 WHERE subject.reference = ANY(%s)
                """,
                [at_once, list(references)],
            )
            cursor.execute("SELECT DISTINCT batch FROM told ORDER BY batch")
            batches = []
            for (batch,) in cursor.fetchall():
                blocks = {}
                for table, select in ROWS.items():
                    copied = f"COPY ({select}) TO STDOUT (FORMAT BINARY)"
                    with cursor.copy(copied.encode(), [batch]) as copy:
                        blocks[table] = b"".join(copy)
                batches.append(blocks)
            cursor.execute("DROP TABLE told")
        return batches

    def store(self, batches: Sequence[dict[str, bytes]]) -> None:
        """Store them, a transaction for each batch."""
        for blocks in batches:
            with self.connection.transaction(), self.connection.cursor() as cursor:
                for table, rows in blocks.items():
                    with cursor.copy(f"COPY kept.{table} FROM STDIN (FORMAT BINARY)".encode()) as copy:
                        copy.write(rows)

    def _run(self, statement: str) -> None:
        self.connection.execute(statement.encode())


def _within(link: str) -> str:
    """A foreign key that leads to our reports, to theirs."""
    return link.replace("REFERENCES shipments_report(", "REFERENCES kept.shipments_report(")
