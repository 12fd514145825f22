"""Lists, filters and details: ours beside DRF and the bare way, which answer the same rows, taking turns."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from tests.bench.base import BETWEEN
from tests.bench.callers import Call, answer, call
from tests.bench.meter import Figures, Meter, Pace
from tests.bench.place import Place, Process

# Requests in a round: a list is a hundred shipments, a detail one. Half a second of processor time or more each,
# but for what takes far longer than its neighbours and has no bar of its own.
LISTS, DETAILS = 15, 150
SINGLE = ("detail", "timeline", "detail at a past moment")
SLOW = {("flows", "ours"): 3, ("list", "DRF, plain"): 3, ("detail", "DRF, plain"): 30}


@dataclass(kw_only=True)
class Reading:
    """Everything that the rounds of reading need."""

    place: Place
    meter: Meter
    figures: Figures
    pace: Pace
    connection: psycopg.Connection
    ours_headers: dict[str, str]
    naive_headers: dict[str, str]
    rounds: int
    part: int  # of a round's work, one in so many
    say: Callable[[str], None]

    def measure(self, size: int) -> dict[str, str]:
        """All rounds of reading; returns why a path could not be measured, by path."""
        paths = self._paths()
        missing = {}
        documents = self.place.directory / "documents"
        documents.mkdir(exist_ok=True)
        # One process each, so that the round that warms up warms the one which answers the others.
        ours = self._web("ours", "aidtracker.wsgi")
        naive = self._web("naive", "tests.bench.naive.wsgi", redis=1)
        bare = self._web("bare", "tests.bench.bare:application", BARE_DOCUMENTS=str(documents))
        for name, path in paths.items():
            status, body = answer(ours.port, Call(method="GET", path=path), headers=self.ours_headers)
            if status != 200:
                missing[name] = f"GET {path.partition('?')[0]} answers {status}"
            if name in ("list", "detail"):
                (documents / f"{name}.json").write_bytes(body)
        same = json.loads((documents / "list.json").read_bytes())["results"]
        status, body = answer(naive.port, Call(method="GET", path="/shipments/"), headers=self.naive_headers)
        theirs = [row["reference"] for row in json.loads(body)["results"]]
        assert theirs == [row["reference"] for row in same], "DRF answers other rows than ours"
        reference = paths["detail"].rstrip("/").rpartition("/")[2]
        turns: list[tuple[str, str, Process, str, dict[str, str]]] = []
        for name, path in paths.items():
            if name not in missing:
                turns.append((name, "ours", ours, path, self.ours_headers))
        turns += [
            ("list", "DRF", naive, "/shipments/", self.naive_headers),
            ("list", "DRF, plain", naive, "/plain/shipments/", self.naive_headers),
            ("list", "bare", bare, "/list/", {}),
            ("detail", "DRF", naive, f"/shipments/{reference}/", self.naive_headers),
            ("detail", "DRF, plain", naive, f"/plain/shipments/{reference}/", self.naive_headers),
            ("detail", "bare", bare, f"/detail/{reference}/", {}),
        ]
        try:
            for number in range(self.rounds + 1):
                self.figures.is_counting = number > 0
                self.say(f"reads, round {number} of {self.rounds}" if number else "reads, to warm up")
                for name, contender, process, path, headers in turns:
                    many = SLOW.get((name, contender), DETAILS if name in SINGLE else LISTS)
                    calls = [Call(method="GET", path=path)] * max(many // self.part, 1)
                    self.pace.take()
                    with self.meter.round(len(calls), process) as sample:
                        sample.waits = call(process.port, calls, headers=headers)
                    self.figures.add(size, name, contender, sample)
            self.figures.facts[size, "peak_mb_web, reading"] = ours.peak_memory()
            self.figures.facts |= {(size, name): value for name, value in self.pace.told().items()}
        finally:
            self.place.stop(ours, naive, bare)
        return missing

    def _web(self, name: str, application: str, *, redis: int = 0, **environment: str) -> Process:
        return self.place.web(f"{name}-reading", application, redis=redis, WEB_PROCESSES="1", **environment)

    def _paths(self) -> dict[str, str]:
        """What is read, by name. The oldest first, for these are the same shipments at every size."""
        row = self.connection.execute(
            """
            SELECT subject.reference FROM shipments_subject AS subject JOIN shipments_picture AS picture
                ON picture.subject_id = subject.id AND known_to IS NULL AND tier = 0
             WHERE marking = 0 AND kind = 'shipment' ORDER BY subject.id LIMIT 1
            """
        ).fetchone()
        donor = self.connection.execute(
            """
            SELECT actor.reference FROM actors_actor AS actor JOIN shipments_shipmentparty ON actor_id = actor.id
             ORDER BY actor.reference LIMIT 1
            """
        ).fetchone()

        assert row and donor  # noqa: PT018
        root = "/api/v1/shipments/"
        return {
            "list": f"{root}?ordering=created_at&limit=100",
            "list by status": f"{root}?ordering=created_at&limit=100&status=delivered",
            "list by donor and status": f"{root}?ordering=created_at&limit=100&status=delivered&donor={donor[0]}",
            "list by what is contested": f"{root}?ordering=created_at&limit=100&contested=true",
            "list at a past moment": f"{root}?ordering=created_at&limit=100&known_at={BETWEEN}",
            "detail": f"{root}{row[0]}/",
            "timeline": f"{root}{row[0]}/timeline/",
            "detail at a past moment": f"{root}{row[0]}/?known_at={BETWEEN}",
            "flows": "/api/v1/flows/?limit=100",
        }
