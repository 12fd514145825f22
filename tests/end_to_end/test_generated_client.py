"""A typed client made of the OpenAPI document by openapi-python-client: it is made whole, and works."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.marking import Marking
from actors.models import Source
from actors.services.keys import issue_key
from tests.end_to_end.test_quickstart import SOURCE, address
from tests.processes import ROOT

__all__ = ["address"]

CONFIG = ROOT / "docs" / "client.yaml"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package that the generator makes, without a warning and without asking anybody."""
    generator = Path(sys.executable).parent / "openapi-python-client"
    package = tmp_path / "made" / "aidtracker_client"
    document = ROOT / "docs" / "openapi.yaml"
    made = subprocess.run(
        [
            *(generator, "generate", "--meta=none", "--fail-on-warning"),
            *(f"--path={document}", f"--config={CONFIG}", f"--output-path={package}"),
        ],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "warning" not in (made.stdout + made.stderr).lower()
    monkeypatch.syspath_prepend(str(package.parent))
    return importlib.import_module


def test_generated_client_reads_reports_and_understands_refusals(client: Any, address: str) -> None:
    source = Source.objects.get(code=SOURCE)
    scopes = ["read", "reports:write"]
    _, token = issue_key(name="client", actor=source.actor, source=source, scopes=scopes, clearance=Marking.GREEN)
    models = client("aidtracker_client.models")
    made = client("aidtracker_client").AuthenticatedClient(base_url=address.removesuffix("/api/v1"), token=token)
    with made as caller:
        listing = client("aidtracker_client.api.shipments.list_shipments")
        page = listing.sync(client=caller, q="flights", limit=1)
        (flights,) = page.results
        assert (flights.picture.status.label, flights.picture.status.state) == ("arrived", "corroborated")
        assert flights.legs[0].origin.code

        send = client("aidtracker_client.api.reports.send_report")
        said = {
            "subject": flights.reference,
            "event_id": "c-1",
            "code": "received",
            "asserted_at": "2022-05-18T09:00:00Z",
        }
        outcome = send.sync(client=caller, body=models.ReportIn.from_dict(said), idempotency_key="c-1")
        assert isinstance(outcome, models.Outcome)
        assert outcome.result == "accepted"

        refusal = send.sync(
            client=caller, body=models.ReportIn.from_dict({**said, "event_id": "c-2", "code": "\u200b"})
        )
        assert isinstance(refusal, models.Problem)
        assert [(fault.code, fault.pointer) for fault in refusal.errors] == [("blank_after_normalisation", "/code")]
