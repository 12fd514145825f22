"""The factories: one for every model, each making rows that the service itself could have written."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model
from factory.django import DjangoModelFactory

import shipments.factories  # noqa: F401  every factory, so that they can be found
from actors.factories import SourceFactory, start_over
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    ReportDraftFactory,
    ReportFactory,
    ShipmentFactory,
)
from shipments.models import Report
from shipments.services.recording import Sender, record

pytestmark = pytest.mark.django_db

# A Subject is always one of the six kinds; the others are made by services.limits, services.tokens and services.flows.
WITHOUT_FACTORY = {"AccessToken", "RequestCount", "Subject", "FlowDue", "FlowShare", "FlowTotal"}
# A form would want something in them; an empty list or object is as good as any.
FILLED_BY_CODE = {"origins", "timeline", "legs", "planned", "alternatives", "because", "reports", "against"}
FILLED_BY_CODE |= {"body", "headers", "changes", "countries"}


def _factories() -> dict[type[Model], type[DjangoModelFactory]]:
    """The first factory of each model."""
    found: dict[type[Model], type[DjangoModelFactory]] = {}
    waiting = list(DjangoModelFactory.__subclasses__())
    while waiting:
        each = waiting.pop(0)
        waiting.extend(each.__subclasses__())
        if not each._meta.abstract:
            found.setdefault(each._meta.get_model_class(), each)
    return found


FACTORIES = _factories()


def _natural(row: Model) -> dict[str, Any]:
    """What a row says: its columns without row ids, our own clock and what is sealed, each time otherwise."""
    columns = {field.name: field for field in row._meta.concrete_fields}
    ids = {name for name, field in columns.items() if field.primary_key or field.is_relation}
    return {
        name: getattr(row, field.attname)
        for name, field in columns.items()
        if name not in ids | {"id", "created_at", "at", "granted_at", "due_since", "not_before", "password", "sealed"}
    }


def test_every_model_has_a_factory() -> None:
    models = {
        model
        for app in ("actors", "shipments")
        for model in apps.get_app_config(app).get_models(include_auto_created=False)
    }
    assert {model.__name__ for model in models - FACTORIES.keys()} == WITHOUT_FACTORY


@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model.__name__)
def test_factory_makes_valid_rows_again_and_again(model: type[Model]) -> None:
    for row in FACTORIES[model].create_batch(7):
        row.refresh_from_db()
        row.clean_fields(exclude=FILLED_BY_CODE)
        row.validate_constraints()


@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model.__name__)
def test_factories_that_start_over_repeat_themselves(model: type[Model]) -> None:
    made = []
    for _ in range(2):
        start_over(7)
        made.append([_natural(row) for row in FACTORIES[model].build_batch(3)])
    assert made[0] == made[1]


def test_report_row_is_the_one_that_the_service_would_have_stored() -> None:
    shipment, source = ShipmentFactory(), SourceFactory()
    draft = ReportDraftFactory(source=source.code, subject=shipment.reference)
    row = ReportFactory.build(subject=shipment, source=source, event_id=draft.event_id)
    (outcome,) = record([draft], sender=Sender(), received_at=row.received_at)
    assert outcome.result == "accepted"
    assert _natural(Report.objects.get()) == _natural(row)


def test_report_of_an_impossible_milestone_is_not_made() -> None:
    with pytest.raises(ValueError, match="no milestone of a appeal"):
        ReportFactory(subject=AppealFactory(), milestone="departed")
    assert not Report.objects.exists()


def test_retraction_needs_what_it_retracts() -> None:
    with pytest.raises(ValueError, match="needs target="):
        ReportFactory(kind="retract")


def test_retraction_points_at_its_target_by_natural_key() -> None:
    report = ReportFactory()
    retraction = ReportFactory(kind="retract", target=report, source=report.source, subject=report.subject)
    (link,) = retraction.links.all()
    assert (link.kind, link.target_source, link.target_event_id) == ("retracts", report.source, report.event_id)


def test_citations_are_of_reports_sources_or_nobody_named() -> None:
    wire = ReportFactory()
    echo = ReportFactory(cites=[wire, wire.source, None])
    pointed = sorted((link.target_source_id is not None, link.target_event_id) for link in echo.links.all())
    assert pointed == [(False, ""), (True, ""), (True, wire.event_id)]


def test_report_of_a_contact_has_no_milestone_and_one_that_is_held_no_subject() -> None:
    assert ReportFactory(subject=ContactFactory()).milestone == ""
    assert Report.objects.held().count() == 0
    held = ReportFactory(subject=None)
    assert list(Report.objects.held()) == [held]
