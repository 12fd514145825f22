"""Ingest alone, and ingest with all that follows: ours, the naive way and the floor, taking turns in each round."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psycopg

from shipments.generation.stories import Story
from shipments.models import Subject
from tests.bench.base import Base, sent
from tests.bench.callers import Call, call, wait_until
from tests.bench.floor import Floor
from tests.bench.folding import Folding
from tests.bench.keeping import Kept
from tests.bench.meter import Figures, Meter
from tests.bench.place import Place, Process, stopped

BATCH = 1000  # items of a JSON array, and rows of the floor's transactions
CALLERS = 16
STREAMS = 2
NDJSON = "application/x-ndjson"


@dataclass(kw_only=True)
class Writing:
    """Everything that the rounds of writing need."""

    place: Place
    meter: Meter
    figures: Figures
    base: Base
    floor: Floor
    kept: Kept
    connection: psycopg.Connection
    ours: Process
    naive: Process
    ours_headers: dict[str, str]
    naive_headers: dict[str, str]
    rounds: int
    part: int  # of a round's work, one in so many
    say: Callable[[str], None]
    shipments: int = 500  # told of in each round
    naive_reports: int = 1000  # in each round

    def measure(self, size: int) -> None:
        """All rounds of writing over a base of ``size`` shipments, after one that warms up and is not counted."""
        folding = Folding(figures=self.figures, meter=self.meter, floor=self.floor, connection=self.connection)
        worker = self.place.worker("worker", "aidtracker.celery")
        naive_worker = self.place.worker("naive-worker", "tests.bench.naive.celery", redis=1)
        try:
            for number in range(self.rounds + 1):
                self.figures.is_counting = number > 0
                self.say(f"writing, round {number} of {self.rounds}" if number else "writing, to warm up")
                # Nobody else may take what is due while the work is measured without Celery.
                with stopped(worker):
                    folding.round(size, self._ingest(size))
                self._end_to_end(size, worker)
                self._single(size, worker, naive_worker)
            self.figures.facts[size, "peak_mb_worker"] = max(worker.peak_memory(), folding.peak_mb)
        finally:
            folding.close()
            self.place.stop(worker, naive_worker)
        self.figures.facts[size, "peak_mb_web"] = self.ours.peak_memory()

    def _ingest(self, size: int) -> list[Story]:
        stories = self.base.stories(self.shipments // self.part)
        reports = sent(stories)
        self._ours(size, "ingest", "ours", [_stream(reports)], len(reports))
        rows = self.floor.rows_about([story.plan.reference for story in stories])
        with self.meter.round(rows.count(b"\n")) as sample:
            self.floor.ingest(rows, at_once=BATCH)
        self.figures.add(size, "ingest", "floor", sample)
        kept = self.kept.rows_about([story.plan.reference for story in stories], at_once=BATCH)
        with self.meter.round(rows.count(b"\n")) as sample:
            self.kept.store(kept)
        self.figures.add(size, "ingest", "our rows, COPY alone", sample)
        more = self.base.stories(self.shipments // self.part)
        reports = sent(more)
        self._ours(size, "ingest, JSON arrays", "ours", _arrays(reports), len(reports))
        for_two = sent(self.base.stories(self.shipments // self.part))
        streams = [_stream(share) for share in _shares(for_two, STREAMS)]
        self._ours(size, "ingest", "ours, two streams", streams, len(for_two), callers=STREAMS)
        return [*stories, *more]

    def _ours(
        self, size: int, path: str, contender: str, calls: Sequence[Call], units: int, *, callers: int = 1
    ) -> None:
        with self.meter.round(units, self.ours) as sample:
            sample.waits = call(self.ours.port, calls, headers=self.ours_headers, callers=callers)
        self.figures.add(size, path, contender, sample)

    def _end_to_end(self, size: int, worker: Process) -> None:
        stories = self.base.stories(self.shipments // self.part)
        reports = sent(stories)
        with self.meter.round(len(reports), self.ours, worker) as sample:
            call(self.ours.port, [_stream(reports)], headers=self.ours_headers)
            wait_until(self._is_believed)
        self.figures.add(size, "end to end", "ours", sample)
        references = [story.plan.reference for story in stories]
        rows = self.floor.rows_about(references)
        ids = list(Subject.objects.filter(reference__in=references).values_list("pk", flat=True))
        with self.meter.round(rows.count(b"\n")) as sample:
            self.floor.ingest(rows, at_once=BATCH)
            self.floor.fold(ids)
        self.figures.add(size, "end to end", "floor", sample)

    def _single(self, size: int, worker: Process, naive_worker: Process) -> None:
        """One report a POST, by several callers at once, until all is believed: ours and the naive way."""
        count = self.naive_reports // self.part
        reports = sent(self.base.stories(count // 8 + 1))[:count]
        calls = [_post("/api/v1/reports/", each, expect=(200, 201, 202)) for each in reports]
        with self.meter.round(count, self.ours, worker) as sample:
            sample.waits = call(self.ours.port, calls, headers=self.ours_headers, callers=CALLERS)
            wait_until(self._is_believed)
        self.figures.add(size, "one report a POST", "ours", sample)

        self._naive_shipments()
        # Without the repeats: two of them at once are a race that the naive way loses with a 500.
        once = {(each["source"], each["event_id"]): each for each in self._resolved(reports)}
        calls = [_post("/reports/", _as_naive(each), expect=(201, 400)) for each in once.values()]
        with self.meter.round(len(calls), self.naive, naive_worker) as sample:
            sample.waits = call(self.naive.port, calls, headers=self.naive_headers, callers=CALLERS)
            wait_until(self._naive_is_done)
        self.figures.add(size, "one report a POST", "naive", sample)
        row = self.connection.execute("SELECT FROM naive_statuschange LIMIT 1").fetchone()
        assert row is not None, "the naive way's tasks were thrown away"

    def _resolved(self, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The reports with their subject by reference, since the naive way knows no other name."""
        rows = self.connection.execute(
            """
            SELECT scheme || ':' || value, reference FROM shipments_subjectidentifier
              JOIN shipments_subject ON shipments_subject.id = subject_id
             WHERE value = ANY(%s)
            """,
            [[each["subject"].rpartition(":")[2] for each in reports]],
        )
        names = dict(rows.fetchall())
        return [{**each, "subject": names.get(each["subject"], each["subject"])} for each in reports]

    def _naive_shipments(self) -> None:
        self.connection.execute(
            """
            INSERT INTO naive_shipment (reference, status, updated_at)
            SELECT reference, '', now() FROM shipments_subject WHERE kind = 'shipment' ON CONFLICT DO NOTHING
            """
        )

    def _is_believed(self) -> bool:
        """Nothing is due and each event is numbered. Asked by a planned statement, as it is asked often."""
        row = self.connection.execute(
            """
            SELECT NOT EXISTS (SELECT FROM shipments_due WHERE NOT quarantined AND not_before <= now())
               AND NOT EXISTS (SELECT FROM shipments_outboxevent WHERE sequence IS NULL)
            """
        ).fetchone()
        assert row is not None
        return bool(row[0])

    def _naive_is_done(self) -> bool:
        import redis

        queue = redis.Redis.from_url(self.place.broker.url(1))
        return queue.llen("celery") == 0 and queue.hlen("unacked") == 0


def _post(path: str, said: Any, *, expect: tuple[int, ...]) -> Call:
    return Call(method="POST", path=path, body=json.dumps(said).encode(), expect=expect)


def _stream(reports: Sequence[dict[str, Any]]) -> Call:
    body = b"\n".join(json.dumps(each).encode() for each in reports)
    return Call(method="POST", path="/api/v1/reports/batch/", body=body, content_type=NDJSON, expect=(207,))


def _shares(reports: list[dict[str, Any]], count: int) -> list[list[dict[str, Any]]]:
    """So many runs of ``reports``, nearly as long as one another."""
    ends = [len(reports) * n // count for n in range(count + 1)]
    return [reports[first:last] for first, last in pairwise(ends)]


def _arrays(reports: Sequence[dict[str, Any]]) -> list[Call]:
    return [
        _post("/api/v1/reports/batch/", reports[first : first + BATCH], expect=(207,))
        for first in range(0, len(reports), BATCH)
    ]


def _as_naive(said: dict[str, Any]) -> dict[str, Any]:
    """The same report for the naive way, which knows our own codes alone and takes any other as it is."""
    occurred = said.get("occurred", "")
    return {
        "shipment": said["subject"],
        "source": said["source"],
        "event_id": said["event_id"],
        "code": said.get("code", ""),
        "place": said.get("place", ""),
        "occurred_at": (occurred if "T" in occurred else f"{occurred}T00:00:00Z") if occurred else None,
        "asserted_at": said["asserted_at"],
        "facts": said.get("facts", []),
        "flags": said.get("flags", {}),
    }
