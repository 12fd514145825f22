"""make bench: ours, the naive way and the floor side by side in one run.

    servers ─ a database for each size ─ rounds of reading ─ rounds of writing ─ latency ─> table, JSON, page

Ratios within one run are what counts: contenders and sizes take turns within each round, so that whatever else
the machine is doing falls on all of them.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

from tests.bench.place import Place, place

DEFAULT_SIZES = [10_000, 100_000]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument(
        "sizes", nargs="*", type=int, default=DEFAULT_SIZES, help="Shipments of the base, in steps of 500."
    )
    parser.add_argument("--rounds", type=int, default=3, help="That are counted, after one that warms up.")
    parser.add_argument("--quick", action="store_true", help="A third of the work in each round, for a busy machine.")
    parser.add_argument("--only", choices=["reading", "writing", "latency"], help="Leave the rest out.")
    parser.add_argument("--latency", type=int, default=60, metavar="SECONDS", help="At the largest size; 0: not.")
    parser.add_argument("--keep", action="store_true", help="Write docs/performance.json and docs/performance.md.")
    given = parser.parse_args()
    # `kill` stops the run as Ctrl-C does, so that the servers are stopped in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sizes = sorted(set(given.sizes))
    with place() as where:
        # Django speaks to each size's database in turn, and rings nobody's bell.
        os.environ.update(
            where.environment(), REDIS_URL=where.broker.url(), DJANGO_SETTINGS_MODULE="aidtracker.settings"
        )
        return _run(where, sizes, given)


def _run(where: Place, sizes: list[int], given: argparse.Namespace) -> int:
    import django

    django.setup()
    from tests.bench import reading, writing
    from tests.bench.latency import RATE, Latency
    from tests.bench.meter import Figures
    from tests.bench.results import document, table, write
    from tests.bench.sites import make_sites
    from tests.bench.turns import take_turns

    load = os.getloadavg()[0]
    say, part = _teller(), 3 if given.quick else 1
    figures, missing = Figures(), {}
    sites = make_sites(where, sizes, figures, say)

    def tell() -> dict[str, Any]:
        """What was measured so far; kept at once, so that a run that is cut short has something to show."""
        said = document(
            figures,
            sizes,
            missing=missing,
            servers=[f"PostgreSQL {where.postgres.binaries.major}", where.broker.version()],
            load=(load, os.getloadavg()[0]),
        )
        if given.keep:
            write(said)
        return said

    def begin(what: str, number: int) -> None:
        if number == 0:
            # What was loaded is written out now, and not while something is measured.
            sites[-1].connection.execute("CHECKPOINT")
        figures.is_counting = number > 0
        say(f"{what}, round {number} of {given.rounds}" if number else f"{what}, to warm up")

    # All rounds of reading first, so that no size is read with what rounds of writing left in its tables.
    with ExitStack() as stack:
        if given.only in (None, "reading"):
            say("reading: its processes")
            readers = [stack.enter_context(closing(reading.Reading(site=site, part=part))) for site in sites]
            missing |= {name: why for each in readers for name, why in each.missing.items()}
            take_turns(readers, reading.STEPS, rounds=given.rounds, begin=partial(begin, "reading"))
    tell()
    with ExitStack() as stack:
        if given.only in (None, "writing"):
            say("writing: its processes, and our rows for COPY alone")
            writers = [stack.enter_context(closing(writing.Writing(site=site, part=part))) for site in sites]
            stack.enter_context(where.without_autovacuum())
            take_turns(writers, writing.STEPS, rounds=given.rounds, begin=partial(begin, "writing"))
    said = tell()
    if given.latency and given.only in (None, "latency"):
        say(f"{given.latency} s of {RATE:,} reports a second beside an import")
        sites[-1].keep(Latency(site=sites[-1], say=say).measure(seconds=given.latency))
        said = tell()
    for site in sites:
        site.close()
    print(table(said))
    return 0


def _teller() -> Callable[[str], None]:
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
