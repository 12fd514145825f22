"""Schemathesis over the whole OpenAPI document with all of its checks, against the service as it is run for real.

    document ─ examples, coverage (each rule kept and broken), fuzzing, links ─> HTTP ─> gunicorn ─> every check

What the document calls right is accepted, or refused for what no document can say (422, 409, 404); what it calls
wrong is refused. REQUESTS is how many there are at least: some 12,000 follow from the rules of the document, always the
same, and the others are drawn at random.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import Status, events, from_schema
from schemathesis.generation.meta import TestPhase

from aidtracker.api.schema import operations_of
from shipments.api.idempotency import FORM, HEADER
from shipments.factories import DocumentFactory
from shipments.intake.subscription import SubscriptionDraft
from shipments.intake.times import YEAR
from shipments.services.explaining import claimable
from shipments.services.webhooks.subscribing import ping, subscribe
from tests.aidtracker.api.test_schema import DOCUMENT, resolved
from tests.end_to_end.test_whole_service import is_up
from tests.people import ALL_SCOPES, Caller, make_partner
from tests.processes import ROOT, free_port, running, wait_until, web
from tests.shipments.api.conftest import make_world
from tests.shipments.api.entries import PLURALS as ENTERED
from tests.shipments.api.entries import good_entries

REQUESTS = int(os.environ.get("REQUESTS", "2000"))
PLENTY = 1_000_000
# Subjects, by their plural and their name in the world of the tests.
PLURALS = {f"{name}s": name for name in ("shipment", "offer", "appeal", "contact")}
PLURALS |= {"inquiries": "inquiry", "crises": "crisis"}
LATEST = datetime(datetime.now(UTC).year + 9, 1, 1)
# 422: as the document says, and still not usable: a name that leads nowhere, two fields that contradict each other.
# 412: a version that was made up. 413: more than the document's maximum.
RIGHT = ["2xx", "401", "403", "404", "409", "412", "422"]
WRONG = ["400", "401", "403", "404", "405", "406", "409", "411", "412", "413", "414", "415", "422"]
# Each item of a batch is refused by itself; that those are is checked below.
IN_A_BATCH = {"negative_data_rejection": {"expected-statuses": [*WRONG, "207"]}}

LONG_NUMBER = re.compile(r"\d{41}|\de[+-]?\d\d")
YEARS = re.compile(rf"{YEAR}(-\d\d)?", re.ASCII)

# What is there to be found by an operation: method and path -> its path parameters.
THERE: dict[tuple[str, str], dict[str, str]] = {}
CLAIMABLE: dict[str, list[str]] = {}
NUMBERS = count()


@pytest.fixture
def service(committed_db: None) -> Iterator[tuple[str, str]]:
    """Address and key of a running service that has something of everything."""
    world = make_world()
    partner = make_partner(scopes=ALL_SCOPES, reads_per_minute=PLENTY, writes_per_minute=PLENTY)
    _list_what_is_there(world, partner)
    port = free_port()
    # A process that is replaced in the middle would close connections that are in use.
    with running(web(port, GUNICORN_CMD_ARGS="--max-requests=0")):
        wait_until(lambda: is_up(port), seconds=60)
        yield f"http://127.0.0.1:{port}", partner.token


def _list_what_is_there(world: Any, partner: Caller) -> None:
    assert partner.key
    CLAIMABLE.update({kind: claimable(kind) for kind in PLURALS.values()})
    read = {
        "actors": world.donor.reference,
        "conflicts": partner.get("conflicts/").json()["results"][0]["id"],
        "documents": DocumentFactory().reference,
        "places": world.leg.origin.code,
        "reports": world.reports[0],
        "sources": "wire",
        **{name: getattr(world, PLURALS[name]).reference for name in PLURALS},
    }
    own = {
        plural: partner.post(f"{plural}/", good_entries()[kind]).json()["reference"] for kind, plural in ENTERED.items()
    }
    draft = SubscriptionDraft(url="https://hooks.example.org/", event_types=("picture.changed",))
    one, other = (subscribe(draft, key=partner.key)[0] for _ in range(2))
    for path, method, _ in operations_of(DOCUMENT):
        collection, *rest = path.removeprefix("/api/v1/").split("/")
        if "{" not in path:
            continue
        (name, *_) = re.findall(r"{(\w+)}", path)
        found = {name: (read if method == "get" else own).get(collection, one.reference)}
        if "{part_key}" in path:
            found["part_key"] = {"legs": "out-1", "lines": "masks" if collection == "shipments" else "v"}[rest[1]]
        if "{webhook_id}" in path:
            found["webhook_id"] = ping(one).webhook_id
        THERE[method.upper(), path] = {name: other.reference} if method == "delete" else found


@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_request_breaks_the_service_or_the_document(service: tuple[str, str]) -> None:
    schema = _schema(*service)
    asked: Counter[str] = Counter()
    failures = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(str(event))
        if isinstance(event, events.ScenarioFinished):
            # A case with a parent that no link led to is a check's own question.
            nodes = event.recorder.cases.values()
            asked[event.phase.value] += sum(not node.parent_id or node.transition is not None for node in nodes)
            failures += _failures(event.recorder)
        if isinstance(event, events.EngineFinished):
            assert event.stop_reason == "completed"
    assert not failures, "\n\n".join([*failures[:20], f"{len(failures)} failures of {asked}"])
    assert asked.total() >= REQUESTS, asked


def _schema(address: str, token: str) -> Any:
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": address,
            # Written as the document's own scheme is: of any other, `ignored_auth` thinks that it was made up.
            "headers": {"Authorization": f"Bearer {token}"},
            "continue-on-failure": True,
            "generation": {
                "deterministic": True,
                "database": "none",
                "no-shrink": True,
                # What no text may hold is tried in every place by test_bad_bodies and test_bad_writes.
                "allow-x00": False,
                # For each of some hundred operations, of which a few have no more than one request in them.
                "max-examples": REQUESTS // 120,
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": RIGHT},
                "negative_data_rejection": {"expected-statuses": WRONG},
            },
            "operations": [{"include-operation-id": "sendReports", "checks": IN_A_BATCH}],
            "output": {"sanitization": {"enabled": False}},
        }
    )
    return schemathesis.openapi.from_path(ROOT / "docs" / "openapi.yaml", config=config)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put right what a schema cannot say: names of what is there in most cases, and the values that are to be good."""
    chance = Random(f"{case.operation.label} {case.query} {case.body if case.media_type else ''}")
    # One key for all would have most answered by 422, being used already; used ones have tests of their own.
    is_good = not (case.meta and case.meta.is_negative_at(ParameterLocation.HEADER))
    if is_good and re.fullmatch(FORM["pattern"], str(case.headers.get(HEADER, ""))):
        case.headers[HEADER] = f"case-{next(NUMBERS)}"
    found = THERE.get((case.operation.method.upper(), case.path))
    # What a link leads to is what an earlier request made, and is not to be replaced by what another has deleted.
    is_linked = case.meta and case.meta.phase.name == TestPhase.STATEFUL
    is_bad = case.meta and case.meta.is_negative_at(ParameterLocation.PATH)
    if found and chance.random() < 0.8 and not is_linked and not is_bad:
        case.path_parameters |= found
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # Only an answer has one that is good, and for the same filters alone.
    for name in ("cursor", "after"):
        case.query.pop(name, None)
    # The coverage phase draws no header that may begin with a quote, and says 0.
    if case.headers.get("If-Match") == "0":
        case.headers["If-Match"] = '"1"'
    # The names of the answer's own fields, and all of them: without one, its schema would miss it.
    if "fields" in case.query:
        names = _names_in(case.operation.definition.raw)
        case.query["fields"] = ",".join(chance.sample(names, k=len(names)))
    # What can be claimed of a kind of subject is a table of the service's.
    if "attribute" in case.query:
        (plural,) = re.findall(r"/api/v1/(\w+)/", case.path)
        case.query["attribute"] = chance.choice(CLAIMABLE[PLURALS[plural]])
    # No pattern knows which of two days is the later one.
    if case.path.endswith("/diff/"):
        first, last = sorted(chance.sample(range(10, 28), k=2))
        case.query["known_at"] = f"2022-05-{first}..2022-05-{last}T12:00:00Z"
    # No document bounds numbers at any depth of a message that is kept as it came; longer ones are 400.
    for report in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(report, dict) and LONG_NUMBER.search(json.dumps(report.get("raw"))):
            del report["raw"]
    case.query = _to_be_meant(case.query)
    # One that is left out, where it may be, would count as a wrong one if it were set.
    if isinstance(case.body, dict | list):
        case.body = _to_be_meant(case.body)
    # Five decimals: multipleOf divides floats, and most validators find a remainder where there is none.
    if isinstance(case.body, dict):
        degrees = {name: case.body.get(name) for name in ("latitude", "longitude")}
        case.body |= {name: round(each, 5) for name, each in degrees.items() if isinstance(each, float)}


def _to_be_meant(value: Any) -> Any:
    """``value`` with each year, or month of one, that nobody can mean yet in a year that anybody can."""
    if isinstance(value, dict):
        return {name: _to_be_meant(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_be_meant(each) for each in value]
    # A pattern gives the years no end, since that goes with the clock; days and moments are drawn by MOMENTS.
    if isinstance(value, str) and YEARS.fullmatch(value) and int(value[:4]) > LATEST.year:
        return f"{LATEST.year}{value[4:]}"
    return value


def _names_in(operation: dict[str, Any]) -> list[str]:
    schema = resolved(operation["responses"]["200"]["content"]["application/json"]["schema"])
    results = schema["properties"].get("results")
    return list(resolved(results["items"])["properties"] if results else schema["properties"])


def _failures(recorder: Any) -> Iterator[str]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE:
                found, answer = check.failure_info, recorder.find_response(case_id=case_id)
                said = f"{answer.status_code} {answer.text[:2000]}"
                yield f"{recorder.label}: {check.name}: {found.failure.message}\n{found.code_sample}\n{said}"


@schemathesis.check
def bad_items_are_refused(context: Any, response: Any, case: Any) -> None:
    """What 207 tells of a batch that has something wrong in it; lines have tests of their own."""
    is_batch = response.status_code == 207 and case.media_type == "application/json" and isinstance(case.body, list)
    if is_batch and case.meta.generation.mode.is_negative:
        assert any(item["result"] == "refused" for item in response.json()["results"])


# Lines are sent as they are.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
# Times that can be meant: the service takes them from 1945 to ten years from now.
MOMENTS = st.datetimes(datetime(1945, 1, 1), LATEST, timezones=st.just(UTC))
schemathesis.openapi.format("date-time", MOMENTS.map(lambda moment: moment.isoformat().replace("+00:00", "Z")))
schemathesis.openapi.format("date", MOMENTS.map(lambda moment: moment.date().isoformat()))
