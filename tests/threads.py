"""Work that several do at the same moment, each with a database connection of their own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.db import connection, transaction

# In this database alone: tests of another process have theirs on the same server. A lock of a transaction has none, but
# who waits for one holds others in theirs.
HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
WAITING = f"""
    SELECT pid FROM pg_locks
     WHERE NOT granted AND locktype = %s AND pid IN (SELECT pid FROM pg_locks WHERE database = {HERE})
"""


def all_at_once(*works: Callable[[], object]) -> None:
    """Run each of ``works`` in a thread of its own; they begin together. What one of them raises is raised here."""
    together = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        together.wait(timeout=60)
        try:
            work()
        finally:
            # The pool has fewer connections than there may be threads.
            connection.close()

    connection.close()
    with ThreadPoolExecutor(len(works)) as threads:
        for running in [threads.submit(run, work) for work in works]:
            running.result()


def one_after_the_other(
    first: Callable[[], object],
    second: Callable[[], object],
    refusal: type[Exception] | None = None,
    *,
    by: str = "advisory",
) -> None:
    """``first`` is not committed before ``second`` waits for a lock of it, and is then refused with ``refusal``."""
    begun = threading.Event()

    def begins() -> None:
        with transaction.atomic():
            first()
            begun.set()
            until_somebody_waits(by)

    def follows() -> None:
        assert begun.wait(timeout=30)
        with pytest.raises(refusal) if refusal else nullcontext():
            second()

    all_at_once(begins, follows)


def until_somebody_waits(kind: str = "transactionid") -> list[int]:
    """Wait until another session waits for a row that this one, or a third, has changed; or for a lock of ``kind``.

    The processes of those who wait. AssertionError where nobody does for long.
    """
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(WAITING, [kind])
            if waiting := [pid for (pid,) in cursor.fetchall()]:
                return waiting
            time.sleep(0.02)
    raise AssertionError(f"nobody waits for a lock of {kind}")
