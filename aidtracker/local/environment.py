"""The settings' environment on a laptop: what `docker/env.example` asks an operator for, filled in."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from . import say, servers
from .processes import is_running
from .state import home, lock, private_directory, read_run, secret, write_run

WAIT_FOR_A_COMMAND = 60.0


def local_settings() -> dict[str, str]:
    """Every setting but the servers' addresses; a caller's own value goes before these."""
    return {
        "AIDTRACKER_SECRET_KEY": secret("django"),
        "AIDTRACKER_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "AIDTRACKER_HTTPS": "false",
        # Whoever reaches the service here reaches this machine's own ports anyway.
        "AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }


def complete(given: Mapping[str, str], started: Mapping[str, str]) -> dict[str, str]:
    return {**local_settings(), **started, **given}


@contextmanager
def borrowed() -> Iterator[dict[str, str]]:
    """An environment with both servers in it: those of a running `up`, else some started for the while.

    Holds the lock `servers` in the second case; a command that comes meanwhile waits for it.
    """
    if {"DATABASE_URL", "REDIS_URL"} <= set(os.environ):
        yield complete(os.environ, {})
        return
    deadline = time.monotonic() + WAIT_FOR_A_COMMAND
    while True:
        with lock("servers", wait=False) as held:
            if held:
                with servers.running(os.environ) as started:
                    remember("command", started)
                    yield complete(os.environ, started.environment)
                return
        if (run := serving_run()) is not None:
            yield complete(os.environ, run["environment"])
            return
        if time.monotonic() > deadline:
            raise say.Refusal(f"Another command has been using {home()} for over a minute: end it first.")
        time.sleep(0.2)


def serving_run() -> dict[str, Any] | None:
    """What a running `up` wrote about itself, once its servers answer."""
    run = read_run()
    return run if run.get("kind") == "up" and is_running(int(run.get("pid", 0))) else None


def remember(kind: str, started: servers.Servers, **more: Any) -> None:
    """Write down who holds the servers, and on which ports, for other commands and for the next start."""
    private_directory("log")
    last = read_run()
    write_run(
        kind=kind,
        pid=os.getpid(),
        postgres_port=started.postgres.port if started.postgres else last.get("postgres_port"),
        redis_port=started.broker.port if started.broker else last.get("redis_port"),
        environment=started.environment,
        **more,
    )
