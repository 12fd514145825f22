"""Both servers at once, ready for the application: started, with the two roles and the database in place.

The result is an environment: DATABASE_URL (the application's role), DATABASE_OWNER_URL (the role that migrates)
and REDIS_URL. Whatever the caller's environment already names is used as it is and not started.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .broker import Broker
from .postgres import Postgres
from .processes import Child
from .say import Refusal
from .state import ROOT, home, private_directory, read_run, secret

OWNER = "aidtracker_owner"
APPLICATION = "aidtracker_app"
DATABASE = "aidtracker"


@dataclass(kw_only=True)
class Servers:
    """What was started here (None: somebody else's, named by the environment)."""

    postgres: Postgres | None = None
    broker: Broker | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def stop(self) -> None:
        for server in (self.broker, self.postgres):
            if server is not None:
                server.stop()

    def children(self) -> list[Child]:
        return [server.child for server in (self.postgres, self.broker) if server is not None and server.child]

    def describe(self) -> list[str]:
        """A line for each server that was started: what it is and where it is from."""
        lines = []
        if self.postgres is not None:
            made = self.postgres.binaries
            lines.append(f"PostgreSQL {made.major} ({made.origin}: {made.directory}) on port {self.postgres.port}")
        if self.broker is not None:
            lines.append(f"{self.broker.version()} ({self.broker.origin}) on port {self.broker.port}")
        return lines


def start(given: Mapping[str, str] = os.environ) -> Servers:
    """Start what the environment does not name, with this machine's own data. The caller holds the lock."""
    servers = Servers()
    last = read_run()
    logs = private_directory("log")
    try:
        if "DATABASE_URL" in given:
            if "DATABASE_OWNER_URL" not in given:
                raise Refusal("DATABASE_URL is set but DATABASE_OWNER_URL is not: migrations need the owner's login.")
        else:
            servers.postgres = Postgres(home() / "postgres", password=secret("postgres"), log=logs / "postgres.log")
            servers.postgres.start(port=last.get("postgres_port"))
            servers.environment |= make_database(servers.postgres, DATABASE)
        if "REDIS_URL" not in given:
            servers.broker = Broker(private_directory("redis"), password=secret("redis"), log=logs / "redis.log")
            servers.broker.start(port=last.get("redis_port"))
            servers.environment["REDIS_URL"] = servers.broker.url()
    except BaseException:
        servers.stop()
        raise
    return servers


@contextmanager
def running(given: Mapping[str, str] = os.environ) -> Iterator[Servers]:
    servers = start(given)
    try:
        yield servers
    finally:
        servers.stop()


def make_database(postgres: Postgres, name: str) -> dict[str, str]:
    """Make the roles and the database where they are missing; return the two URLs."""
    passwords = {role: secret(role) for role in (OWNER, APPLICATION)}
    apply_roles(postgres.superuser_url(), postgres.superuser_url(name), name, passwords)
    return {
        "DATABASE_URL": postgres.url(APPLICATION, passwords[APPLICATION], name),
        "DATABASE_OWNER_URL": postgres.url(OWNER, passwords[OWNER], name),
    }


def apply_roles(server_url: str, database_url: str, name: str, passwords: Mapping[str, str]) -> None:
    """Run docker/roles.sql as the superuser in the database `name`, which is created where it is missing."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(server_url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(roles_sql())
        for role, password in passwords.items():
            # Only the hash travels, so that no log of the server can hold the password.
            hashed = database.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
            database.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(hashed.decode()))
            )


def roles_sql() -> bytes:
    return (Path(ROOT) / "docker" / "roles.sql").read_bytes()
