"""An analyst makes nothing a part of itself, however many steps away."""

import pytest

from actors.factories import ActorFactory
from shipments.factories import PlaceFactory, ShipmentFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "link", "names"),
    [
        (ActorFactory, "parent", ["name", "kind", "country", "marking"]),
        (PlaceFactory, "within", ["name", "kind", "country", "time_zone", "iata", "icao", "unlocode"]),
        (ShipmentFactory, "parent", ["title", "marking", "mode", "recipient"]),
    ],
)
def test_a_circle_is_told_at_the_field_and_nothing_is_saved(factory, link, names):
    whole, between, part = factory(), factory(), factory()
    for row, container in ((whole, None), (between, whole), (part, between)):
        # Not by the factory: a place may be there already, and is then given as it is.
        setattr(row, link, container)
        row.save()
    client = signed_in()
    said = {name: getattr(getattr(whole, name), "pk", getattr(whole, name)) for name in names}
    lists = {f"{rows}-{count}": "0" for rows in INLINES for count in ("TOTAL_FORMS", "INITIAL_FORMS")}
    answer = client.post(page_of(whole), {**said, **lists, link: part.pk})
    assert answer.status_code == 200
    assert "It would be a part of itself." in answer.content.decode()
    whole.refresh_from_db()
    assert getattr(whole, link) is None
    elsewhere = factory()
    answer = client.post(page_of(whole), {**said, **lists, link: elsewhere.pk})
    assert answer.status_code == 302
    whole.refresh_from_db()
    assert getattr(whole, link) == elsewhere


INLINES = ["names", "identifiers", "party_rows", "legs", "lines", "grants"]
