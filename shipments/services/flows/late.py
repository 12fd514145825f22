"""What waits to be added up while it is too much to be read beside the totals: left out of them, and named.

Of a family of part deliveries all are left out, for what one adds depends on the others.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from actors.access import Reader
from actors.services.arrays import IsAny
from shipments.models import Subject
from shipments.services.errors import TooMuchToRead
from shipments.services.flows.ladder import RUNGS

# So many are counted; of more it is told that there are at least so many.
MOST_COUNTED = 100_000
# Different sums that are taken away for a page, which takes a second.
MOST_TAKEN_AWAY = 50_000
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
        SELECT id FROM (SELECT id FROM due UNION SELECT id FROM kindred) AS family WHERE id <> ALL(%s)
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


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What is left out of some totals, and who is left out of all."""

    late: Late | None
    taken: Collection[Taken]


def left_out(reader: Reader, totals: Collection[UUID], *, beside: Collection[UUID]) -> LeftOut:
    """What these totals hold for ``reader`` of all that waits, but for those that are told ``beside`` them.

    One statement, so that who waits is looked for once.
    """
    late = RawSQL("ARRAY(SELECT id FROM late)", ())
    seen = Subject.objects.visible_to(reader).filter(IsAny("pk", late), kind__in=RUNGS).order_by()
    counted, parameters = seen.values("pk")[:MOST_COUNTED].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {LATE}
            (SELECT total_id, sums, count(*), array_agg(subject_id) FILTER (WHERE offer <> ''), NULL::timestamptz
               FROM late JOIN shipments_flowshare ON subject_id = late.id
              WHERE total_id = ANY(%s) AND least <= %s AND above > %s
              GROUP BY total_id, sums LIMIT %s)
            UNION ALL
            SELECT NULL, '', (SELECT count(*) FROM ({counted}) AS seen), NULL, min(since) FROM shipments_flowdue
            """,  # noqa: S608
            [list(beside), list(totals), *[int(reader.clearance)] * 2, MOST_TAKEN_AWAY + 1, *parameters],
        )
        rows = cursor.fetchall()
    taken = [
        Taken(total=total, sums=sums, times=times, waiting=waiting or ())
        for total, sums, times, waiting, _ in rows
        if total
    ]
    if len(taken) > MOST_TAKEN_AWAY:
        raise TooMuchToRead(
            "Too much of what was added up has changed since. Name a donor, a recipient or a crisis, "
            "or ask again once it is added up anew.",
            is_passing=True,
        )
    ((subjects, since),) = ((times, since) for total, _, times, _, since in rows if not total)
    return LeftOut(late=Late(subjects=subjects, since=since) if subjects else None, taken=taken)
