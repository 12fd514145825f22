"""The database's clock, by which leases and waits are counted on every machine alike."""

from datetime import datetime

from django.db import connection


def moment(now: datetime | None = None) -> datetime:
    """``now`` where it is given (a test's clock), else the time of the database."""
    if now is not None:
        return now
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]
