"""Where a bench runs: a PostgreSQL and a Redis of its own, durable as in a service, and the contenders' processes.

Each size has a database and two of Redis's. Settings differ from the servers' defaults in three: room for shared
buffers and for WAL, since a million shipments do not fit into the defaults, and pg_stat_statements, which counts
queries and buffers alike for all.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.request import urlopen

import psycopg
from celery import Celery

from aidtracker.local.broker import Broker
from aidtracker.local.postgres import Postgres
from aidtracker.local.processes import Child, spawn
from aidtracker.local.servers import APPLICATION, OWNER, apply_roles
from aidtracker.local.state import free_port
from tests.bench.callers import wait_until

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-this-bench"
SETTINGS = (
    *("shared_buffers = '2GB'", "maintenance_work_mem = '512MB'"),
    *("max_wal_size = '8GB'", "checkpoint_timeout = '15min'"),
    "shared_preload_libraries = 'pg_stat_statements'",
)
TICKS = os.sysconf("SC_CLK_TCK")
# Of web and of worker processes, as docker/entry and `make run` start them on a machine with two processors.
PROCESSES = os.cpu_count() or 1


@dataclass(kw_only=True)
class Process:
    """A contender's process with its children."""

    name: str
    child: Child
    port: int = 0

    @property
    def popen(self) -> "subprocess.Popen[bytes]":
        return self.child.process

    def stop(self) -> None:
        """End it and whatever it started."""
        self.signal(signal.SIGCONT)  # what stands still hears of no end
        self.child.stop(grace=10)

    def signal(self, one: signal.Signals) -> None:
        """Send a signal to the process and its children."""
        for pid in (self.popen.pid, *children_of(self.popen.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, one)

    def cpu(self) -> float:
        """Seconds of processor time of the process and its children so far."""
        return cpu_of(self.popen.pid)

    def peak_memory(self) -> float:
        """The largest resident set of any of its processes so far, in MB."""
        return max(map(_peak, [self.popen.pid, *children_of(self.popen.pid)]))


@dataclass(kw_only=True)
class Place:
    """The servers of one run and every process started in it, with the database of one size."""

    postgres: Postgres
    broker: Broker
    directory: Path
    number: int = 0
    processes: list[Process] = field(default_factory=list)

    @property
    def database(self) -> str:
        return f"bench_{self.number}"

    def at(self, number: int) -> "Place":
        """The same servers and processes with the database of another size."""
        return replace(self, number=number)

    def make_database(self) -> None:
        """Make the database where it is missing, and give the roles their rights in it."""
        urls = self.postgres.superuser_url(), self.postgres.superuser_url(self.database)
        apply_roles(*urls, self.database, {OWNER: PASSWORD, APPLICATION: PASSWORD})

    def superuser(self, database: str = "") -> psycopg.Connection:
        """A superuser's connection: for the floor, for loading and for reading counters."""
        return psycopg.connect(self.postgres.superuser_url(database or self.database), autocommit=True)

    @contextmanager
    def without_autovacuum(self) -> Iterator[None]:
        """For rounds that vacuum by themselves: it would come in the middle of whatever is measured just then."""
        self._autovacuum("off")
        try:
            yield
        finally:
            self._autovacuum("on")

    def _autovacuum(self, said: str) -> None:
        with self.superuser("postgres") as server:
            server.execute(f"ALTER SYSTEM SET autovacuum = {said}".encode())
            server.execute("SELECT pg_reload_conf()")

    def broker_url(self, redis: int = 0) -> str:
        """This size's queue: 0 ours, 1 the naive way's. The first of all is left to whoever measures."""
        return self.broker.url(1 + 2 * self.number + redis)

    def environment(self, redis: int = 0) -> dict[str, str]:
        """What settings read."""
        return {
            "DATABASE_URL": self.postgres.url(APPLICATION, PASSWORD, self.database),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER, PASSWORD, self.database),
            "REDIS_URL": self.broker_url(redis),
            "AIDTRACKER_SECRET_KEY": "a-secret-for-the-bench-alone-and-long-enough-for-the-checks",
            "AIDTRACKER_ALLOWED_HOSTS": "127.0.0.1",
            "AIDTRACKER_HTTPS": "false",
            "AIDTRACKER_LOG_LEVEL": "WARNING",
            "AIDTRACKER_SWEEP_SECONDS": "1",
            # Counted as in a service, and never refused.
            "AIDTRACKER_READS_PER_MINUTE": "1000000",
            "AIDTRACKER_WRITES_PER_MINUTE": "1000000",
            "WEB_PROCESSES": str(PROCESSES),
        }

    def run(self, name: str, *command: str, redis: int = 0, port: int = 0, **environment: str) -> Process:
        """Start ``python -m command``; it ends with the place."""
        child = spawn(
            name,
            [sys.executable, "-m", *command],
            log=self.directory / f"{self.database}-{name}.log",
            env={**os.environ, **self.environment(redis), **environment},
            cwd=ROOT,
            death_signal=signal.SIGKILL,
        )
        process = Process(name=name, child=child, port=port)
        self.processes.append(process)
        return process

    def web(self, name: str, application: str, *, redis: int = 0, probe: str = "/", **environment: str) -> Process:
        """Gunicorn with a process for each processor and our own settings of it, once it answers."""
        port = free_port(None)
        command = ("gunicorn", "-c", "python:aidtracker.web", application)
        process = self.run(name, *command, redis=redis, port=port, WEB_BIND=f"127.0.0.1:{port}", **environment)
        self._wait(process, f"http://127.0.0.1:{port}{probe}")
        return process

    def worker(self, name: str, application: str, *, redis: int = 0, **environment: str) -> Process:
        """A Celery worker with a child for each processor, once it answers."""
        command = ("celery", "-A", application, "worker", "-c", str(PROCESSES), "-l", "warning", "--without-gossip")
        process = self.run(name, *command, "--without-mingle", "--without-heartbeat", redis=redis, **environment)
        with Celery(broker=self.broker_url(redis), set_as_current=False) as caller:
            wait_until(caller.control.ping, seconds=60)
        return process

    def stop(self, *processes: Process) -> None:
        for process in processes or list(self.processes):
            process.stop()
            self.processes.remove(process)

    def database_cpu(self) -> float:
        """Seconds of processor time of the database server so far, with every backend that it had."""
        assert self.postgres.child is not None
        return cpu_of(self.postgres.child.process.pid)

    def _wait(self, process: Process, url: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if process.popen.poll() is not None:
                break
            try:
                urlopen(url, timeout=5).close()
                return
            except OSError as error:
                if getattr(error, "code", None):  # an answer, if not a friendly one
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{process.name} did not come up:\n{process.child.tail(40)}")

    @contextmanager
    def awake(self, *processes: Process) -> Iterator[None]:
        """Have processes go on inside, and stand still afterwards, as they do until it is their size's turn again."""
        for process in processes:
            process.signal(signal.SIGCONT)
        yield
        self.halt(*processes)

    def halt(self, *processes: Process) -> None:
        """Have processes stand still where they hold nothing in the database that others would wait for."""
        busy = "SELECT FROM pg_stat_activity WHERE datname = %s AND usename = %s AND state <> 'idle'"
        deadline = time.monotonic() + 30
        with self.superuser() as connection:
            while time.monotonic() < deadline:
                for process in processes:
                    process.signal(signal.SIGSTOP)
                if not connection.execute(busy, [self.database, APPLICATION]).fetchone():
                    return
                for process in processes:
                    process.signal(signal.SIGCONT)
                time.sleep(0.05)
        raise TimeoutError(f"{', '.join(each.name for each in processes)} never stood still between two transactions")


@contextmanager
def place() -> Iterator[Place]:
    """Servers without a database; gone afterwards, with everything in them."""
    directory = Path(tempfile.mkdtemp(prefix="aidtracker-bench-"))
    directory.chmod(0o711)
    postgres = Postgres(directory / "postgres", password=PASSWORD, log=directory / "postgres.log")
    broker = Broker(directory / "redis", password=PASSWORD, log=directory / "redis.log")
    found = Place(postgres=postgres, broker=broker, directory=directory)
    try:
        postgres.start()
        with psycopg.connect(postgres.superuser_url(), autocommit=True) as server:
            for setting in SETTINGS:
                server.execute(f"ALTER SYSTEM SET {setting}".encode())
        postgres.stop()
        postgres.start(port=postgres.port)
        broker.start()
        yield found
    except BaseException:
        for log in sorted(directory.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}", file=sys.stderr)
        raise
    finally:
        found.stop()
        broker.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


def children_of(pid: int) -> list[int]:
    """Every living process below ``pid``."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        try:
            below = [
                int(child)
                for task in Path(f"/proc/{waiting.pop()}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
        found += below
        waiting += below
    return found


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process, its children and whatever children it has buried.

    Of the living to the nanosecond, by the clock that Linux has for every process; of the buried in hundredths.
    """
    seconds = 0.0
    for one in [pid, *children_of(pid)]:
        try:
            parts = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            # ~pid << 3 | CPUCLOCK_SCHED: what clock_getcpuclockid() gives.
            seconds += sum(map(int, parts[13:15])) / TICKS + time.clock_gettime(~one << 3 | 2)
        except OSError:
            continue
    return seconds


def _peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
