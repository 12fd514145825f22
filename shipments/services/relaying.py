"""Give outbox events their sequence after commit, so that nobody who reads by it misses a late one."""

from django.db import connection, transaction

# One relay at a time; the number is the project's own for this lock.
RELAY_LOCK = 7_120_522


def relay_outbox(*, limit: int = 5000) -> int:
    """Number up to ``limit`` committed events, per marking, in the order they were written; returns how many.

    A serial column is given at insert, so a transaction that commits late would be skipped by a
    reader who is already past it. Here only committed rows are seen, and one relay works at a time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RELAY_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            """
            WITH waiting AS (
                SELECT id, marking, row_number() OVER (PARTITION BY marking ORDER BY id) AS place
                  FROM shipments_outboxevent WHERE sequence IS NULL ORDER BY id LIMIT %s
            ), reached AS (
                SELECT marking, (SELECT max(sequence) FROM shipments_outboxevent AS given
                                  WHERE given.marking = each.marking) AS sequence
                  FROM (SELECT DISTINCT marking FROM waiting) AS each
            )
            UPDATE shipments_outboxevent AS event
               SET sequence = COALESCE(reached.sequence, 0) + waiting.place
              FROM waiting LEFT JOIN reached USING (marking)
             WHERE event.id = waiting.id
            """,
            [limit],
        )
        return cursor.rowcount
