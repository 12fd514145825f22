"""Nothing said is lost: the application has no right to change evidence, and a trigger stops everybody else."""

from collections.abc import Callable, Mapping

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Model
from factory.django import DjangoModelFactory
from psycopg import sql

from actors.factories import NOON, AuditEntryFactory, SourceInterestFactory, SourceRatingFactory
from aidtracker.local.servers import OWNER
from shipments.factories import (
    AttachmentFactory,
    CodeMappingFactory,
    DecisionFactory,
    DocumentFactory,
    PolicyVersionFactory,
    ReportFactory,
    ReportLinkFactory,
    ReportPayloadFactory,
)
from shipments.models import ReportPayload
from tests.servers import addresses

# Each table of evidence: what makes a row, and a column that somebody might want to change.
EVIDENCE: Mapping[type[DjangoModelFactory], str] = {
    AttachmentFactory: "reason",
    AuditEntryFactory: "reason",
    CodeMappingFactory: "milestone",
    DecisionFactory: "reason",
    DocumentFactory: "title",
    PolicyVersionFactory: "reason",
    ReportFactory: "event_id",
    ReportLinkFactory: "reason",
    SourceInterestFactory: "recorded_at",
    SourceRatingFactory: "reason",
}
TABLES = {factory._meta.get_model_class()._meta.db_table: factory for factory in EVIDENCE}


def _changes(table: str, row: Model, column: str) -> dict[str, sql.Composed]:
    """An UPDATE, a DELETE and a TRUNCATE of one row's table."""
    names = {
        "table": sql.Identifier(table),
        "column": sql.Identifier(column),
        "pk": sql.Identifier(row._meta.pk.column),
    }
    where = sql.SQL(" WHERE {pk} = {value}").format(value=sql.Literal(row.pk), **names)
    return {
        "UPDATE": sql.SQL("UPDATE {table} SET {column} = {column}").format(**names) + where,
        "DELETE": sql.SQL("DELETE FROM {table}").format(**names) + where,
        "TRUNCATE": sql.SQL("TRUNCATE {table} CASCADE").format(**names),
    }


@pytest.mark.django_db
def test_the_tables_of_evidence_are_known_here() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")
        assert {table for (table,) in cursor.fetchall()} == TABLES.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_application_may_only_read_and_add(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants"
            " WHERE grantee = 'aidtracker_app' AND table_name = %s ORDER BY 1",
            [table],
        )
        assert [privilege for (privilege,) in cursor.fetchall()] == ["INSERT", "SELECT"]


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("table", TABLES)
def test_application_is_refused(table: str, act: str) -> None:
    factory = TABLES[table]
    statement = _changes(table, factory(), EVIDENCE[factory])[act]
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied for table"):
        cursor.execute(statement)


def test_owner_is_told_what_to_do_instead(committed_db: None, subtests: pytest.Subtests) -> None:
    rows = {table: factory() for table, factory in TABLES.items()}
    where = addresses()
    with psycopg.connect(where.role_url(OWNER, where.database), autocommit=True) as owner:
        for table, row in rows.items():
            for act, statement in _changes(table, row, EVIDENCE[TABLES[table]]).items():
                with subtests.test(table=table, act=act):
                    # TRUNCATE reaches further tables, and names the first that refuses.
                    refused = "[a-z_]+" if act == "TRUNCATE" else table
                    told = f"evidence is append-only: {act} on {refused} is refused; [a-z]+"
                    with pytest.raises(psycopg.errors.RestrictViolation, match=told):
                        owner.execute(statement)


def test_owner_may_not_empty_the_payloads(committed_db: None) -> None:
    payload = ReportPayloadFactory()
    where = addresses()
    with psycopg.connect(where.role_url(OWNER, where.database), autocommit=True) as owner:
        for act, statement in _changes("shipments_reportpayload", payload, "quote").items():
            with pytest.raises(psycopg.errors.RestrictViolation, match=f"a payload may be erased once.*{act}"):
                owner.execute(statement)


def _erase(payload: ReportPayload, **given: object) -> int:
    erased = {"quote": "", "raw": None, "erased_at": NOON, "erased_because": "asked by the source"}
    with transaction.atomic():
        return ReportPayload.objects.filter(pk=payload.pk).update(**erased | given)


@pytest.mark.django_db
def test_payload_may_be_erased_and_its_report_stays() -> None:
    payload = ReportPayloadFactory()
    assert _erase(payload) == 1
    payload.refresh_from_db()
    assert (payload.quote, payload.raw, payload.erased_because) == ("", None, "asked by the source")
    payload.report.refresh_from_db()


@pytest.mark.django_db
def test_payload_is_erased_once() -> None:
    payload = ReportPayloadFactory()
    _erase(payload)
    with pytest.raises(IntegrityError, match="may be erased once"):
        _erase(payload, erased_because="another reason")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"quote": "something else"},
        {"quote": "something else", "erased_at": NOON},
        {"raw": {}, "erased_at": NOON},
        {"quote": "", "erased_because": "asked by the source"},
    ],
)
def test_payload_may_not_be_changed(change: dict[str, object]) -> None:
    payload = ReportPayloadFactory()
    with pytest.raises(IntegrityError, match="may be erased once"), transaction.atomic():
        ReportPayload.objects.filter(pk=payload.pk).update(**change)


@pytest.mark.django_db
def test_payload_is_erased_with_a_reason() -> None:
    with pytest.raises(IntegrityError, match="report_payload_is_erased_with_a_reason"):
        _erase(ReportPayloadFactory(), erased_because="")


@pytest.mark.django_db
@pytest.mark.parametrize("remove", [lambda rows: rows.delete(), lambda rows: rows._raw_delete("default")])
def test_application_may_not_delete_a_payload(remove: Callable[..., object]) -> None:
    payload = ReportPayloadFactory()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        remove(ReportPayload.objects.filter(pk=payload.pk))
