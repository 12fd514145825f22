"""What partners enter in the tests: one good body for each kind."""

from typing import Any

from actors.factories import ActorFactory
from shipments.factories import AppealFactory, OfferFactory, PlaceFactory

ENTERS = ["read", "ledger:write", "reports:write"]
PLURALS = {"appeal": "appeals", "offer": "offers", "shipment": "shipments", "actor": "actors", "place": "places"}


def good_entries() -> dict[str, dict[str, Any]]:
    """A good body for each kind; nothing in one needs another."""
    one, other = ActorFactory().reference, ActorFactory().reference
    here, there = PlaceFactory(code="CNSHE").code, PlaceFactory(code="FNJ").code
    quantity = {"low": "9", "high": "9.5", "unit": "TNE", "basis": "manifest"}
    return {
        "appeal": {"external_id": "A-1", "title": "Kits", "requester": one, "addressee": other, "asked_for": "Kits."},
        "offer": {
            "external_id": "O-1",
            "title": "Vaccine",
            "donor": one,
            "recipient": other,
            "form": "in_kind",
            "answers": AppealFactory().reference,
            "lines": [{"key": "v", "item": "Vaccine", "quantity": quantity, "amount": "9500000.50", "currency": "USD"}],
        },
        "shipment": {
            "external_id": "S-1",
            "title": "Flight JS152",
            "mode": "air",
            "recipient": other,
            "offer": OfferFactory().reference,
            "destination": there,
            "parties": [{"role": "donor", "actor": one}],
            "legs": [
                {
                    "key": "out-1",
                    "sequence": 1,
                    "origin": here,
                    "destination": there,
                    "planned_departure": "2022-05-16T09:00:00+09:00",
                    "planned_arrival": "2022-05-16T10:30:00+09:00",
                }
            ],
            "lines": [{"key": "masks", "item": "Masks", "quantity": quantity, "expires_on": "2025-05-31"}],
        },
        "actor": {
            "external_id": "moh",
            "kind": "ministry",
            "name": "Ministry of Public Health",
            "country": "KP",
            "names": [{"name": "보건성", "language": "ko", "script": "Kore"}],
        },
        "place": {
            "external_id": "wh",
            "kind": "site",
            "name": "Warehouse",
            "country": "KP",
            "latitude": 39.03385,
            "longitude": 125.75432,
            "time_zone": "Asia/Pyongyang",
            "within": there,
        },
    }
