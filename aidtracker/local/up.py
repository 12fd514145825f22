"""`make run`: servers, a prepared database, then web, worker and scheduler until Ctrl-C.

lock -> port -> PostgreSQL, Redis -> prepare ..(ready).. -> web, worker, scheduler -> picture -> watch -> stop in order
                                       `- loads the case meanwhile, waits for the workers, prints the picture
"""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from . import demonstration, say, servers
from .environment import complete, remember, serving_run
from .processes import Child, spawn
from .state import DEMO_LOGIN, ROOT, demo_password, home, kept_secret, lock, port_is_free, private_directory
from .watch import LogWatch

LOG_KEPT_BELOW = 20 * 1024 * 1024
WEB_READY_WITHIN = 60.0


class Stopped(BaseException):
    """Someone asked the run to end (Ctrl-C, SIGTERM, a closed terminal)."""


def up() -> int:
    """Run everything in the foreground; 0 after Ctrl-C, 1 where something ended by itself."""
    port = _port()
    with lock("servers", wait=False) as held:
        if not held:
            raise say.Refusal(_who_holds_it())
        if not port_is_free(port):
            raise say.Refusal(f"Port {port} is in use: stop what listens there, or choose another: make run PORT=8001")
        with _signals_stop_us():
            return _Run(port).run()


class _Run:
    def __init__(self, port: int) -> None:
        self.port = port
        self.logs = private_directory("log")
        self.children: list[Child] = []
        self.servers = servers.Servers()
        self.watch = LogWatch()
        self.environment: dict[str, str] = {}

    def run(self) -> int:
        try:
            self._start()
            self._tell()
            while True:
                self._look()
                time.sleep(0.5)
        except Stopped:
            say.line("\nStopping ...")
            return 0
        except _Ended as ended:
            say.line(f"{ended.child.name} ended by itself (status {ended.child.process.returncode}); all is stopped.")
            if ended.child.log is not None:
                say.line(f"The end of {ended.child.log}:\n{ended.child.tail()}")
            return 1
        finally:
            _ignore_signals()
            self._stop()

    def _start(self) -> None:
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > LOG_KEPT_BELOW:
                log.replace(log.with_suffix(".log.old"))
        with say.step("Starting PostgreSQL and Redis"):
            self.servers = servers.start()
        for line in self.servers.describe():
            say.line(f"  {line}")
        self.environment = complete(os.environ, self.servers.environment) | {
            "DJANGO_SETTINGS_MODULE": "aidtracker.settings",
            "WEB_BIND": f"127.0.0.1:{self.port}",
        }
        remember("up", self.servers, url=self.url)
        prepare = self._prepare()
        self._start_services()
        while not prepare.has_ended():
            self._look()
            time.sleep(0.1)
        if prepare.process.returncode != 0:
            raise _Ended(prepare)
        self.children.remove(prepare)
        self._wait_for_web()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _prepare(self) -> Child:
        """Start the preparation and return as soon as services may start; it goes on."""
        ready, tell = os.pipe()
        command = [sys.executable, "-m", "aidtracker.local.prepare", f"--ready-fd={tell}"]
        child = spawn("prepare", command, log=None, env=self.environment, cwd=ROOT, pass_fds=(tell,))
        self.children.append(child)
        os.close(tell)
        with os.fdopen(ready) as told:
            if told.readline() != "ready\n":
                child.process.wait()
                raise _Ended(child)
        return child

    def _start_services(self) -> None:
        # Only migrations log in as the owner.
        environment = {name: value for name, value in self.environment.items() if name != "DATABASE_OWNER_URL"}
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "aidtracker.celery"]
        commands: Mapping[str, list[str]] = {
            "web": [*python, "gunicorn", "-c", "python:aidtracker.web", "aidtracker.wsgi"],
            "worker": [
                *celery,
                "worker",
                "--concurrency=2",
                "--without-gossip",
                "--without-mingle",
                "-l",
                "INFO",
            ],
            "scheduler": [*celery, "beat", "--pidfile=", f"--schedule={home() / 'scheduler'}", "-l", "INFO"],
        }
        for name, command in commands.items():
            self.children.append(spawn(name, command, log=self.logs / f"{name}.log", env=environment, cwd=ROOT))

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + WEB_READY_WITHIN
        while not _answers(f"{self.url}/healthz"):
            self._look()
            if time.monotonic() > deadline:
                raise say.Refusal(f"{self.url}/healthz does not answer; {self.logs / 'web.log'} may say why.")
            time.sleep(0.1)

    def _look(self) -> None:
        """Show what is worth it of the logs; raise where a child has ended."""
        for child in self.children:
            self.watch.show_new(child)
        for child in [*self.servers.children(), *self.children]:
            finished = child.name == "prepare" and child.process.returncode == 0
            if child.has_ended() and not finished:
                raise _Ended(child)

    def _tell(self) -> None:
        say.line()
        say.line(f"Admin     {self.url}/admin/     login {DEMO_LOGIN}, password {demo_password()}")
        say.line(f"API       {self.url}/api/v1/    key {kept_secret(demonstration.KEY)}")
        say.line(f"API docs  {self.url}/api/v1/docs/")
        say.line(f"Logs      {self.logs}/*.log (warnings are shown here)")
        say.line("Ctrl-C stops everything.")

    def _stop(self) -> None:
        """Web, worker and scheduler together, and only when they are done the servers they use."""
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop()
        self.servers.stop()


class _Ended(Exception):
    """A child that should run has ended."""

    def __init__(self, child: Child) -> None:
        super().__init__(child.name)
        self.child = child


def _port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise say.Refusal(f"PORT must be a number from 1 to 65535, not {given!r}.")
    return int(given)


def _who_holds_it() -> str:
    run = serving_run()
    if run is not None:
        return f"aidtracker already runs from here (process {run['pid']}): {run['url']}"
    return f"Another command is using the servers in {home()}: wait until it has ended, then try again."


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def _signals_stop_us() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    """While stopping, a second Ctrl-C must not leave a server behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
