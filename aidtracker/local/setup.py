"""`.venv`: every package of the two locks, at exactly the locked versions, by their hashes.

A stamp in .venv holds the hash of what it was made from. Where it still fits, set-up costs one read of the
locks; where a lock has changed, what differs is installed; where Python has changed, .venv is made afresh.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from . import say
from .state import ROOT, home, lock

OLDEST_PYTHON = (3, 11)
LOCKS = ("requirements.txt", "requirements-dev.txt")


def enter_environment(root: Path = ROOT) -> None:
    """Return inside an interpreter that has every package; elsewhere, never: this program starts again there.

    A virtual environment of one's own that has Django is used as it is.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise say.Refusal(f"aidtracker needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")
    _keep_bytecode()
    environment = root / ".venv"
    inside = environment.exists() and os.path.samefile(sys.prefix, environment)
    if sys.prefix != sys.base_prefix and not inside and importlib.util.find_spec("django") is not None:
        return
    changed = not is_current(root)
    if changed:
        with lock("setup", wait=True):
            if not is_current(root):
                make(root)
    if changed or not inside:
        _start_again(interpreter(root))


def _keep_bytecode() -> None:
    """Where the caller wants no bytecode beside the sources, keep it in .local: each start would otherwise
    compile a thousand files, which doubles its time."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None) is not None:
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(home() / "pycache"))


def interpreter(root: Path = ROOT) -> Path:
    return root / ".venv" / "bin" / "python"


def is_current(root: Path = ROOT) -> bool:
    """Whether .venv was made from these locks by this version of Python."""
    try:
        return _stamp_file(root).read_text(encoding="ascii") == fingerprint(root) and interpreter(root).exists()
    except FileNotFoundError:
        return False


def fingerprint(root: Path = ROOT) -> str:
    found = hashlib.sha256(f"{sys.version_info[:2]} {sys.base_prefix}\n".encode())
    for name in LOCKS:
        found.update((root / name).read_bytes())
    return found.hexdigest()


def make(root: Path = ROOT) -> None:
    """Make .venv, or bring it up to the locks. Refusal: what is missing on the machine, in one line."""
    environment = root / ".venv"
    if not _is_ours(environment):
        with say.step("Making .venv"):
            shutil.rmtree(environment, ignore_errors=True)
            _run([_base_python(), "-m", "venv", "--without-pip", environment])
    _stamp_file(root).unlink(missing_ok=True)
    uv = _uv(root)
    count = sum(_count(root / name) for name in LOCKS)
    with say.step(f"Installing about {count} packages into .venv"):
        sync: list[str | Path] = [uv, "pip", "sync", "--quiet", "--python", interpreter(root), "--require-hashes"]
        _run([*sync, *(root / name for name in LOCKS)])
    _stamp_file(root).write_text(fingerprint(root), encoding="ascii")


def _is_ours(environment: Path) -> bool:
    """Whether .venv runs this very Python; another version's packages would not fit."""
    if not (environment / "bin" / "python").exists():
        return False
    asked = "import sys; print(sys.version_info[:2], sys.base_prefix)"
    said = subprocess.run([environment / "bin" / "python", "-c", asked], capture_output=True, text=True)
    return said.stdout.strip() == f"{sys.version_info[:2]} {sys.base_prefix}"


def _base_python() -> str:
    """The interpreter outside any virtual environment, which outlives this one's being made again."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _uv(root: Path) -> Path:
    """The installer: uv of .venv or PATH, else the locked version of it, fetched with pip."""
    ours = root / ".venv" / "bin" / "uv"
    if ours.exists():
        return ours
    if found := shutil.which("uv"):
        return Path(found)
    with say.step("Fetching the installer (uv)"):
        wanted = root / ".venv" / "uv.txt"
        wanted.write_text(_block(root / LOCKS[1], "uv"), encoding="utf-8")
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        _run([*_pip(root), *install, "-r", wanted])
    return ours


def _pip(root: Path) -> list[str | Path]:
    """A pip that installs into .venv: the machine's own, which saves unpacking another, else a new one."""
    asked = subprocess.run([_base_python(), "-m", "pip", "--version"], capture_output=True, text=True)
    found = re.match(r"pip (\d+)\.(\d+)", asked.stdout)
    if found and (int(found[1]), int(found[2])) >= (22, 3):  # the first that knows --python
        return [_base_python(), "-m", "pip", "--python", interpreter(root)]
    try:
        _run([interpreter(root), "-m", "ensurepip"])
    except say.Refusal as refusal:
        raise say.Refusal(
            "This Python has neither pip nor ensurepip: install them (Debian: apt-get install python3-venv)."
        ) from refusal
    return [interpreter(root), "-m", "pip"]


def _block(lock_file: Path, package: str) -> str:
    """One package's lines of a lock, hashes and all."""
    found = re.search(rf"^{package}==.*?(?=^\S|\Z)", lock_file.read_text(encoding="utf-8"), re.M | re.S)
    if found is None:
        raise say.Refusal(f"{lock_file.name} does not hold {package}.")
    return found[0]


def _count(lock_file: Path) -> int:
    return len(re.findall(r"^[\w.-]+==", lock_file.read_text(encoding="utf-8"), re.M))


def _stamp_file(root: Path) -> Path:
    return root / ".venv" / "aidtracker-stamp"


def _run(command: Sequence[str | Path]) -> None:
    # A caller's VIRTUAL_ENV or PYTHONHOME would send the installer elsewhere.
    apart = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "CONDA_PREFIX"}
    environment = {name: value for name, value in os.environ.items() if name not in apart}
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise say.Refusal(f"This did not work: {shown}\n{done.stdout[-3000:]}")


def _start_again(python: Path) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(python, [str(python), *sys.argv])
