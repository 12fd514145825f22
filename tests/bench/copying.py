"""What storing pictures costs by itself: exactly the rows that ours has stored, by COPY into its own tables.

No fold, no reading, no comparing, nothing of ours: values in, JSON written by msgspec, binary COPY, a transaction
for as many subjects as the worker takes at once. Whoever stores these rows pays this, however the rest is done.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
from msgspec.json import encode
from psycopg import sql
from psycopg.types.json import Jsonb

PICTURE = ("shipments_picture", "shipments_finding", "shipments_conflict")


class PictureRows:
    """The rows of the pictures of some subjects, taken out of their tables and ready to be put back."""

    def __init__(self, connection: psycopg.Connection, keys: Sequence[UUID], *, at_once: int) -> None:
        self.connection = connection
        self.batches = [list(keys[first : first + at_once]) for first in range(0, len(keys), at_once)]
        self.tables = [_Table(connection, name, keys) for name in PICTURE]

    def copy(self) -> None:
        """Put them back."""
        for batch in self.batches:
            with self.connection.transaction(), self.connection.cursor() as cursor:
                for table in self.tables:
                    with cursor.copy(table.statement) as copy:
                        copy.set_types(table.types)
                        for row in table.rows(batch):
                            copy.write_row(row)

    def delete(self) -> None:
        """Take them out of the tables."""
        for name in PICTURE:
            statement = sql.SQL("DELETE FROM {} WHERE subject_id = ANY(%s)").format(sql.Identifier(name))
            self.connection.execute(statement, [[key for batch in self.batches for key in batch]])


class _Table:
    def __init__(self, connection: psycopg.Connection, name: str, keys: Sequence[UUID]) -> None:
        found = connection.execute(
            """
            SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
             WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''
             ORDER BY attname <> 'subject_id', attnum
            """,
            [name],
        ).fetchall()
        self.types = [each for _, each in found]
        self.json = [place for place, each in enumerate(self.types) if each == "jsonb"]
        columns = sql.SQL(", ").join(sql.Identifier(column) for column, _ in found)
        names = {"table": sql.Identifier(name), "columns": columns}
        self.statement = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)").format(**names)
        select = sql.SQL("SELECT {columns} FROM {table} WHERE subject_id = ANY(%s) ORDER BY id").format(**names)
        self.values: defaultdict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
        for row in connection.execute(select, [list(keys)]):
            self.values[row[0]].append(row)

    def rows(self, keys: Sequence[UUID]) -> Iterator[list[Any]]:
        for key in keys:
            for values in self.values[key]:
                row = list(values)
                for place in self.json:
                    row[place] = None if row[place] is None else Jsonb(row[place], dumps=encode)
                yield row
