"""What would be needed for more than was measured: python -m tests.bench.simulate

Plain arithmetic over docs/performance.json: bytes and processor time of a report, multiplied. It knows no
contention, no network and no failures, so that what it says is the least that is needed.
"""

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "performance.json"
REPORTS_A_SHIPMENT = 10
# A database server as can be rented anywhere. Indexes that are written to must fit into its memory.
CORES, MEMORY_GB, DISK_GB = 32, 256, 8_000
# No more than this part of a machine is planned for: the rest is for peaks, vacuum and a fallen neighbour.
FILLED = 0.5
INDEX_SHARE = 0.4  # of the bytes of a report, where its indexes have just been built, as the bench's base has them
GROWN = 1.33  # the size of indexes that grew with their table, to that (20,000 shipments: 61 MB to 46)
WARM_SHARE = 0.05  # of the picture's bytes that readers and folds touch in a day
READS_A_REPORT = 0.05  # lists of a hundred, for each report that comes in
# Reports on the books, and reports a second at the peak.
WORLDS = ((10_000_000, 100), (100_000_000, 1_000), (1_000_000_000, 5_000), (10_000_000_000, 20_000))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Of one report: bytes on disk, and seconds of processor time in database, web and worker; of one list, too."""

    size: int
    report_bytes: float
    picture_bytes: float
    database: float
    web: float
    worker: float
    list_database: float
    list_web: float


def measured(said: dict[str, Any]) -> Measured:
    """What the run with the most shipments measured."""
    size = max(said["sizes"])
    cost = {
        (one["path"], one["contender"]): (one["cpu_us_each"] / 1e6, one["database_cpu_us_each"] / 1e6)
        for one in said["figures"]
        if one["shipments"] == size
    }
    ingest, reconcile, page = cost["ingest", "ours"], cost["reconcile", "ours"], cost["list", "ours"]
    return Measured(
        size=size,
        report_bytes=said["facts"][f"bytes a report at {size}"],
        picture_bytes=said["facts"][f"bytes of picture a shipment at {size}"],
        database=ingest[1] + reconcile[1],
        web=ingest[0],
        worker=reconcile[0],
        list_database=page[1],
        list_web=page[0],
    )


def needed(one: Measured, reports: int, rate: int) -> dict[str, float]:
    """What so many reports on the books and so many a second want."""
    shipments = reports / REPORTS_A_SHIPMENT
    indexes = reports * one.report_bytes / 1e9 * INDEX_SHARE * GROWN
    evidence = reports * one.report_bytes / 1e9 * (1 - INDEX_SHARE) + indexes
    picture = shipments * one.picture_bytes / 1e9
    writes, reads = rate * one.database, rate * READS_A_REPORT * one.list_database
    memory = indexes + picture * WARM_SHARE
    nodes = max(
        math.ceil(writes / (CORES * FILLED)),
        math.ceil(memory / (MEMORY_GB * FILLED)),
        math.ceil((evidence + picture) / (DISK_GB * FILLED)),
    )
    return {
        "reports": reports,
        "a second": rate,
        "evidence GB": evidence,
        "picture GB": picture,
        "to be kept in memory GB": memory,
        "database cores for writes": writes,
        "worker cores": rate * one.worker,
        "web cores for writes": rate * one.web,
        "database cores for reads": reads,
        "web cores for reads": rate * READS_A_REPORT * one.list_web,
        "database nodes for evidence": nodes,
        "replicas for reads": math.ceil(reads / (CORES * FILLED)) if writes + reads > CORES * FILLED * nodes else 0,
    }


def main() -> None:
    one = measured(json.loads(RESULTS.read_text()))
    rows = [needed(one, *world) for world in WORLDS]
    sys.stdout.write(f"From what was measured at {one.size:,} shipments:\n\n")
    head = ["", *(f"{row['reports']:,.0f} reports, {row['a second']:,.0f} a second" for row in rows)]
    lines = [head, ["---"] * len(head)]
    lines += [[name, *(f"{row[name]:,.1f}".removesuffix(".0") for row in rows)] for name in list(rows[0])[2:]]
    sys.stdout.write("\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n")


if __name__ == "__main__":
    main()
