"""What an analyst is shown is found by indexes, among many reports and pictures that are something else."""

import psycopg
import pytest
from django.db import connection
from django.test import RequestFactory

from actors.factories import UserFactory
from actors.marking import Marking
from aidtracker.site.first_page import first_page, held_reports
from shipments.factories import AttachmentFactory, PictureFactory, ReportFactory
from shipments.models import Report
from tests.growth.plans import statements
from tests.servers import addresses

pytestmark = pytest.mark.usefixtures("committed_db")

MANY = 5000
# Copies of the one row that is there, with what has to differ.
COPIES = {
    "shipments_report": (
        "'id', gen_random_uuid(), 'subject_id', gen_random_uuid(), "
        "'reference', 'RPT-' || n, 'event_id', n, 'content_hash', n"
    ),
    "shipments_picture": "'id', -n, 'subject_id', gen_random_uuid()",
}


def copy_rows() -> None:
    """Make both tables long, and have the planner know: it would guess by whatever ran before."""
    where = addresses()
    with psycopg.connect(where.superuser_url(where.database), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")  # subjects of the copies are not there
        for table, differs in COPIES.items():
            superuser.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({differs}))).* "
                f"FROM {table} AS one, generate_series(1, {MANY}) AS n"
            )
            superuser.execute(f"VACUUM (ANALYZE) {table}")


def plan_of(ask) -> str:
    """How the database goes about all that ``ask`` reads."""
    with statements() as found:
        ask()
    plans = []
    with connection.cursor() as cursor:
        for sql, params in found:
            cursor.execute(f"EXPLAIN {sql}", params)
            plans += [line for (line,) in cursor.fetchall()]
    return "\n".join(plans)


def test_what_waits_for_an_analyst_is_found_by_index_however_little_it_is():
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(clearance=Marking.AMBER)
    ReportFactory()
    PictureFactory()
    copy_rows()
    held = {f"report_without_{what}" for what in ("known_subject", "known_code", "leg", "line")}
    assert {name for name in held if name not in plan_of(lambda: held_reports(request))} == set()
    everything = held | {"picture_contested"}
    assert {name for name in everything if name not in plan_of(lambda: first_page(request))} == set()


def test_what_was_said_of_a_subject_and_what_was_attached_to_it_are_found_by_an_index_each():
    attached = AttachmentFactory()
    PictureFactory()
    copy_rows()
    plan = plan_of(lambda: list(Report.objects.about(attached.subject_id)))
    assert "BitmapOr" in plan
    assert "report_by_subject" in plan
