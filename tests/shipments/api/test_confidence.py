"""How sure we are, as partners are told."""

import pytest

from shipments.factories import ShipmentFactory
from tests.shipments.api.conftest import day, reconcile, record_report

pytestmark = pytest.mark.django_db


def test_where_nothing_is_believed_there_is_no_confidence_and_it_is_not_one_half(world, partner, tell):
    path = f"shipments/{world.shipment.reference}/"
    tell("carrier", "cancelled", polarity="denies", event_id="c-2")
    picture = partner.get(path).json()["picture"]
    odds = {finding["attribute"]: finding["confidence"] for finding in picture["findings"]}
    assert odds["cancelled"] is None
    assert odds["arrived"] == odds["status"] == picture["status"]["confidence"] > 0.5

    weak = ShipmentFactory()
    record_report(day(20), source="daily", subject=weak.reference, code="arrived", event_id="d-2")
    reconcile()
    picture = partner.get(f"shipments/{weak.reference}/").json()["picture"]
    assert picture["status"] == {**picture["status"], "value": None, "leading": "arrived", "confidence": None}
    assert picture["leading"]["confidence"] > 0.5
    assert [each["confidence"] for each in picture["findings"] if each["attribute"] == "status"] == [None]
