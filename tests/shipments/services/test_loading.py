"""What a batch reads, planned once a connection: as the reconciler wants it, whatever its columns are."""

import pytest

from shipments.factories import LegFactory, ShipmentFactory
from shipments.models import Containment, Picture
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
