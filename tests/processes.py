"""Real workers, schedulers and web servers for tests, as processes of their own, on this test's servers."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Short times, so that a test of waiting does not wait long; the rules are the same.
QUICK = {"AIDTRACKER_LEASE_SECONDS": "3", "AIDTRACKER_SWEEP_SECONDS": "1", "AIDTRACKER_BATCH_SIZE": "10"}


class Running:
    """A process and its children, in a group of their own."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **QUICK, **environment},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """kill -9 to the whole group: no handler runs, nothing is given back."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def worker(**environment: str) -> Running:
    """A Celery worker with one child."""
    command = ["-m", "celery", "-A", "aidtracker.celery", "worker", "-c", "1", "-l", "warning", "--without-gossip"]
    return Running([sys.executable, *command, "--without-mingle", "--without-heartbeat"], **environment)


def scheduler(directory: Path) -> Running:
    """Celery's beat, with its file in ``directory``."""
    command = ["-m", "celery", "-A", "aidtracker.celery", "beat", "-l", "warning", "-s", str(directory / "beat")]
    return Running([sys.executable, *command, "--pidfile="])


def web(port: int, application: str = "aidtracker.wsgi", **environment: str) -> Running:
    """The web server on 127.0.0.1, as it is run for real, of this application or another."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:aidtracker.web", application]
    return Running(command, **{"WEB_BIND": f"127.0.0.1:{port}", "WEB_PROCESSES": "1", **environment})


def free_port() -> int:
    """A port that nobody has at the moment, below those that outgoing connections take and could take meanwhile."""
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(15_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(*processes: Running) -> Generator[None, None, None]:
    """Kill the processes at the end, whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def wait_until(done: Callable[[], object], *, seconds: float, every: float = 0.02) -> None:
    """Wait for ``done``; AssertionError when it takes longer than ``seconds``, of a machine that does nothing else.

    Where others want its processors as well it may take as much longer: beside fifteen, a worker that was started took
    more than half a minute to send its first message.
    """
    began = time.monotonic()
    while not done():
        crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert time.monotonic() - began < seconds * crowd, f"not done within {seconds} s, {crowd:.1f} times as long"
        time.sleep(every)
