"""The whole service as its users meet it: HTTP in, Celery and Redis between, PostgreSQL below, HTTP out.

The case is loaded, a real worker reconciles it, and a partner reads what the picture must say.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from actors.marking import Marking
from actors.models import Actor, Source
from actors.services.keys import issue_key
from shipments.models import Subject
from shipments.services.reconciling import count_due
from tests.processes import free_port, running, scheduler, wait_until, web, worker

CASE = "dprk-covid-2022"
Ask = Callable[..., Any]


def is_up(port: int) -> bool:
    """Whether the web server on ``port`` is ready."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


@pytest.fixture
def keys(committed_db: None) -> dict[str, str]:
    """The references of the case's subjects, by the case's own names for them."""
    call_command("load_case", CASE, verbosity=0)
    named = Subject.objects.filter(identifiers__scheme=f"case:{CASE}")
    return dict(named.values_list("identifiers__value", "reference"))


@pytest.fixture
def ask(keys: dict[str, str], tmp_path: Path) -> Generator[Ask, None, None]:
    """Ask the running service, as a partner that may also pass on what others said."""
    wfp = Actor.objects.create(kind=Actor.Kind.UN_AGENCY, name="World Food Programme")
    Source.objects.create(code="wfp", name="WFP", kind=Source.Kind.UN_AGENCY, actor=wfp)
    _, token = issue_key(
        name="end to end",
        actor=wfp,
        source=Source.objects.get(code="wfp"),
        scopes=["read", "reports:write"],
        clearance=Marking.GREEN,
    )
    port = free_port()

    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": '"end-to-end-1"',
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            pytest.fail(refusal.read().decode())

    with running(web(port), worker(), scheduler(tmp_path)):
        wait_until(lambda: is_up(port), seconds=60)
        wait_until(lambda: count_due() == 0, seconds=60)
        yield ask


def test_a_partner_reads_the_case_as_the_evidence_gives_it(ask: Ask, keys: dict[str, str]) -> None:
    def read(plural: str, key: str, known_at: str = "") -> Any:
        return ask(f"/api/v1/{plural}/{keys[key]}/" + (f"?known_at={known_at}" if known_at else ""))["picture"]

    def fact(picture: Any, attribute: str) -> Any:
        return next(each for each in picture["findings"] if (each["kind"], each["attribute"]) == ("fact", attribute))

    flights = read("shipments", "flights-16-may")
    assert flights["status"]["state"] == "corroborated"
    assert set(flights["status"]["origins"]) == {"yonhap", "kbs", "wsj", "nk-news"}
    assert flights["status"]["unresolved"] == 1
    assert flights["status"]["label"] == "arrived"
    assert fact(flights, "quantity")["label"] == "unknown, at most 150 t"

    assert read("appeals", "appeal-to-russia")["contested"] is True
    assert read("appeals", "appeal-to-china")["status"]["state"] == "single_source"
    assert read("offers", "offer-south-korea")["contested"] is True
    assert read("offers", "offer-who")["status"]["label"] == "refused"
    assert read("offers", "offer-russia-sputnik-v")["status"]["label"] == "conditional"
    assert read("inquiries", "inquiry-chinese-embassy")["findings"][0]["label"] == "declined to comment"

    assert read("appeals", "appeal-to-russia", "2022-05-17")["status"]["state"] == "denied"
    contested = ask("/api/v1/appeals/?contested=true")["results"]
    assert [each["reference"] for each in contested] == [keys["appeal-to-russia"]]


def test_a_report_that_is_posted_is_believed_a_moment_later_and_explained(ask: Ask, keys: dict[str, str]) -> None:
    reference = keys["flights-16-may"]
    answer = ask(
        "/api/v1/reports/",
        {
            "subject": reference,
            "event_id": "wfp-1",
            "code": "received",
            "occurred": "2022-05-18T09:00:00+09:00",
            "asserted_at": "2022-05-18T12:00:00+09:00",
        },
    )
    assert answer["result"] == "accepted"
    wait_until(lambda: count_due() == 0, seconds=30)

    claims = ask(f"/api/v1/shipments/{reference}/explain/?attribute=received")["results"]
    assert [(claim["source"], claim["report"]) for claim in claims] == [("wfp", answer["reference"])]
    story = ask(f"/api/v1/shipments/{reference}/timeline/")
    assert story["steps"][-1]["milestone"] == "received"
