"""What a batch reads, planned once a connection: as the reconciler wants it, whatever its columns are."""

import pytest
from django.db import connection

from actors.services.prepared import _numbered, run
from shipments.factories import LegFactory, ShipmentFactory
from shipments.models import Containment, Picture
from shipments.services import loading
from shipments.services.loading import read_subjects
from shipments.services.rules import read_rules
from tests.shipments.services.conftest import fold, hours

pytestmark = pytest.mark.django_db


def test_legs_come_as_lists():
    leg = LegFactory()
    without = ShipmentFactory()

    legs = {subject.id: subject.legs for subject in read_subjects([leg.shipment_id, without.pk])}

    assert legs == {leg.shipment_id: [[leg.key, leg.sequence, leg.role, "KPFNJ"]], without.pk: None}


def test_what_is_said_of_a_leg_is_told_of_the_leg(shipment, say):
    leg = LegFactory(shipment=shipment)
    say("departed", 24, leg=leg.key)
    fold()

    (told,) = Picture.objects.get().legs
    assert (told["key"], told["status"]) == (leg.key, "departed")


def test_rules_are_the_same_until_something_changes_them(db):
    before = read_rules()
    assert read_rules() is before

    attribute = before.attributes[0].name
    Containment.objects.create(
        attribute_id=attribute, coarser="vaccines", finer="measles vaccine", recorded_at=hours(0)
    )

    assert [each[:3] for each in read_rules().containments] == [
        *(each[:3] for each in before.containments), (attribute, "vaccines", "measles vaccine")
    ]  # fmt: skip


def test_nothing_that_is_planned_once_walks_what_grows_though_there_is_nothing_yet(say, monkeypatch):
    planned = {}

    def noted(statement, params):
        planned[statement] = params
        return run(statement, params)

    monkeypatch.setattr(loading, "run", noted)
    say("departed", 24)
    fold()

    assert len(planned) >= 3
    grown = ("report", "reportlink", "attachment", "leg", "line", "subject", "shipment")
    with connection.cursor() as cursor:
        for number, (statement, params) in enumerate(planned.items()):
            types = ", ".join("text[]" if isinstance((each or [""])[0], str) else "uuid[]" for each in params)
            cursor.execute(f"PREPARE planned_{number} ({types}) AS {_numbered(statement)[0]}".replace("%", "%%"))
            cursor.execute(f"EXPLAIN EXECUTE planned_{number} ({', '.join(['NULL'] * len(params))})")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            cursor.execute(f"DEALLOCATE planned_{number}")
            assert not [each for each in grown if f"Seq Scan on shipments_{each} " in plan], plan
