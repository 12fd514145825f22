"""How long until a report is believed, at a steady rate, while another organisation imports in bulk.

steady   RATE reports a second in small batches, each batch on shipments that nothing was said of
bulk     streams of thousands, one after the other, as fast as they are taken
seen     a report is believed once its subject is off the queue; looked at some ten times a second

From the moment in which a batch is sent; web and worker with as many processes as elsewhere.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.base import REPORTS_EACH, sent
from tests.bench.callers import Call, call
from tests.bench.sites import Site

RATE = 1000
CALLERS = 4
BATCHES = 10  # a second
STREAM = 500  # shipments
STREAMS = 10  # different ones; after that they are sent again, and are duplicates
LOOKS = 0.1  # seconds between two looks at the queue
MOST_WAIT = 120  # seconds after the last report


@dataclass(kw_only=True)
class Latency:
    """Everything that the measurement needs."""

    site: Site
    say: Callable[[str], None]
    over: threading.Event = field(default_factory=threading.Event)
    bulk_sent: int = 0

    def measure(self, *, seconds: int) -> dict[str, float]:
        """p50 and p95 in seconds, the rate that was reached, and what was imported meanwhile."""
        self.site.enter()
        each = RATE // BATCHES // REPORTS_EACH
        self.say("latency: writing the stories")
        batches = []
        for _ in range(seconds * BATCHES):
            stories = self.site.base.stories(each)
            batches.append((json.dumps(sent(stories)).encode(), [story.plan.reference for story in stories]))
        streams = [
            b"\n".join(json.dumps(said).encode() for said in sent(self.site.base.stories(STREAM)))
            for _ in range(STREAMS)
        ]
        references = [reference for _, some in batches for reference in some]
        found = "SELECT reference, id FROM shipments_subject WHERE reference = ANY(%s)"
        keys = dict(self.site.connection.execute(found, [references]).fetchall())
        web = self.site.place.web("latency-web", "aidtracker.wsgi", probe="/healthz")
        worker = self.site.place.worker("latency-worker", "aidtracker.celery")
        bulk = threading.Thread(target=self._import, args=(web.port, streams))
        waiting: dict[object, float] = {}
        waits: list[float] = []
        looking = threading.Thread(target=self._look, args=(waiting, waits))
        try:
            bulk.start()
            looking.start()
            self.say("latency: begins")
            took = self._send(web.port, batches, keys, waiting)
            self.over.set()
            looking.join()
            bulk.join()
        finally:
            self.over.set()
            self.site.place.stop(web, worker)
        waits.sort()
        return {
            "latency p50 s": waits[len(waits) // 2],
            "latency p95 s": waits[int(len(waits) * 0.95)],
            "latency: steady reports a second": seconds * RATE / took,
            "latency: reports imported beside": self.bulk_sent,
            "latency: never believed while looked at": len(waiting),
        }

    def _send(
        self, port: int, batches: list[tuple[bytes, list[str]]], keys: dict[str, object], waiting: dict[object, float]
    ) -> float:
        """Send each batch in its turn by as many callers as it takes; how long all of them took."""
        began = time.monotonic()

        def caller(mine: int) -> None:
            for number in range(mine, len(batches), CALLERS):
                body, references = batches[number]
                time.sleep(max(0.0, began + number / BATCHES - time.monotonic()))
                at = time.monotonic()
                post = Call(method="POST", path="/api/v1/reports/batch/", body=body, expect=(207,))
                call(port, [post], headers=self.site.headers["sender"])
                # Only now: what is looked for before it is stored would look believed.
                waiting.update({keys[reference]: at for reference in references})

        callers = [threading.Thread(target=caller, args=(n,)) for n in range(CALLERS)]
        for each in callers:
            each.start()
        for each in callers:
            each.join()
        return time.monotonic() - began

    def _import(self, port: int, streams: list[bytes]) -> None:
        number = 0
        while not self.over.is_set():
            body = streams[number % len(streams)]
            post = Call(
                method="POST", path="/api/v1/reports/batch/", body=body, content_type="application/x-ndjson",
                expect=(207,),
            )  # fmt: skip
            call(port, [post], headers=self.site.headers["bulk"])
            number += 1
            self.bulk_sent += body.count(b"\n") + 1

    def _look(self, waiting: dict[object, float], waits: list[float]) -> None:
        with self.site.place.superuser() as connection:
            last = time.monotonic() + MOST_WAIT
            while time.monotonic() < last and (waiting or not self.over.is_set()):
                if not self.over.is_set():
                    last = time.monotonic() + MOST_WAIT
                asked = list(waiting)
                due = {
                    key
                    for (key,) in connection.execute(
                        "SELECT subject_id FROM shipments_due WHERE subject_id = ANY(%s)", [asked]
                    )
                }
                now = time.monotonic()
                for key in asked:
                    if key not in due:
                        waits.append(now - waiting.pop(key))
                time.sleep(LOOKS)
