"""A worker without Celery, for measuring the work alone: waits for a line, drains the queue, tells what it took.

python -m tests.bench.drain BATCH_SIZE        stdin: one line a round        stdout: one JSON line a round
"""

import json
import resource
import sys
import time

import django


def main() -> None:
    django.setup()
    from shipments.services.reconciling import reconcile_due

    limit = int(sys.argv[1])
    print("ready", flush=True)
    for _ in sys.stdin:
        began, cpu = time.perf_counter(), time.process_time()
        subjects = 0
        while claimed := reconcile_due(limit=limit):
            subjects += claimed
        said = {
            "subjects": subjects,
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
