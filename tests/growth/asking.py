"""Questions to a base of its own that grows: what each costs at each size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connections

from tests.bench.base import Base
from tests.database import reclone
from tests.growth.base import BESIDE, SIZES, make_rare, superuser
from tests.growth.plans import Cost, cost_of, statements
from tests.servers import addresses

# Which list, and what is asked of it.
Cell = tuple[str, str]


@contextmanager
def own_database(blocker: Any) -> Iterator[pytest.MonkeyPatch]:
    """For a module: a database whose commits are real, and room for patches; both gone afterwards."""
    try:
        with blocker.unblock(), pytest.MonkeyPatch.context() as patch:
            yield patch
            connections["default"].close()
            connections["default"].close_pool()
    finally:
        reclone(addresses())


def at_each_size(
    base: Base, also: Callable[[psycopg.Connection, int], object] = lambda connection, size: None
) -> Iterator[dict[str, str]]:
    """The base at each size in turn, ``also`` having been done there: what finds the rows that are never copied."""
    rare: dict[str, str] = {}
    with superuser(addresses().superuser_url(addresses().database)) as connection:
        for size in SIZES:
            base.grow(size, connection, beside=BESIDE.items())
            also(connection, size)
            rare = rare or make_rare()
            connection.execute("VACUUM (ANALYZE)")
            yield rare


def cost_of_asking(ask: Callable[[str], Any], address: str) -> Cost:
    """What the answer to ``address`` costs."""
    with statements() as found:
        answer = ask(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.content[:500])
    return cost_of(found)
