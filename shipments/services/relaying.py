"""Give outbox events their sequence after commit, so that nobody who reads by it misses a late one; drop old ones."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from actors.marking import Marking
from shipments.models import OutboxEvent

# One relay at a time; the number is the project's own for this lock.
RELAY_LOCK = 7_120_522
AT_ONCE = 5000
KEPT_FOR = timedelta(days=30)


def relay_outbox(*, limit: int = AT_ONCE) -> int | None:
    """Number up to ``limit`` committed events in the order they were written; returns how many.

    None while somebody else does, who may have looked before the caller committed: the caller asks again.

    Where nobody subscribes, they are marked as told in the same breath: an event is then written to the indexes
    twice (when it comes, and here) and not three times.

    A serial column is given at insert, so a transaction that commits late would be skipped by a
    reader who is already past it. Here only committed rows are seen, and one relay works at a time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RELAY_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(
            """
            WITH waiting AS (
                SELECT id, row_number() OVER (ORDER BY id) AS place
                  FROM shipments_outboxevent WHERE sequence IS NULL ORDER BY id LIMIT %s
            ), reached AS MATERIALIZED (
                -- Once: for every event again, it would step over all the numbers that are being given.
                -- The last of each marking is found by its index; the last of all would be a search.
                SELECT max(last.sequence) AS sequence
                  FROM unnest(%s::smallint[]) AS each (marking),
                       LATERAL (SELECT max(sequence) AS sequence FROM shipments_outboxevent AS given
                                 WHERE given.marking = each.marking) AS last
            )
            UPDATE shipments_outboxevent AS event
               SET sequence = COALESCE(reached.sequence, 0) + waiting.place,
                   fanned_out_at = CASE WHEN EXISTS (SELECT FROM shipments_subscription WHERE disabled_at IS NULL)
                                        THEN fanned_out_at ELSE statement_timestamp() END
              FROM waiting, reached
             WHERE event.id = waiting.id
            """,
            [limit, list(Marking.values)],
        )
        return cursor.rowcount


def drop_old_events(now: datetime) -> int:
    """Delete relayed events older than KEPT_FOR; returns how many. Those of which webhooks are still to be made stay.

    What goes is a beginning of the sequence, without a hole, so that a reader whose last event is
    gone can tell whether they missed any. The newest always stays: numbers never begin again.
    """
    relayed = OutboxEvent.objects.exclude(sequence=None)
    # Marking by marking, for that is how the index leads from the oldest on.
    kept = [_end_of(relayed.filter(marking=each, created_at__gte=now - KEPT_FOR), "sequence") for each in Marking]
    newest = [_end_of(relayed.filter(marking=each), "-sequence") for each in Marking]
    first = min(filter(None, kept), default=None) or max(filter(None, newest), default=0)
    waiting = relayed.filter(fanned_out_at=None).aggregate(first=Min("sequence"))["first"]
    first = first if waiting is None else min(first, waiting)
    return relayed.filter(sequence__lt=first)._raw_delete(using="default")


def _end_of(events: QuerySet[OutboxEvent], order: str) -> int | None:
    return events.order_by(order).values_list("sequence", flat=True).first()
