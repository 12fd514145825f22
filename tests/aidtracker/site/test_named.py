"""What dropdowns call rows: of two of one name, each by what tells it from the other."""

from collections.abc import Iterator

import pytest

from actors.factories import ActorFactory, SourceFactory
from shipments.factories import PlaceFactory, ShipmentFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

# A dropdown that is searched by typing asks here.
FINDS = "/admin/autocomplete/?app_label={}&model_name={}&field_name={}&term={}"


def found(app: str, model: str, field: str, term: str) -> Iterator[str]:
    answer = signed_in().get(FINDS.format(app, model, field, term))
    return (each["text"] for each in answer.json()["results"])


def test_dropdowns_tell_apart_what_has_one_name() -> None:
    actors = [ActorFactory(name="Red Cross") for _ in range(2)]
    places = [PlaceFactory(name="Springfield", code=code) for code in ("US-1", "US-2")]
    assert set(found("shipments", "shipment", "recipient", "red")) == {
        f"Red Cross · {each.reference}" for each in actors
    }
    assert set(found("shipments", "leg", "origin", "springfield")) == {f"Springfield · {each.code}" for each in places}
    shipment = ShipmentFactory(recipient=actors[0])
    assert f"Red Cross · {actors[0].reference}" in signed_in().get(page_of(shipment)).text


def test_forms_of_our_own_tell_sources_of_one_name_apart() -> None:
    for code in ("post-one", "post-two"):
        SourceFactory(name="The Post Office", code=code)
    decide = page_of(ShipmentFactory()).replace("/change/", "/decide/?kind=mark_echo")
    for where in ("/admin/shipments/report/add/", decide):
        page = signed_in().get(where).text
        assert "The Post Office · post-one" in page
        assert "The Post Office · post-two" in page
