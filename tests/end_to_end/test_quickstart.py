"""docs/quickstart.md, typed as it stands: every command of it against the whole service."""

import os
import re
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from django.core.management import call_command

from actors.models import Actor, Source
from aidtracker.local.environment import local_settings
from shipments.services.reconciling import count_due
from tests.end_to_end.test_whole_service import CASE, is_up
from tests.processes import ROOT, free_port, running, scheduler, wait_until, web, worker

QUICKSTART = ROOT / "docs" / "quickstart.md"
PARTNER, SOURCE = "Demonstration partner", "demonstration-partner"
NETWORKS = "AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS"


@pytest.fixture
def address(committed_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str, None, None]:
    """Where the whole service runs, with the case and the partner that `make run` makes."""
    call_command("load_case", CASE, verbosity=0)
    actor = Actor.objects.create(name=PARTNER, kind=Actor.Kind.NGO)
    Source.objects.create(code=SOURCE, name=PARTNER, kind=Source.Kind.PARTNER_SYSTEM, actor=actor)
    monkeypatch.setenv(NETWORKS, local_settings()[NETWORKS])
    port = free_port()
    with running(web(port), worker(), scheduler(tmp_path)):
        wait_until(lambda: is_up(port), seconds=60)
        wait_until(lambda: count_due() == 0, seconds=60)
        yield f"http://127.0.0.1:{port}/api/v1"


def test_every_command_of_the_quickstart_runs_and_can_be_done_again(address: str) -> None:
    first, again = _ours(address), _ours(address)
    assert first != again


def _ours(address: str) -> str:
    """Do all of it; what the ids of this time begin with."""
    commands = re.findall(r"```sh\n(.*?)```", QUICKSTART.read_text(encoding="utf-8"), re.DOTALL)
    assert len(commands) == 9
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=ROOT,
        env={**os.environ, "API": address, "HOOK": str(free_port())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"result":"accepted"') == 2
    assert '"fate": "outweighed"' in done.stdout
    assert '"type":"ping"' in done.stdout
    assert "The signature is right." in done.stdout
    taken_back = re.findall(r'"event_id": "(our-\d+)-77"', done.stdout)
    assert len(set(taken_back)) == 1, "what was taken back stays readable"
    return taken_back[0]
