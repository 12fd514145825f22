"""Ingest alone, and ingest with all that follows: ours, the naive way and the floor, taking turns in each round."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from shipments.generation.stories import Story
from shipments.models import Subject
from tests.bench.base import sent
from tests.bench.callers import Call, call, wait_until
from tests.bench.folding import Folding
from tests.bench.keeping import Kept
from tests.bench.meter import Sample
from tests.bench.sites import Site

BATCH = 1000  # items of a JSON array, and rows of the floor's transactions
CALLERS = 16
STREAMS = 2
# Shipments of a stream: ten parts, so that what its first and last part wait for, alone, tells little.
STREAMED = 1000
IN_ARRAYS = 500  # shipments
NDJSON = "application/x-ndjson"


@dataclass(kw_only=True)
class Writing:
    """The web and worker processes of one size, and what is sent to them in each round."""

    site: Site
    part: int  # of a round's work, one in so many
    naive_reports: int = 2000  # in each round
    told: list[Story] = field(default_factory=list, init=False)  # since the last fold
    taken: int = field(default=0, init=False)  # reports that ours took in since the last vacuum

    def __post_init__(self) -> None:
        place = self.site.place
        self.kept = Kept(self.site.connection)
        self.folding = Folding(site=self.site)
        self.ours = place.web("web", "aidtracker.wsgi", probe="/healthz")
        # Connections fall on its processes as gunicorn lets them fall by itself.
        as_ever = {"GUNICORN_CMD_ARGS": "--worker-class=gthread"}
        self.naive = place.web("naive-web", "tests.bench.naive.wsgi", redis=1, **as_ever)
        self.worker = place.worker("worker", "aidtracker.celery")
        self.naive_worker = place.worker("naive-worker", "tests.bench.naive.celery", redis=1)
        # Nobody else may take what is due while the work is measured without Celery, nor at another size's turn.
        place.halt(self.worker, self.naive_worker)

    def close(self) -> None:
        """Keep what the processes took, and end them."""
        self.site.keep({
            "peak_mb_web": self.ours.peak_memory(),
            "peak_mb_worker": max(self.worker.peak_memory(), self.folding.peak_mb),
        })  # fmt: skip
        self.folding.close()
        self.site.place.stop(self.ours, self.naive, self.worker, self.naive_worker)

    def ingest(self) -> None:
        """Streams and arrays to ours, and the rows that came of the first stream by COPY."""
        self.site.enter()
        stories = self._stories(STREAMED)
        reports = sent(stories)
        self._ingest("ingest", [_stream(reports)], len(reports))
        rows = self.site.floor.rows_about([story.plan.reference for story in stories])
        with self.site.meter.round(rows.count(b"\n")) as sample:
            self.site.floor.ingest(rows, at_once=BATCH)
        self.site.add("ingest", "floor", sample)
        kept = self.kept.rows_about([story.plan.reference for story in stories], at_once=BATCH)
        with self.site.meter.round(rows.count(b"\n")) as sample:
            self.kept.store(kept)
        self.site.add("ingest", "our rows, COPY alone", sample)
        more = self._stories(IN_ARRAYS)
        reports = sent(more)
        self._ingest("ingest, JSON arrays", _arrays(reports), len(reports))
        for_two = sent(self._stories(STREAMED))
        streams = [_stream(share) for share in _shares(for_two, STREAMS)]
        self._ingest("ingest", streams, len(for_two), contender="ours, two streams", callers=STREAMS)
        self.told = [*stories, *more]

    def fold(self) -> None:
        """Reconcile what came in."""
        self.site.enter()
        self.folding.round(self.told)

    def end_to_end(self) -> None:
        """A stream until all of it is believed."""
        self.site.enter()
        stories = self._stories(STREAMED)
        reports = sent(stories)
        with self.site.place.awake(self.worker):
            with self.site.meter.round(len(reports), self.ours, self.worker) as sample:
                call(self.ours.port, [_stream(reports)], headers=self.site.headers["sender"])
                wait_until(self._is_believed)
        self._took("end to end", sample)
        references = [story.plan.reference for story in stories]
        rows = self.site.floor.rows_about(references)
        ids = list(Subject.objects.filter(reference__in=references).values_list("pk", flat=True))
        with self.site.meter.round(rows.count(b"\n")) as sample:
            self.site.floor.ingest(rows, at_once=BATCH)
            self.site.floor.fold(ids)
        self.site.add("end to end", "floor", sample)

    def single(self) -> None:
        """One report a POST, by several callers at once, until all is believed: ours and the naive way."""
        self.site.enter()
        count = self.naive_reports // self.part
        reports = sent(self.site.base.stories(count // 8 + 1))[:count]
        calls = [_post("/api/v1/reports/", each, expect=(200, 201, 202)) for each in reports]
        with self.site.place.awake(self.worker):
            with self.site.meter.round(count, self.ours, self.worker) as sample:
                sample.waits = call(self.ours.port, calls, headers=self.site.headers["sender"], callers=CALLERS)
                wait_until(self._is_believed)
        self._took("one report a POST", sample)

        self._naive_shipments()
        # Without the repeats: two of them at once are a race that the naive way loses with a 500.
        once = {(each["source"], each["event_id"]): each for each in self._resolved(reports)}
        calls = [_post("/reports/", _as_naive(each), expect=(201, 400)) for each in once.values()]
        with self.site.place.awake(self.naive_worker):
            with self.site.meter.round(len(calls), self.naive, self.naive_worker) as sample:
                sample.waits = call(self.naive.port, calls, headers=self.site.headers["naive"], callers=CALLERS)
                wait_until(self._naive_is_done)
        self.site.add("one report a POST", "naive", sample)
        row = self.site.connection.execute("SELECT FROM naive_statuschange LIMIT 1").fetchone()
        assert row is not None, "the naive way's tasks were thrown away"

    def vacuum(self) -> None:
        """What autovacuum would do, where it comes in the middle of nothing; for a report that ours took in."""
        written = self.site.connection.execute(
            """
            SELECT quote_ident(schemaname) || '.' || quote_ident(relname),
                   schemaname = 'public' AND relname NOT LIKE 'naive%'
              FROM pg_stat_user_tables WHERE n_mod_since_analyze > 0
            """
        ).fetchall()
        with self.site.meter.round(self.taken) as sample:
            self._vacuum([name for name, is_ours in written if is_ours])
        self.site.add("vacuum", "ours", sample)
        self._vacuum([name for name, is_ours in written if not is_ours])
        self.taken = 0

    def _vacuum(self, tables: Sequence[str]) -> None:
        self.site.connection.execute(f"VACUUM (ANALYZE) {', '.join(tables)}".encode())

    def _stories(self, count: int) -> list[Story]:
        return self.site.base.stories(count // self.part)

    def _ingest(
        self, path: str, calls: Sequence[Call], units: int, *, contender: str = "ours", callers: int = 1
    ) -> None:
        with self.site.meter.round(units, self.ours) as sample:
            sample.waits = call(self.ours.port, calls, headers=self.site.headers["sender"], callers=callers)
        self._took(path, sample, contender=contender)

    def _took(self, path: str, sample: Sample, *, contender: str = "ours") -> None:
        self.taken += sample.units
        self.site.add(path, contender, sample)

    def _resolved(self, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The reports with their subject by reference, since the naive way knows no other name."""
        rows = self.site.connection.execute(
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
        self.site.connection.execute(
            """
            INSERT INTO naive_shipment (reference, status, updated_at)
            SELECT reference, '', now() FROM shipments_subject WHERE kind = 'shipment' ON CONFLICT DO NOTHING
            """
        )

    def _is_believed(self) -> bool:
        """Nothing is due and each event is numbered. Asked by a planned statement, as it is asked often."""
        row = self.site.connection.execute(
            """
            SELECT NOT EXISTS (SELECT FROM shipments_due WHERE NOT quarantined AND not_before <= now())
               AND NOT EXISTS (SELECT FROM shipments_outboxevent WHERE sequence IS NULL)
            """
        ).fetchone()
        assert row is not None
        return bool(row[0])

    def _naive_is_done(self) -> bool:
        import redis

        queue = redis.Redis.from_url(self.site.place.broker_url(1))
        return queue.llen("celery") == 0 and queue.hlen("unacked") == 0


STEPS = (Writing.ingest, Writing.fold, Writing.end_to_end, Writing.single, Writing.vacuum)


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
