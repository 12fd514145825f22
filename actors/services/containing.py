"""Nothing is a part of itself, however many steps away: actors, places and shipments that are parts of others."""

from typing import Any
from zlib import crc32

from django.db import connection
from django.db.models import Model

# The number is the project's own for these locks.
CONTAINER_LOCKS, BUCKETS = 7_120_525, 64


def lock_containers(kind: str) -> None:
    """Until the transaction ends, nobody else makes one row of ``kind`` a part of another.

    To be called before any row is locked. Without it, two at once could make each a part of the other, and neither
    would see a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CONTAINER_LOCKS, crc32(kind.encode()) % BUCKETS])


def would_contain_itself(row: Model, link: str, container: Any) -> bool:
    """Whether ``row`` would be a part of itself, were its ``link`` to lead to the row with the key ``container``."""
    seen = {row.pk}
    while container is not None:
        if container in seen:
            return True
        seen.add(container)
        container = type(row)._default_manager.filter(pk=container).values_list(f"{link}_id", flat=True).first()
    return False
