"""What is dated by a clock ahead of the database's counts once that moment has come, with no report after it."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from actors.factories import UserFactory
from shipments.factories import OccurredFactory, ReportDraftFactory
from shipments.models import Due, Picture, Report
from shipments.services import curating
from shipments.services.recording import Sender, record
from shipments.services.verifying import verify
from tests.shipments.services.conftest import fold, hours, voice

pytestmark = pytest.mark.django_db
AHEAD = timedelta(seconds=1.5)


@pytest.fixture
def ahead(monkeypatch):
    """The clock of whoever records or grades is ahead."""
    monkeypatch.setattr(curating.timezone, "now", lambda now=timezone.now: now() + AHEAD)


def report(shipment, **said):
    draft = ReportDraftFactory(
        subject=shipment.reference, code="departed", occurred=OccurredFactory(earliest=hours(24)), **said
    )
    record([draft], sender=Sender())


def fold_now_and_then(shipment):
    fold()
    assert Due.objects.get().not_before > timezone.now() - AHEAD
    time.sleep(AHEAD.total_seconds())
    fold()
    assert verify() == []
    assert not Due.objects.exists()
    return Picture.objects.get(subject=shipment, known_to=None).status


def test_a_report(ahead, shipment):
    report(shipment, source=voice("wfp").code)
    assert fold_now_and_then(shipment) == "departed"


def test_a_grade(say, shipment, request):
    say("departed", 24, by="wire", grade="E")
    fold()
    request.getfixturevalue("ahead")
    curating.rate_source(voice("wire"), grade="A", reason="A mix-up.", by=UserFactory(), valid_from=hours(-1))
    assert fold_now_and_then(shipment) == "departed"


def test_an_attachment(say, shipment, request):
    say("departed", 24, subject="awb:120-0")
    request.getfixturevalue("ahead")
    curating.attach_report(Report.objects.get(), shipment, reason="Theirs.", by=UserFactory())
    assert fold_now_and_then(shipment) == "departed"
