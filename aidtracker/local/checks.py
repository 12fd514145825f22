"""`make check`: what can be said of the code without running its tests.

style -> types -> nothing generated has drifted -> settings fit for a service -> image and compose file

Each check is a command; all of them run, and the exit status says whether every one passed.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import say
from .environment import borrowed
from .state import ROOT

BIN = Path(sys.executable).parent


@dataclass(frozen=True, kw_only=True)
class Check:
    """mend: what a person does about it, where the output alone does not say so.
    equals: a committed file that the output must match."""

    name: str
    command: Sequence[str | Path]
    mend: str = ""
    equals: str | None = None


class Failed(Exception):
    """A check did not pass; the text is its output."""


def _manage(*words: str) -> list[str | Path]:
    return [sys.executable, "-m", "django", *words]


CHECKS = (
    Check(name="Style", command=[BIN / "ruff", "check", "."], mend="make format mends most of it"),
    Check(name="Layout", command=[BIN / "ruff", "format", "--check", "--quiet", "."], mend="make format"),
    Check(name="Types", command=[BIN / "mypy"]),
    Check(
        name="Migrations",
        command=_manage("makemigrations", "--check", "--dry-run"),
        mend="python3 manage.py makemigrations --name=WHAT_FOR",
    ),
    Check(
        name="OpenAPI",
        command=_manage("spectacular", "--validate", "--fail-on-warn"),
        mend="make openapi",
        equals="docs/openapi.yaml",
    ),
    Check(
        name="Settings for a service",
        command=_manage("check", "--deploy", "--fail-level=WARNING"),
    ),
    Check(name="Dockerfile", command=[BIN / "hadolint", "docker/Dockerfile"]),
    Check(
        name="Compose file",
        command=[BIN / "check-jsonschema", "--builtin-schema=vendor.compose-spec", "docker/compose.yml"],
    ),
)


def run_checks() -> int:
    """Run all of them, with servers behind those that ask a database."""
    with borrowed() as environment:
        # As a service would have it; the rest of a laptop's settings will do.
        service = {"AIDTRACKER_HTTPS": "true", "DJANGO_SETTINGS_MODULE": "aidtracker.settings"}
        failed = [check for check in CHECKS if not _passes(check, {**os.environ, **environment, **service})]
    for check in failed:
        say.line(f"FAILED: {check.name}" + (f" ({check.mend})" if check.mend else ""))
    return 1 if failed else 0


def _passes(check: Check, environment: dict[str, str]) -> bool:
    try:
        with say.step(check.name):
            _do(check, environment)
    except Failed as failed:
        say.line(str(failed))
        return False
    return True


def _do(check: Check, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [str(part) for part in check.command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if check.equals else subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise Failed(f"{done.stdout}{done.stderr or ''}".rstrip())
    if check.equals is not None:
        committed = ROOT / check.equals
        if not committed.exists() or committed.read_text(encoding="utf-8") != done.stdout:
            raise Failed(f"{check.equals} is not what the code says now.")
