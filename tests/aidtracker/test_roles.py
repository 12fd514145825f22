"""The application's role: enough to work with rows, and nothing that would let it change what was said."""

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from aidtracker.local.servers import OWNER
from tests.servers import addresses

pytestmark = pytest.mark.django_db


def test_tests_run_on_postgresql_as_the_application() -> None:
    assert connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("aidtracker_app", addresses().database)


@pytest.mark.parametrize("role", ["aidtracker_app", "aidtracker_owner"])
def test_neither_role_has_powers_over_the_server(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = %s",
            [role],
        )
        assert cursor.fetchone() == (False, False, False, False, False)


def test_application_belongs_to_no_other_role_and_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = 'aidtracker_app'::regrole")
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relowner = 'aidtracker_app'::regrole"
            " AND relnamespace <> pg_my_temp_schema()"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.notes (id int)",
        "CREATE SCHEMA notes",
        "CREATE DATABASE notes",
        "CREATE ROLE notes",
        "ALTER ROLE aidtracker_app SUPERUSER",
        "SET ROLE aidtracker_owner",
        "DROP TABLE django_migrations",
        "TRUNCATE django_content_type CASCADE",
        "ALTER TABLE django_content_type ADD COLUMN note text",
        "ALTER DATABASE {database} SET timezone = 'UTC+1'",
    ],
)
def test_application_may_not(statement: str) -> None:
    where = addresses()
    asked = sql.SQL(statement).format(database=sql.Identifier(where.database))  # type: ignore[arg-type]
    with psycopg.connect(where.environment()["DATABASE_URL"], autocommit=True) as own:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute(asked)


def test_tables_of_later_migrations_are_the_applications_to_fill_but_not_to_truncate() -> None:
    where = addresses()
    with psycopg.connect(where.role_url(OWNER, where.database)) as owner:
        owner.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, note text)")
        owner.execute("SET LOCAL search_path = public")
        granted = owner.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'aidtracker_app' AND table_name = 'later' ORDER BY 1"
        ).fetchall()
        owner.rollback()
    assert [privilege for (privilege,) in granted] == ["DELETE", "INSERT", "SELECT", "UPDATE"]


def test_application_may_make_temporary_tables_for_bulk_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE staging (id int) ON COMMIT DROP")
        cursor.execute("INSERT INTO staging VALUES (1)")


def test_strangers_may_not_log_in_to_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_database, aclexplode(datacl) WHERE datname = current_database() AND grantee = 0"
        )
        assert cursor.fetchone() == (0,)


def test_locks_of_a_killed_client_are_given_back_soon() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW client_connection_check_interval")
        assert cursor.fetchone() == ("500ms",)


def test_statements_are_never_compiled_before_they_run() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_no_statement_waits_for_other_processes_to_start() -> None:
    with connection.cursor() as cursor:
        # Where they cost nothing, whatever reads more than a page would be shared out.
        for cost in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
            cursor.execute(f"SET LOCAL {cost} = 0")
        cursor.execute("EXPLAIN SELECT count(*) FROM pg_proc AS one JOIN pg_proc AS other USING (prosrc)")
        assert "Gather" not in str(cursor.fetchall())
