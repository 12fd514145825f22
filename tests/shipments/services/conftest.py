"""A shipment, voices that speak of it, and the fold: what the service tests share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actors.factories import SourceFactory, SourceRatingFactory
from actors.models import Source
from shipments.factories import OccurredFactory, ReportDraftFactory, ShipmentFactory
from shipments.intake.draft import ReportDraft
from shipments.models import Shipment
from shipments.services.reconciling import reconcile_due
from shipments.services.recording import Sender, record

T0 = datetime(2026, 5, 20, 12, tzinfo=UTC)


def hours(number: float) -> datetime:
    """That many hours after the tests' zero hour."""
    return T0 + timedelta(hours=number)


def fold() -> None:
    """Work off everything that is due."""
    while reconcile_due(limit=100):
        pass


def voice(code: str, grade: str = "A") -> Source:
    """A source of that name and grade, made once."""
    if found := Source.objects.filter(code=code).first():
        return found
    source = SourceFactory(code=code)
    SourceRatingFactory(source=source, grade=grade, topic="", valid_from=hours(-9999), recorded_at=hours(-9999))
    return source


@pytest.fixture
def shipment(db: None) -> Shipment:
    return ShipmentFactory(destination=None)


@pytest.fixture
def say(shipment: Shipment) -> Callable[..., ReportDraft]:
    """Record that a voice said that something happened at an hour, received then or later; folds nothing."""

    def say(
        code: str, at: float, *, by: str = "wfp", grade: str = "A", received: float | None = None, **more: Any
    ) -> ReportDraft:
        voice(by, grade)
        draft = ReportDraftFactory(
            **{
                "source": by,
                "subject": shipment.reference,
                "code": code,
                "occurred": OccurredFactory(earliest=hours(at)),
                "asserted_at": hours(at),
                **more,
            }
        )
        (outcome,) = record([draft], sender=Sender(), received_at=hours(at if received is None else received))
        assert not outcome.problems, outcome
        return draft

    return say
