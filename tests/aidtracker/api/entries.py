"""What the partner of the examples enters: one thing of each kind, what belongs to it, and a change of each."""

from typing import Any

LEG = {
    "key": "out-1",
    "sequence": 1,
    "origin": "CNSHE",
    "destination": "wfp:wh-3",
    "flight_number": "JS152",
    "planned_departure": "2022-05-16T09:00:00+09:00",
    "planned_arrival": "2022-05-16T10:30:00+09:00",
}
LINE = {
    "key": "masks",
    "item": "Surgical masks",
    "quantity": {"low": "150000", "high": "150000", "unit": "C62", "qualifier": "exact", "basis": "manifest"},
    "expires_on": "2025-05-31",
}
OFFER_LINE = {
    "key": "vaccines",
    "item": "COVID-19 vaccine",
    "quantity": {"low": "3000000", "unit": "doses", "qualifier": "at_least"},
    "amount": "9500000.00",
    "currency": "USD",
}
PARTS: dict[str, dict[str, dict[str, Any]]] = {
    "shipments": {"legs": {**LEG, "key": "out-2"}, "lines": {**LINE, "key": "gowns", "item": "Gowns"}},
    "offers": {"lines": {**OFFER_LINE, "key": "syringes", "item": "Syringes"}},
}
CHANGES: dict[str, dict[str, Any]] = {
    "actors": {"country": None},
    "places": {"name": "Central medical warehouse, hall 2"},
    "appeals": {"marking": "GREEN"},
    "offers": {"conditions": "Delivered to the airport, not beyond it."},
    "shipments": {"destination": "wfp:wh-3"},
    "legs": {
        "planned_departure": "2022-05-17T09:00:00+09:00",
        "planned_arrival": "2022-05-17T10:30:00+09:00",
    },
    "lines": {"category": "cold chain"},
}
DOCUMENT = {
    "key": "sitrep-2022-05-18",
    "kind": "release",
    "title": "Situation report of 18 May 2022",
    "url": "https://www.example.org/sitreps/2022-05-18.html",
    "language": "en",
    "published_at": "2022-05-18T16:00:00+09:00",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


def entries(*, donor: str) -> dict[str, dict[str, Any]]:
    """Bodies by collection, each naming what comes before it."""
    return {
        "actors": {
            "external_id": "moh-2",
            "kind": "ministry",
            "name": "Ministry of Public Health",
            "country": "KP",
            "names": [{"name": "보건성", "language": "ko", "script": "Kore"}],
        },
        "places": {
            "external_id": "wh-3",
            "kind": "site",
            "name": "Central medical warehouse",
            "country": "KP",
            "latitude": 39.03385,
            "longitude": 125.75432,
            "time_zone": "Asia/Pyongyang",
            "within": "KP",
        },
        "appeals": {
            "external_id": "A-12",
            "title": "Request for medical supplies, May 2022",
            "requester": "wfp:moh-2",
            "addressee": donor,
            "asked_for": "Test kits, antipyretics, personal protective equipment.",
        },
        "offers": {
            "external_id": "O-7",
            "title": "Vaccines and cold chain equipment",
            "donor": donor,
            "recipient": "wfp:moh-2",
            "form": "in_kind",
            "answers": "wfp:A-12",
            "lines": [OFFER_LINE],
        },
        "shipments": {
            "external_id": "S-881",
            "title": "Flight JS152, 16 May 2022",
            "mode": "air",
            "recipient": "wfp:moh-2",
            "offer": "wfp:O-7",
            "parties": [{"role": "donor", "actor": donor}],
            "legs": [LEG],
            "lines": [LINE],
        },
    }
