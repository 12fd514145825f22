"""A pytest plugin: a PostgreSQL and a Redis for this test run, started before Django reads its settings.

It is loaded by `-p` in pyproject.toml: a conftest would come too late, pytest-django having read the settings
by then. The controller starts both servers in a throw-away directory; each xdist worker inherits their
addresses and takes a database and a Redis number of its own (tests/database.py makes the databases).

TEST_POSTGRES_URL (a superuser's) and TEST_REDIS_URL name servers to use instead. DATABASE_URL is never used:
it may be somebody's real data.
"""

import atexit
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aidtracker.local import say
from aidtracker.local.broker import Broker
from aidtracker.local.postgres import Postgres
from aidtracker.local.servers import APPLICATION, OWNER

PASSWORD = "only-for-this-test-run"
TEMPLATE = "aidtracker_template"
# What the controller tells its workers.
POSTGRES_URL = "TESTS_POSTGRES_URL"
REDIS_URL = "TESTS_REDIS_URL"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where this process's tests find their servers. `worker` is 0 without xdist, else 1, 2, ..."""

    worker: int
    postgres: str  # the superuser's URL, without a database
    redis: str  # without a number

    @property
    def database(self) -> str:
        return f"aidtracker_test_{self.worker}"

    def superuser_url(self, database: str = "postgres") -> str:
        return f"{self.postgres}/{database}"

    def role_url(self, role: str, database: str) -> str:
        host = self.postgres.rpartition("@")[2]
        return f"postgres://{role}:{PASSWORD}@{host}/{database}"

    def redis_url(self) -> str:
        return f"{self.redis}/{self.worker}"

    def environment(self) -> dict[str, str]:
        """What settings read, for this process and for whatever a test starts."""
        return {
            "DATABASE_URL": self.role_url(APPLICATION, self.database),
            "DATABASE_OWNER_URL": self.role_url(OWNER, self.database),
            "REDIS_URL": self.redis_url(),
            "AIDTRACKER_SECRET_KEY": "a-secret-for-tests-alone-and-long-enough-for-the-checks",
            "AIDTRACKER_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "AIDTRACKER_HTTPS": "false",
            # Tests send in a second what partners send in an hour; those of the limits set their own.
            "AIDTRACKER_READS_PER_MINUTE": "1000000",
            "AIDTRACKER_WRITES_PER_MINUTE": "1000000",
            "AIDTRACKER_STRANGERS_PER_MINUTE": "1000000",
        }


def addresses() -> Addresses:
    """This process's servers; only after they were started."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    return Addresses(
        worker=int(name.removeprefix("gw")) + 1 if name else 0,
        postgres=os.environ[POSTGRES_URL],
        redis=os.environ[REDIS_URL],
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Before every other plugin's turn, pytest-django's included (a wrapper goes first)."""
    if POSTGRES_URL not in os.environ:
        started = _start()
        early_config.add_cleanup(started.stop)
        # pytest forgets its cleanups where the settings cannot be read.
        atexit.register(started.stop)
    os.environ.update(addresses().environment())
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures after pytest-django's, so that ours replace its."""
    config.pluginmanager.import_plugin("tests.database")


class _Started:
    """The run's own servers and their directory."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="aidtracker-tests-"))
        # A server that has to run as another user (root without user namespaces) must get through here.
        self.directory.chmod(0o711)
        self.postgres: Postgres | None = None
        self.broker: Broker | None = None
        self.owner = os.getpid()

    def stop(self) -> None:
        if os.getpid() != self.owner:
            return
        for server in (self.broker, self.postgres):
            if server is not None:
                server.stop()
        for name in (POSTGRES_URL, REDIS_URL):
            os.environ.pop(name, None)
        shutil.rmtree(self.directory, ignore_errors=True)


def _start() -> _Started:
    started = _Started()
    try:
        os.environ[POSTGRES_URL] = _given("TEST_POSTGRES_URL") or _start_postgres(started)
        os.environ[REDIS_URL] = _given("TEST_REDIS_URL") or _start_broker(started)
    except say.Refusal as refusal:
        started.stop()
        mend = "Tests need a PostgreSQL and a Redis: run `make test`, which brings them, or set TEST_POSTGRES_URL"
        raise pytest.UsageError(f"{refusal}\n{mend} (a superuser's) and TEST_REDIS_URL.") from refusal
    except BaseException:
        started.stop()
        raise
    if threading.current_thread() is threading.main_thread():
        # `kill` stops the run as Ctrl-C does, so that the servers are stopped in order.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    return started


def _given(name: str) -> str | None:
    url = os.environ.get(name)
    return url.rstrip("/").removesuffix("/postgres") if url else None


def _start_postgres(started: _Started) -> str:
    directory = started.directory / "postgres"
    log = started.directory / "postgres.log"
    started.postgres = Postgres(directory, password=PASSWORD, log=log, throw_away=True)
    started.postgres.start()
    return started.postgres.superuser_url("").rstrip("/")


def _start_broker(started: _Started) -> str:
    directory = started.directory / "redis"
    started.broker = Broker(directory, password=PASSWORD, log=started.directory / "redis.log")
    started.broker.start()
    return started.broker.url().removesuffix("/0")
