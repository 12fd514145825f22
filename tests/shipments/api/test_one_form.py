"""What is entered is answered in the form that it was sent in."""

from decimal import Decimal

import pytest

from shipments.factories import LineFactory, PlaceFactory
from tests.shipments.api.entries import PLURALS

# Sent as a name, answered as what it names; or a list whose rows are told more of.
NAMES = {
    "donor",
    "recipient",
    "requester",
    "addressee",
    "destination",
    "origin",
    "actor",
    "offer",
    "answers",
    "carrier",
}


def same_form(sent, answered, where=""):
    """Every value of ``sent`` that is answered in another form."""
    for name, value in sent.items():
        shown, there = answered[name], f"{where}/{name}"
        if isinstance(value, list):
            for one, other in zip(value, shown, strict=True):
                yield from same_form(one, other, there)
        elif isinstance(value, dict):
            yield from same_form(value, shown, there)
        elif name == "amount":  # idle zeros are left out
            assert isinstance(shown, str)
            assert Decimal(shown) == Decimal(value)
        elif name not in NAMES and not name.startswith("planned_") and shown != value:
            yield there, value, shown


def empty_in(answered, where=""):
    """Where ``answered`` has an empty string."""
    if isinstance(answered, dict | list):
        pairs = answered.items() if isinstance(answered, dict) else enumerate(answered)
        return [found for name, value in pairs for found in empty_in(value, f"{where}/{name}")]
    return [where] if answered == "" else []


@pytest.mark.parametrize("kind", PLURALS)
def test_what_was_sent_reads_back_as_it_was_sent(sender, bodies, kind):
    sent = {name: value for name, value in bodies[kind].items() if name != "external_id"}
    location = sender.post(f"{PLURALS[kind]}/", bodies[kind]).headers["Location"]
    assert not list(same_form(sent, sender.get(location).json()))


@pytest.mark.parametrize("kind", PLURALS)
def test_what_was_left_out_or_null_is_null(sender, bodies, kind):
    least = {
        "appeal": {"asked_for": None},
        "offer": {"lines": [{"key": "v", "item": "Vaccine", "category": None}]},
        "shipment": {"lines": [{"key": "masks", "item": "Masks", "lot": None}]},
        "actor": {"country": None, "names": [{"name": "MoPH"}]},
        "place": {"iata": None, "latitude": None, "longitude": None, "time_zone": None},
    }[kind]
    answer = sender.post(f"{PLURALS[kind]}/", {**bodies[kind], **least})
    assert answer.status_code == 201, answer.content
    shown = sender.get(answer.headers["Location"]).json()
    assert empty_in(shown) == []
    assert list(same_form(least, shown)) == []
    if "lines" in least:
        assert shown["lines"][0]["quantity"] is None


def test_reports_and_lists_have_no_empty_strings(partner, world):
    LineFactory(shipment=world.shipment, key="bare", unit="", quantity_low=None, quantity_high=None)
    PlaceFactory(iata="", time_zone="")
    for path in ("reports/", "shipments/", "places/", "actors/", "offers/", "documents/"):
        assert [each for each in empty_in(partner.get(path).json()) if not each.endswith("/scope")] == [], path


def test_degrees_are_numbers(partner):
    PlaceFactory(code="FNJ", latitude="39.03385", longitude="125.78")
    shown = partner.get("places/FNJ/").json()
    assert (shown["latitude"], shown["longitude"]) == (39.03385, 125.78)
