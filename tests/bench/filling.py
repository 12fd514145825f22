"""Tables that are filled by the million: their indexes stand still meanwhile and are built at the end.

The catalogue is told so, where pg_restore would create them, so that indexes and constraints stay as migrations made
them. A run that fails in between leaves a database that is good for nothing but being thrown away, as a bench's is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

STAND_STILL = "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY(%s::regclass[])"


@contextmanager
def indexed_at_the_end(connection: psycopg.Connection, tables: Sequence[str]) -> Iterator[None]:
    """No index of ``tables`` is kept inside, nor read; afterwards all are right, constraints looked at again."""
    connection.execute(STAND_STILL, [list(tables)])
    yield
    for table in tables:
        connection.execute(f"REINDEX TABLE {table}".encode())
