"""A worker without Celery, for measuring the work alone: waits for a line, does it, tells what it took.

python -m tests.bench.drain BATCH_SIZE        stdin: {"fold": [keys]} folds those, writes nothing; {} drains the queue
                                              stdout: one JSON line a round
"""

import json
import resource
import sys
import time
from uuid import UUID

import django


def main() -> None:
    django.setup()
    limit = int(sys.argv[1])
    from aidtracker.celery import keep_what_is_loaded

    keep_what_is_loaded()
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        began, cpu = time.perf_counter(), time.process_time()
        subjects = fold(asked["fold"], limit) if "fold" in asked else drain(limit)
        said = {
            "subjects": subjects,
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(said), flush=True)


def drain(limit: int) -> int:
    """Reconcile what is due until nothing can be claimed; how many subjects."""
    from shipments.services.reconciling import reconcile_due

    subjects = 0
    while claimed := reconcile_due(limit=limit):
        subjects += claimed
    return subjects


def fold(keys: list[str], limit: int) -> int:
    """Load and fold subjects from the beginning of their evidence, as reconciling does; how many."""
    from shipments.services.reconciling import fold_subjects

    subjects = 0
    for first in range(0, len(keys), limit):
        subjects += len(fold_subjects({UUID(key): None for key in keys[first : first + limit]}))
    return subjects


if __name__ == "__main__":
    main()
