"""Lists, filters and details: ours beside DRF and the bare way, which answer the same rows, taking turns."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.base import BETWEEN
from tests.bench.callers import Call, answer, call
from tests.bench.growth import DETAILS, READS
from tests.bench.place import Process
from tests.bench.sites import Headers, Site

# Requests in a round: a list is a hundred shipments, a detail one. Half a second of processor time or more each,
# but for what takes far longer than its neighbours and has no bar of its own.
MANY_LISTS, MANY_DETAILS = 15, 150
SLOW = {("flows", "ours"): 3, ("list", "DRF, plain"): 3, ("detail", "DRF, plain"): 30}
ASKED = (
    *((path, "ours") for path in (*READS, *DETAILS, "flows")),
    *((path, contender) for path in ("list", "detail") for contender in ("DRF", "DRF, plain", "bare")),
)


@dataclass(kw_only=True)
class Reading:
    """The contenders' processes of one size, and what each is asked. One process each, so that the round that warms up
    warms the one which answers the others.
    """

    site: Site
    part: int  # of a round's work, one in so many
    # Why a path could not be measured, by path.
    missing: dict[str, str] = field(default_factory=dict, init=False)
    calls: dict[tuple[str, str], tuple[Process, Call, Headers]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        documents = self.site.place.directory / f"documents-{self.site.size}"
        documents.mkdir()
        self.ours = self._web("ours", "aidtracker.wsgi")
        self.naive = self._web("naive", "tests.bench.naive.wsgi", redis=1)
        self.bare = self._web("bare", "tests.bench.bare:application", BARE_DOCUMENTS=str(documents))
        paths = self._paths()
        for name, path in paths.items():
            self._add(name, "ours", self.ours, path, self.site.headers["reader"])
            self._keep_answer(name, documents)
        reference = paths["detail"].rstrip("/").rpartition("/")[2]
        for name, path in (("list", "shipments/"), ("detail", f"shipments/{reference}/")):
            self._add(name, "DRF", self.naive, f"/{path}", self.site.headers["naive"])
            self._add(name, "DRF, plain", self.naive, f"/plain/{path}", self.site.headers["naive"])
        self._add("list", "bare", self.bare, "/list/", {})
        self._add("detail", "bare", self.bare, f"/detail/{reference}/", {})
        assert self._rows("DRF") == self._rows("ours"), "DRF answers other rows than ours"

    def ask(self, asked: tuple[str, str]) -> None:
        """One round of a path and contender. What it reads has just been read, and is in the database's memory."""
        if asked[0] in self.missing:
            return
        process, one, headers = self.calls[asked]
        many = SLOW.get(asked, MANY_DETAILS if asked[0] in DETAILS else MANY_LISTS)
        calls = [one] * max(many // self.part, 1)
        call(process.port, calls[:1], headers=headers)
        with self.site.meter.round(len(calls), process) as sample:
            sample.waits = call(process.port, calls, headers=headers)
        self.site.add(*asked, sample)

    def close(self) -> None:
        """Keep what a process took, and end them."""
        self.site.keep({"peak_mb_web, reading": self.ours.peak_memory()})
        self.site.place.stop(self.ours, self.naive, self.bare)

    def _add(self, name: str, contender: str, process: Process, path: str, headers: Headers) -> None:
        self.calls[name, contender] = process, Call(method="GET", path=path), headers

    def _answer(self, asked: tuple[str, str]) -> tuple[int, bytes]:
        process, one, headers = self.calls[asked]
        return answer(process.port, one, headers=headers)

    def _keep_answer(self, name: str, documents: Path) -> None:
        """Note what is not answered, and what the bare way is to answer."""
        status, body = self._answer((name, "ours"))
        if status != 200:
            self.missing[name] = f"GET {self.calls[name, 'ours'][1].path.partition('?')[0]} answers {status}"
        if name in ("list", "detail"):
            (documents / f"{name}.json").write_bytes(body)

    def _rows(self, contender: str) -> list[str]:
        return [row["reference"] for row in json.loads(self._answer(("list", contender))[1])["results"]]

    def _web(self, name: str, application: str, *, redis: int = 0, **environment: str) -> Process:
        return self.site.place.web(f"{name}-reading", application, redis=redis, WEB_PROCESSES="1", **environment)

    def _paths(self) -> dict[str, str]:
        """What is read, by name. The oldest first, for these are the same shipments at every size."""
        row = self.site.connection.execute(
            """
            SELECT subject.reference FROM shipments_subject AS subject JOIN shipments_picture AS picture
                ON picture.subject_id = subject.id AND known_to IS NULL AND tier = 0
             WHERE marking = 0 AND kind = 'shipment' ORDER BY subject.id LIMIT 1
            """
        ).fetchone()
        donor = self.site.connection.execute(
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


STEPS: list[Callable[[Reading], None]] = [partial(Reading.ask, asked=asked) for asked in ASKED]
