"""Fixtures: a database for each test process, as the application sees it, made from one migrated template.

template (migrated by the owner, vocabularies loaded)  --CREATE DATABASE ... TEMPLATE-->  one for each process

Tests log in as aidtracker_app, which owns nothing, so that a missing grant fails here and not in a service.
"""

from collections.abc import Generator
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from aidtracker.local.servers import APPLICATION, OWNER, apply_roles
from tests.servers import PASSWORD, TEMPLATE, Addresses, addresses

TEMPLATE_LOCK = 20260520  # any number; whoever holds it makes the template


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> None:
    """In place of pytest-django's: the database is cloned by the superuser and used by the application's role."""
    where = addresses()
    with django_db_blocker.unblock():
        _make_template_once(where)
        reclone(where)


@pytest.fixture
def committed_db(
    django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Generator[None, None, None]:
    """A database whose commits are real, seen by threads and by other processes; made anew afterwards.

    It stands in for django_db(transaction=True), which wants TRUNCATE, a right that the application lacks.
    """
    # Threads that begin together find no connection made, and a busy machine makes eight of them in more than the five
    # seconds after which a service answers 503.
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"]["pool"], "timeout", 60)
    with django_db_blocker.unblock():
        connections.close_all()
        _close_pools()
        yield
        connections.close_all()
        _close_pools()
    where = addresses()
    reclone(where)
    redis.Redis.from_url(where.redis_url()).flushdb()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None and (marker.kwargs.get("transaction") or marker.args[:1] == (True,)):
            raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_db instead of transaction=True")


def reclone(where: Addresses) -> None:
    """Drop this process's database, whoever is connected, and make it again from the template."""
    database, template = sql.Identifier(where.database), sql.Identifier(TEMPLATE)
    with psycopg.connect(where.superuser_url(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(database, template, sql.Identifier(OWNER))
        )
        # A clone takes everything from its template but the rights on the database itself.
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        server.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, sql.Identifier(APPLICATION))
        )


def _make_template_once(where: Addresses) -> None:
    """Migrate the template in one process while the others wait."""
    with psycopg.connect(where.superuser_url(), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        made = server.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if made == (True,):
            return
        if made is not None:  # an earlier run against these servers was cut short
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
        passwords = {OWNER: PASSWORD, APPLICATION: PASSWORD}
        apply_roles(where.superuser_url(), where.superuser_url(TEMPLATE), TEMPLATE, passwords)
        _fill_template()
        server.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(TEMPLATE)))


def _fill_template() -> None:
    names = {alias: settings.DATABASES[alias]["NAME"] for alias in ("default", "owner")}
    for alias in names:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = TEMPLATE
    try:
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        call_command("load_vocabularies", verbosity=0)
    finally:
        connections.close_all()
        _close_pools()
        for alias, name in names.items():
            connections[alias].settings_dict["NAME"] = name


def _close_pools() -> None:
    """Django keeps its psycopg pools beyond close_all(), and a clone wants nobody connected."""
    for connection in connections.all(initialized_only=True):
        connection.close_pool()
