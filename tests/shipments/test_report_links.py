"""What a report points at is there, and stays there: two triggers do for whole statements what foreign keys do."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory, UserFactory
from shipments.factories import (
    DocumentFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    PlaceFactory,
    ReportFactory,
)
from shipments.models import Report
from tests.threads import until_somebody_waits

# Each link: what makes a thing that nothing else points at, and a key that nothing has.
LINKS = {
    "source": (SourceFactory, uuid4()),
    "partner_key": (PartnerKeyFactory, uuid4()),
    "entered_by": (UserFactory, 999_999_999),
    "document": (DocumentFactory, uuid4()),
    "subject": (OfferFactory, uuid4()),
    "leg": (LegFactory, 999_999_999),
    "line": (LineFactory, 999_999_999),
    "place": (PlaceFactory, uuid4()),
    "attributed_to": (SourceFactory, uuid4()),
    "relayed_by": (ActorFactory, uuid4()),
}


def columns(link: str) -> tuple[str, str, str]:
    """The report's column, the table it leads to, and that table's key."""
    field = Report._meta.get_field(link)
    parent = field.target_field.model._meta
    parent = parent.pk.target_field.model._meta if parent.pk.remote_field else parent
    return field.column, parent.db_table, parent.pk.column


def insert_pointing_at(link: str, key: object) -> None:
    """A copy of a report that points at ``key``, by the database alone."""
    insert_copy(ReportFactory(), {columns(link)[0]: key})


def insert_copy(report: Report, changed: dict[str, object]) -> None:
    """The same report with another key and what is ``changed``, by one statement of the database."""
    changed = {"id": uuid4(), "reference": f"RPT-{uuid4().hex[:16]}", "event_id": uuid4().hex, **changed}
    names = [field.column for field in Report._meta.local_concrete_fields]
    values = [sql.Placeholder(name) if name in changed else sql.Identifier(name) for name in names]
    statement = sql.SQL("INSERT INTO shipments_report ({}) SELECT {} FROM shipments_report WHERE id = {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(values), sql.Literal(report.pk)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, changed)


def remove(link: str, key: object) -> None:
    """Delete what ``key`` names, past all of Django's own care."""
    _, table, own = columns(link)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {own} = %s", [key])


def test_every_link_of_a_report_is_told_here() -> None:
    assert {field.name for field in Report._meta.local_concrete_fields if field.remote_field} == LINKS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("link", LINKS)
def test_report_points_at_nothing_that_is_not_there(link: str) -> None:
    make, nobody = LINKS[link]
    insert_pointing_at(link, make().pk)
    with pytest.raises(IntegrityError, match=columns(link)[1]) as refused, transaction.atomic():
        insert_pointing_at(link, nobody)
    assert refused.value.__cause__.diag.constraint_name == "report_points_at_what_is_there"


@pytest.mark.django_db
@pytest.mark.parametrize("link", LINKS)
def test_what_a_report_points_at_is_looked_up_by_key_however_few_there_were(link: str) -> None:
    """Its plan is kept for as long as the session lives, and an import may fill the table meanwhile."""
    report, column, table = ReportFactory(), *columns(link)[:2]
    key = LINKS[link][0]().pk

    def walks() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = %s", [table])
            return cursor.fetchone()[0]

    before = walks()
    for _ in range(3):
        insert_copy(report, {column: key})
    assert walks() == before


@pytest.mark.django_db
@pytest.mark.parametrize("link", LINKS)
def test_what_a_report_points_at_is_not_deleted(link: str) -> None:
    make, _ = LINKS[link]
    there, spare = make().pk, make().pk
    insert_pointing_at(link, there)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'DELETE')", [columns(link)[1]])
        if not cursor.fetchone()[0]:  # evidence itself: 0004 holds that already
            return
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        remove(link, there)
    assert refused.value.__cause__.diag.constraint_name == "report_keeps_what_it_points_at"
    with transaction.atomic():
        remove(link, spare)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_what_a_report_points_at_keeps_its_key() -> None:
    place = PlaceFactory()
    insert_pointing_at("place", place.pk)
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE shipments_place SET id = %s WHERE id = %s", [uuid4(), place.pk])
    assert refused.value.__cause__.diag.constraint_name == "report_keeps_what_it_points_at"


@pytest.mark.usefixtures("committed_db")
def test_who_deletes_waits_for_who_points_at_it_and_is_refused() -> None:
    place = PlaceFactory()
    refused: list[BaseException] = []

    def delete() -> None:
        try:
            remove("place", place.pk)
        except IntegrityError as error:
            refused.append(error)
        finally:
            connection.close()

    deleting = threading.Thread(target=delete)
    with transaction.atomic():
        insert_pointing_at("place", place.pk)
        deleting.start()
        until_somebody_waits()
    deleting.join()
    assert len(refused) == 1
    assert Report.objects.filter(place=place).exists()
