"""What `python3 manage.py` does on a laptop: a few words of its own, and Django's commands with servers behind them.

manage.py setup     make .venv and stop
manage.py up        everything `make run` does
manage.py test      everything `make test` does; arguments go to pytest
manage.py bench     everything `make bench` does; arguments are the sizes and options of tests/bench
manage.py ANYTHING  Django's command, against the servers of a running `up`, else against servers started
                    for as long as it takes, else (DATABASE_URL is set) against that database
"""

import os
import sys
from collections.abc import Callable, Sequence

from . import say
from .state import ROOT


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit status."""
    word = arguments[1] if len(arguments) > 1 else "help"
    try:
        from .setup import enter_environment

        enter_environment()
        return _OWN.get(word, _django)(list(arguments))
    except say.Refusal as refusal:
        say.line(str(refusal))
        return 1
    except KeyboardInterrupt:
        return 130


def _setup(arguments: list[str]) -> int:
    return 0


def _up(arguments: list[str]) -> int:
    from .up import up

    if arguments[2:]:
        raise say.Refusal("up takes no arguments. Another port: PORT=8001 python3 manage.py up")
    return up()


def _test(arguments: list[str]) -> int:
    """Replace this process by pytest, on as many workers as there are processors unless -n says otherwise."""
    os.chdir(ROOT)
    given = arguments[2:]
    workers = (
        []
        if any(part.startswith(("-n", "--numprocesses")) for part in given)
        else ["-n", "auto", "--dist", "loadgroup"]
    )
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *given])


def _bench(arguments: list[str]) -> int:
    """Replace this process by the bench, which brings servers of its own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "tests.bench", *arguments[2:]])


def _checks(arguments: list[str]) -> int:
    from .checks import run_checks

    return run_checks()


def _django(arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError
    from psycopg.errors import UndefinedTable

    from .environment import borrowed

    with borrowed() as environment:
        os.environ.update(environment)
        try:
            execute_from_command_line(arguments)
        except ProgrammingError as error:
            if isinstance(error.__cause__, UndefinedTable):
                raise say.Refusal(f"{error.__cause__.diag.message_primary}: run `make run` first.") from None
            raise
    return 0


_OWN: dict[str, Callable[[list[str]], int]] = {
    "setup": _setup,
    "up": _up,
    "test": _test,
    "bench": _bench,
    "checks": _checks,
}
