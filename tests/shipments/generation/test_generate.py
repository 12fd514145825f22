"""manage.py generate: the same seed gives the same keys, content and pictures; the picture is the pure core's."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from shipments.models import Conflict, Due, Finding, Leg, Line, Picture, Report, ReportLink, Subject
from shipments.services.reconciling import reconcile_due
from tests.database import reclone
from tests.servers import addresses


def _generate(**options: int | bool) -> str:
    out = StringIO()
    call_command("generate", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def _work_off() -> None:
    while reconcile_due(limit=50):
        pass
    assert not Due.objects.exists()


def _digest() -> str:
    """A hash over natural keys and content of evidence, plans and pictures; row ids are left out."""
    subject = "subject__reference"
    tables = {
        Subject: ("reference", "kind", "title", "marking", "crisis__reference"),
        Leg: ("shipment__reference", "key", "origin__code", "destination__code", "planned_departure"),
        Line: ("shipment__reference", "key", "item", "quantity_low", "unit", "donor__reference"),
        Report: ("reference", "event_id", "source__code", subject, "content_hash", "ordinal", "received_at", "marking"),
        ReportLink: ("report__reference", "kind", "target_source__code", "target_event_id", "recorded_at"),
        Picture: (subject, "tier", "version", "output_hash", "status", "state", "known_from", "known_to", "timeline"),
        Finding: (subject, "tier", "kind", "attribute", "leg", "line", "label", "state", "known_from", "known_to"),
        Conflict: (subject, "tier", "stable_id", "kind", "reports", "known_from", "known_to"),
    }
    digest = hashlib.sha256()
    for model, columns in tables.items():
        rows = sorted(repr(tuple(_plain(value) for value in row)) for row in model.objects.values_list(*columns))
        assert rows, model
        digest.update("\n".join([model.__name__, *rows]).encode())
    return digest.hexdigest()


def _rows_of(model: type[Report | ReportLink]) -> list[str]:
    """Every column of a table, with codes in place of row ids."""
    plain = [field.name for field in model._meta.concrete_fields if not (field.primary_key or field.is_relation)]
    codes = {Report: ("source__code", "place__code", "leg__key"), ReportLink: ("report__reference",)}
    rows = model.objects.values_list(*plain, *codes[model])
    return sorted(repr(tuple(_plain(value) for value in row)) for row in rows)


def _plain(value: object) -> object:
    if isinstance(value, memoryview):
        return bytes(value).hex()
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)


def _fresh_database() -> None:
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        connection.close_pool()
    reclone(addresses())


def test_same_seed_gives_the_same_on_two_fresh_databases_and_another_seed_does_not(committed_db: None) -> None:
    digests = []
    for seed in (7, 7, 8):
        _fresh_database()
        _generate(shipments=20, reports_per=10, seed=seed)
        _work_off()
        digests.append(_digest())
    assert digests[0] == digests[1]
    assert digests[1] != digests[2]


@pytest.mark.django_db
def test_generating_again_changes_nothing_and_more_only_adds() -> None:
    assert _generate(shipments=8, seed=3).startswith("8 new shipments of 8; ")
    before = set(Report.objects.values_list("reference", flat=True))
    assert _generate(shipments=8, seed=3).startswith("0 new shipments of 8; reports: 0 accepted, 0 held, ")
    assert set(Report.objects.values_list("reference", flat=True)) == before
    assert _generate(shipments=10, seed=3).startswith("2 new shipments of 10; ")
    assert set(Report.objects.values_list("reference", flat=True)) > before


@pytest.mark.django_db
def test_two_seeds_live_in_one_database() -> None:
    _generate(shipments=3, seed=1)
    assert _generate(shipments=3, seed=2).startswith("3 new shipments of 3; ")
    assert Subject.objects.filter(kind="shipment").count() == 6


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"shipments": "0"}, {"reports_per": "-1"}, {"sources": "none"}])
def test_counts_are_at_least_one(wrong: dict[str, str]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(CommandError, match="invalid"):
        call_command("generate", f"--{name.replace('_', '-')}={value}")
    assert not Subject.objects.filter(kind="shipment").exists()
