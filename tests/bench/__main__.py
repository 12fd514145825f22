"""make bench: ours, the naive way and the floor side by side in one run.

    servers ─ migrate ─ for each size: grow the base ─ rounds of writing ─ rounds of reading ─> table, JSON, page

Ratios within one run are what counts: contenders take turns within each round, so that whatever else the
machine is doing falls on all of them.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from typing import Any

from tests.bench.place import ROOT, Place, place

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
    with place() as where:
        os.environ.update(where.environment(0), DJANGO_SETTINGS_MODULE="aidtracker.settings")
        return _run(where, sorted(given.sizes), given)


def _run(where: Place, sizes: list[int], given: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench.base import Base
    from tests.bench.floor import Floor
    from tests.bench.keeping import Kept
    from tests.bench.latency import RATE, Latency
    from tests.bench.meter import Figures, Meter, Pace, bytes_of
    from tests.bench.reading import Reading
    from tests.bench.results import document, table, write
    from tests.bench.writing import Writing

    load = os.getloadavg()[0]
    say = _teller()
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    naive = {"DJANGO_SETTINGS_MODULE": "tests.bench.naive.settings"}
    migrate = [sys.executable, "-m", "django", "migrate", "--database=owner", "--run-syncdb", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env={**os.environ, **naive}, check=True)
    meter, figures, connection = Meter(where), Figures(), where.superuser()
    base = Base()
    floor, kept = Floor(connection), Kept(connection)
    tokens = _callers(connection)
    ours = where.web("web", "aidtracker.wsgi", probe="/healthz")
    naive_web = where.web("naive-web", "tests.bench.naive.wsgi", redis=1)
    missing: dict[str, str] = {}
    shared = {"place": where, "meter": meter, "figures": figures, "connection": connection, "rounds": given.rounds}
    shared |= {"part": 3 if given.quick else 1, "naive_headers": {"Authorization": f"Token {tokens['naive']}"}}
    pace = Pace()

    def tell(done: list[int]) -> dict[str, Any]:
        """What was measured so far; kept at once, so that a run that is cut short has something to show."""
        said = document(
            figures,
            done,
            missing=missing,
            servers=[f"PostgreSQL {where.postgres.binaries.major}", where.broker.version()],
            load=(load, os.getloadavg()[0]),
        )
        if given.keep:
            write(said)
        return said

    for size in sizes:
        say(f"base of {size:,} shipments")
        base.grow(size, connection, say)
        floor.top_up()
        reports = connection.execute("SELECT count(*) FROM shipments_report").fetchone()
        assert reports is not None
        figures.facts[size, "reports"] = reports[0]
        for name, table_name in (("report", "shipments_report"), ("floor report", "floor.report")):
            figures.facts[size, f"bytes a {name}"] = bytes_of(connection, table_name) / reports[0]
        believed = ("shipments_picture", "shipments_finding", "shipments_conflict")
        figures.facts[size, "bytes of picture a shipment"] = bytes_of(connection, *believed) / size
        headers = {"Authorization": f"Bearer {tokens['reader']}"}
        if given.only in (None, "reading"):
            missing |= Reading(**shared, pace=pace, ours_headers=headers, say=say).measure(size)
        headers = {"Authorization": f"Bearer {tokens['sender']}"}
        if given.only in (None, "writing"):
            kept.top_up()
            for_writing = {"base": base, "floor": floor, "kept": kept, "ours": ours, "naive": naive_web}
            Writing(**shared, **for_writing, ours_headers=headers, say=say).measure(size)
        said = tell(sizes[: sizes.index(size) + 1])
    if given.latency and given.only in (None, "latency"):
        say(f"{given.latency} s of {RATE:,} reports a second beside an import")
        senders = {name: {"Authorization": f"Bearer {tokens[name]}"} for name in ("sender", "bulk")}
        latency = Latency(place=where, connection=connection, base=base, say=say, senders=senders)
        figures.facts |= {(sizes[-1], name): value for name, value in latency.measure(seconds=given.latency).items()}
        said = tell(sizes)
    meter.close()
    connection.close()
    print(table(said))
    return 0


def _callers(connection: object) -> dict[str, str]:
    """Keys of two organisations that send for everybody, one that reads what is public, and a naive token."""
    from actors.factories import ActorFactory, UserFactory
    from actors.marking import Marking
    from actors.services.keys import issue_key

    actor = ActorFactory()
    _, sender = issue_key(
        name="sender", actor=actor, scopes=["read", "reports:write", "reports:relay"], clearance=Marking.RED
    )
    _, bulk = issue_key(
        name="bulk", actor=ActorFactory(), scopes=["read", "reports:write", "reports:relay"], clearance=Marking.RED
    )
    _, reader = issue_key(name="reader", actor=actor, scopes=["read"], clearance=Marking.CLEAR)
    user, token = UserFactory(), "0" * 40
    connection.execute(  # type: ignore[attr-defined]
        "INSERT INTO authtoken_token (key, user_id, created) VALUES (%s, %s, now())", [token, user.pk]
    )
    return {"sender": sender, "bulk": bulk, "reader": reader, "naive": token}


def _teller() -> object:
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
