"""The worker's part alone, in processes of ours without Celery: reconciling by one and by two, and refolding."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shipments.generation.stories import Story
from shipments.models import Due, Subject
from shipments.services.queue import mark_due_now
from shipments.services.reconciling import count_due
from shipments.services.relaying import relay_outbox
from tests.bench.base import add_up_flows
from tests.bench.copying import PictureRows
from tests.bench.place import ROOT
from tests.bench.sites import Site

# So many that each of two workers takes several in a round.
AT_ONCE = 50


@dataclass(kw_only=True)
class Folding:
    """Two workers that wait to be told, and the floor beside them."""

    site: Site
    peak_mb: float = 0.0
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def round(self, told: list[Story]) -> None:
        """Every second subject that is due by one worker, the others by two at once; then all of them again."""
        add_up_flows()
        due = list(Due.objects.order_by("subject_id").values_list("subject_id", flat=True))
        later = [due[1::2]]
        with self.site.connection.transaction():
            self.site.connection.execute("CREATE TEMP TABLE aside AS SELECT * FROM shipments_due WHERE false")
            self.site.connection.execute(
                "INSERT INTO aside SELECT * FROM shipments_due WHERE subject_id = ANY(%s)", later
            )
            self.site.connection.execute("DELETE FROM shipments_due WHERE subject_id = ANY(%s)", later)
        self._ours("reconcile", "ours", due[0::2], workers=1)
        with self.site.connection.transaction():
            self.site.connection.execute("INSERT INTO shipments_due SELECT * FROM aside")
            self.site.connection.execute("DROP TABLE aside")
        self._ours("reconcile", "ours, two workers", due[1::2], workers=2)
        assert not count_due()
        self._flows(due)
        references = [story.plan.reference for story in told]
        ids = list(Subject.objects.filter(reference__in=references).values_list("pk", flat=True))
        self._floor("reconcile", "floor", ids, self.site.floor.fold)
        self._floor("refold", "floor", ids, self.site.floor.refold)
        self._ours("refold", "ours, fold and status", ids, workers=1, fold=[str(key) for key in ids])
        rows = PictureRows(self.site.connection, ids, at_once=AT_ONCE)
        rows.delete()
        self._copy(ids, rows)
        rows.delete()
        mark_due_now(ids)
        self._ours("refold", "ours, all written", ids, workers=1)
        while relay_outbox():
            pass

    def close(self) -> None:
        """End both workers."""
        for worker in self.workers:
            worker.terminate()
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe is not None:
                    pipe.close()
        self.workers.clear()

    def _ours(self, path: str, contender: str, keys: Sequence[Any], *, workers: int, **asked: list[str]) -> None:
        self._start()
        with self.site.meter.round(self._reports_of(keys)) as sample:
            said = self._ask(workers, asked)
        sample.cpu = sum(each["cpu"] for each in said)
        self.peak_mb = max(self.peak_mb, *(each["peak_mb"] for each in said))
        self.site.add(path, contender, sample)

    def _floor(self, path: str, contender: str, keys: Sequence[Any], fold: Any) -> None:
        # Several times: once is over before a clock of hundredths has moved.
        times = 5
        with self.site.meter.round(times * self._reports_of(keys)) as sample:
            for _ in range(times):
                fold(keys)
        self.site.add(path, contender, sample)

    def _copy(self, keys: Sequence[Any], rows: PictureRows) -> None:
        with self.site.meter.round(self._reports_of(keys)) as sample:
            began = time.process_time()
            rows.copy()
            cpu = time.process_time() - began
        # The meter knows only other processes.
        sample.cpu = cpu
        self.site.add("refold", "picture rows, COPY alone", sample)

    def _flows(self, keys: Sequence[Any]) -> None:
        with self.site.meter.round(self._reports_of(keys)) as sample:
            began = time.process_time()
            add_up_flows()
            cpu = time.process_time() - began
        sample.cpu = cpu
        self.site.add("flows added up", "ours", sample)

    def _reports_of(self, keys: Sequence[Any]) -> int:
        row = self.site.connection.execute(
            "SELECT count(*) FROM shipments_report WHERE subject_id = ANY(%s)", [list(keys)]
        ).fetchone()
        assert row is not None
        return int(row[0])

    def _start(self) -> None:
        while len(self.workers) < 2:
            command = [sys.executable, "-m", "tests.bench.drain", str(AT_ONCE)]
            env = {**os.environ, **self.site.place.environment()}
            worker = subprocess.Popen(
                command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self.workers.append(worker)
            assert worker.stdout is not None
            worker.stdout.readline()

    def _ask(self, count: int, asked: dict[str, Any]) -> list[dict[str, Any]]:
        some = self.workers[:count]
        for worker in some:
            assert worker.stdin is not None
            worker.stdin.write(json.dumps(asked) + "\n")
            worker.stdin.flush()
        return [json.loads(worker.stdout.readline()) for worker in some if worker.stdout is not None]
