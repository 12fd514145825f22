"""A worker's child begins with connections of its own, whatever the process that it was forked from had open.

Two that share one socket read each other's answers. Celery's part for Django is to see to it, and is held to it here.
"""

import subprocess
import sys
from textwrap import dedent

import pytest

from tests.processes import ROOT

WORKER = dedent(
    """
    import os
    import sys

    from celery import signals
    from django.db import connection

    from aidtracker.celery import app

    app.loader.import_default_modules()
    app.finalize()
    worker = app.WorkController(pool_cls="prefork")

    def backend():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    # As a worker that begins does itself.
    signals.worker_init.send(sender=worker)
    own = backend()
    if sys.argv[1] == "given back":
        connection.close()
    if os.fork() == 0:
        signals.worker_process_init.send(sender=None)
        print(backend(), flush=True)
        os._exit(0)
    os.wait()
    # In the pool it is closed for both; a worker's first process asks nothing, so that nothing is lost by it.
    print(own, own if sys.argv[1] == "given back" else backend(), flush=True)
    """
)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("left", ["in use", "given back"])
def test_a_forked_worker_has_a_connection_of_its_own(left):
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", WORKER, left]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    child, parent, parent_after = map(int, told.stdout.split())
    assert child != parent
    assert parent_after == parent
