"""What one round cost: time, processor, statements and buffers, by the same counters for every contender."""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from tests.bench.place import Place, Process


@dataclass(kw_only=True)
class Sample:
    """One round of one contender. ``units`` are reports, subjects or requests; ``waits`` seconds of each request."""

    units: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    database_cpu: float = 0.0
    statements: int = 0
    buffers: int = 0
    waits: list[float] = field(default_factory=list)


class Meter:
    """Reads the counters before and after a round: of the place's database, and the whole server's processor time."""

    def __init__(self, place: Place) -> None:
        self.place = place
        # Not the contenders' database, so that reading the counters is not counted.
        self.counters = place.superuser("postgres")
        self.counters.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def close(self) -> None:
        self.counters.close()

    @contextmanager
    def round(self, units: int, *processes: Process) -> Iterator[Sample]:
        """Measure what happens inside; the processor time is that of ``processes``."""
        sample = Sample(units=units)
        statements, buffers = self._statements()
        cpu, database = sum(each.cpu() for each in processes), self.place.database_cpu()
        began = time.perf_counter()
        yield sample
        sample.seconds = time.perf_counter() - began
        sample.database_cpu = self.place.database_cpu() - database
        sample.cpu = sum(each.cpu() for each in processes) - cpu
        now, read = self._statements()
        sample.statements, sample.buffers = now - statements, read - buffers

    def _statements(self) -> tuple[int, int]:
        row = self.counters.execute(
            """
            SELECT COALESCE(sum(calls), 0), COALESCE(sum(shared_blks_hit + shared_blks_read), 0)
              FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = %s
            """,
            [self.place.database],
        ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])


@dataclass(kw_only=True)
class Figures:
    """Samples by (size, path, contender)."""

    samples: dict[tuple[int, str, str], list[Sample]] = field(default_factory=dict)
    # What is measured once: peak memory, bytes on disk, by (size, name).
    facts: dict[tuple[int, str], float] = field(default_factory=dict)
    # Not while a round warms up.
    is_counting: bool = True

    def add(self, size: int, path: str, contender: str, sample: Sample) -> None:
        """Keep a round's sample, and say on the way how fast it was."""
        if self.is_counting:
            self.samples.setdefault((size, path, contender), []).append(sample)
        speed = f"{sample.units / sample.seconds:,.0f} a second"
        print(f"{'':9} {path}: {contender} at {size:,}: {speed}", file=sys.stderr, flush=True)

    def seconds_each(self, size: int, path: str, contender: str) -> float | None:
        """Median seconds for one unit; None where it was not measured."""
        rounds = self.samples.get((size, path, contender))
        return statistics.median(one.seconds / one.units for one in rounds) if rounds else None

    def cost_each(self, size: int, path: str, contender: str) -> float | None:
        """Median processor seconds (program and database) for one unit."""
        rounds = self.samples.get((size, path, contender))
        return statistics.median((one.cpu + one.database_cpu) / one.units for one in rounds) if rounds else None

    def buffers_each(self, size: int, path: str, contender: str) -> float | None:
        """Median pages touched for one unit."""
        rounds = self.samples.get((size, path, contender))
        return statistics.median(one.buffers / one.units for one in rounds) if rounds else None

    def told(self, size: int, path: str, contender: str) -> dict[str, float | int | None]:
        """One line of the table."""
        rounds = self.samples[size, path, contender]
        each = self.seconds_each(size, path, contender)
        assert each is not None
        waits = sorted(wait for one in rounds for wait in one.waits)
        return {
            "rounds": len(rounds),
            "units_a_round": rounds[0].units,
            "per_second": round(1 / each, 1),
            "p50_ms": round(1000 * waits[len(waits) // 2], 2) if waits else None,
            "p99_ms": round(1000 * waits[int(len(waits) * 0.99)], 2) if waits else None,
            "cpu_us_each": _median(1e6 * one.cpu / one.units for one in rounds),
            "database_cpu_us_each": _median(1e6 * one.database_cpu / one.units for one in rounds),
            "statements_each": _median((one.statements / one.units for one in rounds), digits=3),
            "buffers_each": _median(one.buffers / one.units for one in rounds),
        }


def _median(values: Iterator[float], *, digits: int = 1) -> float:
    return round(statistics.median(values), digits)


def bytes_of(connection: psycopg.Connection, *tables: str) -> int:
    """What tables take on disk with their indexes."""
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(tables)]
    ).fetchone()
    assert row is not None
    return int(row[0])
