"""The part of `up` that needs Django: `python -m aidtracker.local.prepare`, one start for all its steps.

migrate (as owner) -> vocabularies (static files beside) -> tell the supervisor -> logins -> case -> wait -> picture

The supervisor starts web, worker and scheduler when it is told, while the case is still being loaded; the
wait at the end is for those workers.
"""

import argparse
import hashlib
import os
import sys
import traceback
from pathlib import Path

import django
from django.conf import settings
from django.core.management import CommandError, call_command

from . import demonstration, say
from .state import ROOT, home

CASE = "dprk-covid-2022"
# Whose files the static files are made from.
STATIC_SOURCES = ("requirements.txt", "aidtracker/settings.py", "aidtracker/site/static", "shipments/static")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ready-fd", type=int, required=True, help="told `ready` when web and workers may start")
    ready = os.fdopen(parser.parse_args().ready_fd, "w")
    with say.step("Reading the application"):
        django.setup()
    collecting = _collect_static()
    with say.step("Preparing the database"):
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        call_command("load_vocabularies", verbosity=0)
    if collecting is not None:
        with say.step("Collecting static files"):
            if os.waitstatus_to_exitcode(os.waitpid(collecting, 0)[1]) != 0:
                raise say.Refusal("The static files could not be collected; the lines above say why.")
    with ready:
        ready.write("ready\n")
    demonstration.make_login()
    demonstration.make_key()
    with say.step(f"Loading the case {CASE}"):
        call_command("load_case", CASE, verbosity=0)
    wait_for_workers()
    sys.stdout.flush()
    call_command("picture")


def wait_for_workers(seconds: int = 120) -> None:
    """Until all is reconciled, or as long as anybody would wait: what is due then is worked on while this serves."""
    left = ""
    with say.step("Waiting until the workers have reconciled everything"):
        try:
            call_command("reconcile", wait=True, timeout=seconds)
        except CommandError as error:
            left = str(error)
    if left:
        say.line(f"  {left} It goes on; what follows is what is believed so far.")


def _collect_static() -> int | None:
    """Collect and compress the static files in a second process, beside the migration; return its id.

    None: nothing they are made from has changed.
    """
    stamp = home() / "static.stamp"
    wanted = _fingerprint()
    if Path(settings.STATIC_ROOT).is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return None
    process = os.fork()  # before any connection is open and any thread runs
    if process:
        return process
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(wanted)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _fingerprint() -> str:
    found = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for name in STATIC_SOURCES:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found.update(str(file.relative_to(ROOT)).encode())
                found.update(file.read_bytes())
    return found.hexdigest()


if __name__ == "__main__":
    try:
        main()
    except say.Refusal as refusal:
        say.line(str(refusal))
        sys.exit(1)
