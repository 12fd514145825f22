"""An analyst says what a code means while a report comes with it: it is held by nobody and forgotten by nobody."""

import pytest

from actors.factories import SourceFactory, UserFactory
from shipments.factories import ShipmentFactory
from shipments.models import Picture
from shipments.services.curating import map_code
from tests.shipments.api.conftest import day, reconcile, record_report
from tests.threads import one_after_the_other


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("first", ["the report", "the meaning"])
def test_a_report_that_comes_as_its_code_is_explained_counts(first):
    SourceFactory(code="carrier", grade="B")
    shipment, analyst = ShipmentFactory(destination=None), UserFactory()
    said = {"source": "carrier", "subject": shipment.reference, "code_scheme": "theirs", "code": "DEP"}

    def report():
        record_report(day(16), occurred="2022-05-16", **said)

    def explain():
        map_code(scheme="theirs", code="DEP", milestone="departed", reason="Their manual.", by=analyst)

    works = {"the report": report, "the meaning": explain}
    one_after_the_other(works.pop(first), *works.values())
    reconcile()
    assert Picture.objects.get(subject=shipment, known_to=None).status == "departed"
