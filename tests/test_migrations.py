"""Migrations: nothing missing, named by intent, and reversible to an empty database and back."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import psycopg
import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from actors.factories import ActorFactory
from aidtracker.local.servers import APPLICATION, OWNER
from shipments.factories import ReportFactory
from tests.servers import TEMPLATE, addresses

OURS = ("actors", "shipments")

SCHEMA = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
          FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "grants": """
        SELECT relname, grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl)
         WHERE relnamespace = 'public'::regnamespace
    """,
}


KEPT = {
    table: f"SELECT * FROM shipments_{table} ORDER BY 1"
    for table in ("report", "picture", "finding", "conflict", "outboxevent")
}
DUE = "SELECT subject_id::text, from_moment::date::text, is_bulk, generation, not_before <= now() FROM shipments_due"


@pytest.fixture
def scratch(django_db_setup: None) -> Iterator[str]:
    """A migrated database with the vocabularies in it, that no other test sees."""
    where = addresses()
    name = f"{where.database}_scratch"
    with psycopg.connect(where.superuser_url(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )
        yield name
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrate(database: str, *target: str) -> None:
    _run(database, "migrate", *target, "--database=owner", "--verbosity=0")


def _run(database: str, *command: str) -> None:
    where = addresses()
    urls = {"DATABASE_URL": APPLICATION, "DATABASE_OWNER_URL": OWNER}
    environment = os.environ | {name: where.role_url(role, database) for name, role in urls.items()}
    whole = [sys.executable, "-m", "django", *command]
    done = subprocess.run(whole, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _unfinished(server: psycopg.Connection, name: str, built: set[str]) -> None:
    """As if the run of a migration had been interrupted: every other of the indexes it built is no good."""
    server.execute("DELETE FROM django_migrations WHERE app = 'shipments' AND name = %s", [name])
    half = sorted(built)[::2]
    server.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s::regclass[])", [half])


def _indexes(server: psycopg.Connection) -> set[str]:
    """The valid indexes that hold up no constraint."""
    query = """
        SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE indisvalid AND NOT indisunique AND relnamespace = 'public'::regnamespace
    """
    return {name for (name,) in server.execute(query)}


def _schema(database: str) -> dict[str, set[tuple[object, ...]]]:
    with psycopg.connect(addresses().superuser_url(database)) as server:
        return {name: set(server.execute(query).fetchall()) for name, query in SCHEMA.items()}


@pytest.mark.django_db
def test_models_have_no_change_without_a_migration(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        call_command("makemigrations", check=True, dry_run=True)
    except SystemExit:
        pytest.fail(f"run manage.py makemigrations --name=WHAT_FOR:\n{capsys.readouterr().out}")


def test_migrations_are_named_by_intent() -> None:
    found = [name for app, name in MigrationLoader(None).disk_migrations if app in OURS]
    assert found
    by_machine = re.compile(r"auto_|_initial$|_and_more$")
    assert [name for name in found if by_machine.search(name)] == []


@pytest.mark.django_db
def test_a_statement_that_stands_twice_is_told_before_anything_is_undone() -> None:
    *_, last = import_module("shipments.migrations.0011_keep_apart_what_was_passed_on").Migration.operations
    own = ReportFactory()
    with connection.schema_editor() as editor:
        last.reverse_code(apps, editor)
        ReportFactory(source=own.source, reference=own.reference, relayed_by=ActorFactory())
        with pytest.raises(IrreversibleError, match=f"several times.*: 1 .one is {own.reference}"):
            last.reverse_code(apps, editor)


def test_migrations_go_back_to_nothing_and_forth_again(scratch: str) -> None:
    before = _schema(scratch)
    tables = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models(True)}
    assert tables <= {table for table, *_ in before["columns"]}

    _migrate(scratch, "actors", "zero")  # and with it everything that stands on actors
    emptied = _schema(scratch)
    assert tables & {table for table, *_ in emptied["columns"]} == set()
    assert emptied["triggers"] == emptied["functions"] == set()

    _migrate(scratch)
    assert _schema(scratch) == before


def test_no_migration_builds_an_index_that_it_could_not_build_again() -> None:
    every = MigrationLoader(None).disk_migrations.items()
    built = [(name, each) for (app, name), found in every if app in OURS for each in found.operations]
    assert [name for name, each in built if type(each) is AddIndexConcurrently] == []


# A dozen runs of migrate.
@pytest.mark.timeout(300)
def test_a_migration_that_was_interrupted_runs_again(scratch: str) -> None:
    before = _schema(scratch)
    migrations = MigrationLoader(None).disk_migrations
    # The newest of them: older ones are made of the same operations.
    torn = sorted(name for (app, name), each in migrations.items() if app == "shipments" and not each.atomic)[-4:]
    with psycopg.connect(addresses().superuser_url(scratch), autocommit=True) as server:
        for name in reversed(torn):
            (previous,) = [each for app, each in migrations["shipments", name].dependencies if app == "shipments"]
            _migrate(scratch, "shipments", previous)
            without = _indexes(server)
            _migrate(scratch, "shipments", name)
            built = _indexes(server)
            _unfinished(server, name, built - without)
            _migrate(scratch, "shipments", name)
            assert _indexes(server) == built
    _migrate(scratch)
    assert _schema(scratch) == before


@pytest.mark.timeout(900)  # five processes, which on a busy machine take minutes
def test_tables_that_are_filled_go_back_and_forth_and_have_every_picture_made_again(scratch: str) -> None:
    """Back to a release that stored each finding twice, which makes its pictures again as this one does."""
    _run(scratch, "generate", "--shipments=12", "--seed=5")
    _run(scratch, "reconcile")
    before = _schema(scratch)
    with psycopg.connect(addresses().superuser_url(scratch), autocommit=True) as server:
        stored = {table: server.execute(query).fetchall() for table, query in KEPT.items()}
        subjects = {str(key) for (key,) in server.execute("SELECT DISTINCT subject_id FROM shipments_picture")}
        assert len(subjects) >= 12
        all_again = {(key, "1900-01-01", True, 1, True) for key in subjects}

        _migrate(scratch, "shipments", "0018_subscribe_to_what_is_lost")
        assert set(server.execute(DUE).fetchall()) == all_again
        # What waits by itself, and for tomorrow, when the release is put in.
        server.execute("DELETE FROM shipments_due WHERE subject_id <> %s", [live := min(subjects)])
        server.execute("UPDATE shipments_due SET is_bulk = false, from_moment = now(), not_before = now() + '1 day'")

        _migrate(scratch)
        assert _schema(scratch) == before
        assert {table: server.execute(query).fetchall() for table, query in KEPT.items()} == stored
        asked = {*all_again, (live, "1900-01-01", False, 2, True)} - {(live, "1900-01-01", True, 1, True)}
        assert set(server.execute(DUE).fetchall()) == asked

        _run(scratch, "reconcile")
        assert server.execute(DUE).fetchall() == []
        assert {table: server.execute(query).fetchall() for table, query in KEPT.items()} == stored
