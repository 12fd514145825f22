"""`.local/`, the directory of everything this machine makes for itself: secrets, ports, locks, logs, data.

It can be removed whole while nothing runs; the next start makes it again (and loads the case again).
"""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DEMO_LOGIN = "analyst"  # its password is the secret of the same name


def home() -> Path:
    """The state directory: LOCAL_STATE, else .local beside manage.py."""
    directory = Path(os.environ.get("LOCAL_STATE") or ROOT / ".local").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    # Others may pass through (a server of another user has its data below), but list nothing.
    directory.chmod(0o711)
    return directory


def private_directory(name: str) -> Path:
    directory = home() / name
    directory.mkdir(exist_ok=True)
    directory.chmod(0o700)
    return directory


def secret(name: str, *, size: int = 40) -> str:
    """The machine's own random secret of this name, made once from `size` random bytes and kept readable by
    its user alone."""
    kept = kept_secret(name)
    if kept is None:
        kept = secrets.token_hex(size)
        keep_secret(name, kept)
    return kept


def kept_secret(name: str) -> str | None:
    try:
        return (private_directory("secrets") / name).read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def keep_secret(name: str, value: str) -> None:
    path = private_directory("secrets") / name
    _write_privately(path, value)


def _write_privately(path: Path, text: str) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def demo_password() -> str:
    return secret(DEMO_LOGIN, size=6)  # short enough to be typed


def read_run() -> dict[str, Any]:
    """What the holder of the lock wrote about itself, or nothing."""
    try:
        return dict(json.loads((home() / "run.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}


def write_run(**facts: Any) -> None:
    _write_privately(home() / "run.json", json.dumps(facts, indent=2) + "\n")


@contextmanager
def lock(name: str, *, wait: bool) -> Iterator[bool]:
    """Hold `.local/NAME.lock`; yield False, at once, where another process holds it and `wait` is off.

    The kernel lets go of it with the process, so that a killed run leaves no lock behind.
    """
    with (home() / f"{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def free_port(preferred: int | None = None) -> int:
    """A port of 127.0.0.1 that nothing listens on, the preferred one where it is free."""
    for port in (preferred, 0):
        if port is not None and (found := _bindable(port)):
            return found
    raise OSError("no free port on 127.0.0.1")


def _bindable(port: int) -> int | None:
    with socket.socket() as probe:
        # As the servers do it: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    return _bindable(port) is not None
