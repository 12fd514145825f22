"""What waits to be added up while it is too much to be read beside the totals: left out of them, and named.

Of a family of part deliveries all are left out, for what one adds depends on the others.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Min
from django.db.models.expressions import RawSQL

from actors.access import Reader
from actors.services.arrays import IsAny
from shipments.models import FlowDue, Subject
from shipments.services.errors import TooMuchToRead

# So many are counted; of more it is told that there are at least so many.
MOST_COUNTED = 100_000
# Different sums that are taken away for a page, which takes a second.
MOST_TAKEN_AWAY = 50_000
FLOWING = (Subject.Kind.OFFER, Subject.Kind.SHIPMENT)
# Few have a whole or parts: these are joined at once, and not looked for one after the other.
LATE = """
    WITH RECURSIVE due AS MATERIALIZED (
        SELECT DISTINCT subject_id AS id FROM shipments_flowdue
    ), kin AS MATERIALIZED (
        SELECT subject_id AS id, parent_id AS other FROM shipments_shipment WHERE parent_id IS NOT NULL
        UNION ALL SELECT parent_id, subject_id FROM shipments_shipment WHERE parent_id IS NOT NULL
    ), kindred(id) AS (
        SELECT other FROM due JOIN kin USING (id) UNION SELECT other FROM kindred JOIN kin USING (id)
    ), late AS (
        SELECT id FROM due UNION SELECT id FROM kindred
    )
"""


@dataclass(frozen=True, kw_only=True)
class Late:
    """Offers and shipments that are left out, as many as the reader may know of, and since when the first of them is.

    Their number is at most MOST_COUNTED.
    """

    subjects: int
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Shares in a total that are taken away, so many times; ``waiting`` are those of them that wait for an answer."""

    total: UUID
    sums: str
    times: int
    waiting: Collection[UUID]


def late_of(reader: Reader, *, beside: Collection[UUID]) -> Late | None:
    """Who is left out, but for those that are told ``beside`` the totals."""
    since = FlowDue.objects.aggregate(since=Min("since"))["since"]
    late = RawSQL(f"ARRAY({LATE} SELECT id FROM late WHERE id <> ALL(%s))", [list(beside)])  # noqa: S608, S611
    seen = Subject.objects.visible_to(reader).filter(IsAny("pk", late), kind__in=FLOWING).order_by()
    subjects = seen[:MOST_COUNTED].count()
    return Late(subjects=subjects, since=since) if subjects else None


def taken_away(reader: Reader, totals: Collection[UUID], *, beside: Collection[UUID]) -> Iterator[Taken]:
    """What these totals hold for ``reader`` of all that is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {LATE}
            SELECT total_id, sums, count(*), array_agg(subject_id) FILTER (WHERE offer <> '')
              FROM late JOIN shipments_flowshare ON subject_id = late.id
             WHERE total_id = ANY(%s) AND least <= %s AND above > %s AND late.id <> ALL(%s)
             GROUP BY total_id, sums LIMIT %s
            """,  # noqa: S608
            [list(totals), *[int(reader.clearance)] * 2, list(beside), MOST_TAKEN_AWAY + 1],
        )
        if cursor.rowcount > MOST_TAKEN_AWAY:
            raise TooMuchToRead(
                "Too much of what was added up has changed since. Name a donor, a recipient or a crisis, "
                "or ask again once it is added up anew.",
                is_passing=True,
            )
        for total, sums, times, waiting in cursor:
            yield Taken(total=total, sums=sums, times=times, waiting=waiting or ())
