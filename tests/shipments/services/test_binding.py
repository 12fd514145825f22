"""Two analysts who bind one report at once: the second is told what the first has done."""

import threading

import pytest
from django.db import transaction

from actors.factories import UserFactory
from shipments.factories import ReportFactory, ShipmentFactory
from shipments.models import Attachment
from shipments.services.curating import attach_report
from shipments.services.deciding import decide, withdraw
from shipments.services.errors import NotDecidable, NotHeld
from tests.threads import all_at_once, until_somebody_waits

pytestmark = pytest.mark.usefixtures("committed_db")


def one_after_the_other(first, second, refusal):
    """``first`` is not committed before ``second`` waits for it."""
    begun = threading.Event()

    def begins():
        with transaction.atomic():
            first()
            begun.set()
            until_somebody_waits("advisory")

    def follows():
        begun.wait(timeout=30)
        with pytest.raises(refusal):
            second()

    all_at_once(begins, follows)


def test_one_report_is_attached_to_one_subject():
    held, analyst, subjects = ReportFactory(subject=None), UserFactory(), [ShipmentFactory(), ShipmentFactory()]
    one_after_the_other(
        *(lambda subject=each: attach_report(held, subject, reason="Its waybill.", by=analyst) for each in subjects),
        NotHeld,
    )
    assert Attachment.objects.get().subject_id == subjects[0].pk


def test_a_move_is_withdrawn_once():
    report, other, analyst = ReportFactory(), ShipmentFactory(), UserFactory()
    moved = {"reports": [report], "to_subject": other, "reason": "Another number."}
    decision = decide(report.subject, author=analyst, kind="two_events", **moved)

    def back():
        withdraw(decision, author=analyst, reason="The same after all.")

    one_after_the_other(back, back, NotDecidable)
    assert [each.subject_id for each in Attachment.objects.order_by("recorded_at")] == [other.pk, report.subject_id]
