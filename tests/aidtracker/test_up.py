"""`make run` as a person meets it: started, asked again, stopped, killed. Everything is the real thing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aidtracker.local.state import ROOT, free_port
from tests.processes import wait_until

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are counted in /proc"),
    pytest.mark.xdist_group("up"),  # one worker, so that one cold start does for all
    pytest.mark.timeout(900),
]

# A cold start takes about twenty seconds on two cores that run nothing else, and minutes where twenty others run. What
# fails ends by itself; so long is waited only for what hangs.
PATIENCE = 600.0
LAST_LINE = "Ctrl-C stops everything."


class Run:
    """One `manage.py up` with a state directory and a port of its own."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.port = port
        self.output = state.parent / f"output-{time.monotonic_ns()}"
        self.process = start(state, port, self.output)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        return self.output.read_text()

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while LAST_LINE not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def stop_with(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def pid_of(self, name: str) -> int:
        """The supervisor's own child that writes to this log."""
        for pid in processes_of(self.state):
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == self.process.pid and os.readlink(f"/proc/{pid}/fd/1").endswith(f"/{name}.log"):
                return pid
        raise AssertionError(f"no child of up is called {name}")


def environment(state: Path, port: int) -> dict[str, str]:
    """As a person's shell has it: without what the test run put into its own."""
    ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    kept = {
        name: value for name, value in os.environ.items() if name not in ours and not name.startswith("AIDTRACKER_")
    }
    return kept | {"LOCAL_STATE": str(state), "PORT": str(port)}


def start(state: Path, port: int, output: Path) -> "subprocess.Popen[bytes]":
    with output.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(state, port),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def processes_of(state: Path) -> list[int]:
    """Every live process that writes to a log there, works there or has the directory in its environment.

    All three: Celery writes its title over its environment, and the supervisor itself has no log.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            named = f"LOCAL_STATE={state}\0".encode() in (entry / "environ").read_bytes()
            places = [Path(os.readlink(entry / name)) for name in ("cwd", "fd/1")]
        except OSError:
            continue
        if named or any(place.is_relative_to(state) for place in places):
            found.append(int(entry.name))
    return found


def servers_of(state: Path) -> set[int]:
    """The two servers themselves, without the processes that PostgreSQL has for each connection."""
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_of(state)}
    return {
        pid for pid, line in lines.items() if b"postgres\0-D\0" in line or b"-server " in line or b"-server\0" in line
    }


def assert_nothing_is_left(state: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while (left := processes_of(state)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


@contextmanager
def serving(state: Path) -> Generator[Run, None, None]:
    run = Run(state, free_port())
    try:
        run.wait_until_it_serves()
        yield run
    finally:
        if run.process.poll() is None:
            run.stop_with(signal.SIGTERM)
        for pid in processes_of(state):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state directory for the module: the first start in it is a cold one, the others find their data."""
    base = tmp_path_factory.mktemp("up")
    base.chmod(0o711)
    return base / "state"


def test_everything_is_started_and_ctrl_c_leaves_nothing(state: Path) -> None:
    with serving(state) as run:
        with urllib.request.urlopen(f"{run.url}/admin/login/") as page:
            assert page.status == 200
        for name in ("postgres", "redis", "web", "worker", "scheduler"):
            assert run.pid_of(name)
        assert run.stop_with(signal.SIGINT) == 0
        assert "Stopping" in run.text()
        assert_nothing_is_left(state)


def test_second_run_at_once_says_where_the_first_is(state: Path) -> None:
    with serving(state) as run:
        second = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(state, free_port()),
            capture_output=True,
            text=True,
        )
        assert second.returncode == 1
        assert second.stderr == f"aidtracker already runs from here (process {run.process.pid}): {run.url}\n"
        # A command meanwhile uses the servers that run, and starts none.
        before = servers_of(state)
        said = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--check"], cwd=ROOT, env=environment(state, 1), timeout=PATIENCE
        )
        assert said.returncode == 0
        assert servers_of(state) == before
        assert len(before) == 2
        assert json.loads((state / "run.json").read_text())["pid"] == run.process.pid


def test_killed_supervisor_takes_everything_with_it(state: Path) -> None:
    with serving(state) as run:
        run.stop_with(signal.SIGKILL)
        assert_nothing_is_left(state)


def test_worker_that_dies_is_told_and_stops_the_rest(state: Path) -> None:
    log = state / "log" / "worker.log"
    written = log.stat().st_size if log.exists() else 0
    with serving(state) as run:
        wait_until(lambda: b"ready." in log.read_bytes()[written:], seconds=PATIENCE, every=0.1)
        os.kill(run.pid_of("worker"), signal.SIGKILL)
        assert run.process.wait(timeout=PATIENCE) == 1
        assert "worker ended by itself (status -9)" in run.text()
        # Whatever it wrote last: on a slow host that may be a child's traceback.
        shown = run.text().partition(f"The end of {log}:\n")[2].splitlines()
        assert shown[0] in log.read_text(errors="replace")[written:].splitlines()
        assert_nothing_is_left(state)


def test_port_in_use_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        output = tmp_path / "output"
        process = start(tmp_path / "state", port, output)
        assert process.wait(timeout=PATIENCE) == 1
    assert output.read_text() == (
        f"Port {port} is in use: stop what listens there, or choose another: make run PORT=8001\n"
    )
    assert_nothing_is_left(tmp_path / "state")


@pytest.mark.parametrize("port", ["eighty", "0", "65536"])
def test_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment(tmp_path / "state", 1) | {"PORT": port},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (1, f"PORT must be a number from 1 to 65535, not {port!r}.\n")


def test_command_before_the_first_run_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    done = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=ROOT,
        env=environment(tmp_path / "state", 1),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == 'relation "shipments_subject" does not exist: run `make run` first.'
    assert "Traceback" not in done.stderr
    assert_nothing_is_left(tmp_path / "state")
