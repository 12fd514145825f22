"""What the OpenAPI document says of writing the ledger: one example for each request, answer and refusal."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from shipments.api.idempotency import HEADER

PLURALS = {"appeal": "appeals", "offer": "offers", "shipment": "shipments", "actor": "actors", "place": "places"}
RESULTS = ("created", "exists", "revised", "unchanged")
PREFIXES = {"appeal": "APL", "offer": "OFR", "shipment": "SHP", "actor": "ACT", "place": "PLC"}

LEG: dict[str, Any] = {
    "key": "out-1",
    "sequence": 1,
    "origin": "CNSHE",
    "destination": "FNJ",
    "flight_number": "JS152",
    "planned_departure": "2022-05-16T09:00:00+09:00",
    "planned_arrival": "2022-05-16T10:30:00+09:00",
}
LINE: dict[str, Any] = {
    "key": "masks",
    "item": "Surgical masks",
    "quantity": {"low": "150000", "high": "150000", "unit": "H87", "qualifier": "about", "basis": "manifest"},
    "expires_on": "2025-05-31",
}
OFFER_LINE: dict[str, Any] = {
    "key": "vaccines",
    "item": "COVID-19 vaccine",
    "quantity": {"low": "3000000", "unit": "doses", "qualifier": "at_least"},
    "amount": "9500000.00",
    "currency": "USD",
}
ENTRIES: dict[str, dict[str, Any]] = {
    "appeal": {
        "external_id": "A-12",
        "title": "Request for medical supplies, May 2022",
        "requester": "ACT-4F9Q2X7M",
        "addressee": "our-system:moh-2",
        "asked_for": "Test kits, antipyretics, personal protective equipment.",
        "marking": "GREEN",
    },
    "offer": {
        "external_id": "O-7",
        "title": "Vaccines and cold chain equipment",
        "donor": "ACT-4F9Q2X7M",
        "recipient": "our-system:moh-2",
        "form": "in_kind",
        "answers": "our-system:A-12",
        "lines": [OFFER_LINE],
    },
    "shipment": {
        "external_id": "S-881",
        "title": "Flight JS152, 16 May 2022",
        "mode": "air",
        "recipient": "our-system:moh-2",
        "offer": "our-system:O-7",
        "parties": [{"role": "donor", "actor": "ACT-4F9Q2X7M"}],
        "legs": [LEG],
        "lines": [LINE],
    },
    "actor": {
        "external_id": "moh-2",
        "kind": "ministry",
        "name": "Ministry of Public Health",
        "country": "KP",
        "names": [{"name": "보건성", "language": "ko", "script": "Kore"}],
    },
    "place": {
        "external_id": "wh-3",
        "kind": "site",
        "name": "Central medical warehouse",
        "country": "KP",
        "latitude": 39.03385,
        "longitude": 125.75432,
        "time_zone": "Asia/Pyongyang",
        "within": "KP",
    },
}
PARTS: dict[tuple[str, str], dict[str, Any]] = {
    ("shipment", "legs"): LEG,
    ("shipment", "lines"): LINE,
    ("offer", "lines"): OFFER_LINE,
}
CHANGES: dict[tuple[str, str], dict[str, Any]] = {
    ("appeal", ""): {"addressee": None},
    ("offer", ""): {"conditions": "Delivered to the airport, not beyond it."},
    ("shipment", ""): {"carrier": "ACT-7K2M9QXD", "marking": "GREEN"},
    ("actor", ""): {"country": "KP"},
    ("place", ""): {"name": "Central medical warehouse, hall 2"},
    ("shipment", "legs"): {
        "planned_departure": "2022-05-17T09:00:00+09:00",
        "planned_arrival": "2022-05-17T10:30:00+09:00",
    },
    ("shipment", "lines"): {"lot": "B-20220510"},
    ("offer", "lines"): {"amount": "9000000.00"},
}
FORM_NAMES = {
    **{(kind, ""): f"{kind.capitalize()}In" for kind in PLURALS},
    ("shipment", "legs"): "LegIn",
    ("shipment", "lines"): "LineIn",
    ("offer", "lines"): "OfferLineIn",
}
KEY_PARAMETER = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="1 to 255 visible ASCII characters, for example a UUID."
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The version that you changed, for example "3".'
)


class EnteredSerializer(serializers.Serializer):
    """What became of an entry."""

    result = serializers.ChoiceField(choices=RESULTS)
    reference = serializers.CharField(help_text="What we call it, for good; of a place its code.")
    external_id = serializers.CharField(help_text="What you call it.")
    version = serializers.IntegerField(help_text="For If-Match: raised by every change, an analyst's too.")


def describe(method: str, kind: str, part: str = "") -> Callable[[Any], Any]:
    """The description of one operation, as a decorator."""
    what = f"the {part[:-1]} of {_an(kind)}" if part else _an(kind)
    is_post = method == "post"
    verb, name = ("enter" if is_post else "revise"), kind.capitalize() + part[:-1].capitalize()
    summary = f"Enter {what}." if is_post else f"Change {what} that you entered."
    form = FORM_NAMES[kind, part] if is_post else FORM_NAMES[kind, part].removesuffix("In") + "Change"
    described: Any = extend_schema(
        operation_id=f"{verb}{name}",
        summary=summary,
        description=_ENTERING if is_post else _REVISING,
        request={"application/json": {"$ref": f"#/components/schemas/{form}"}},
        parameters=[KEY_PARAMETER] if is_post else [_required(KEY_PARAMETER), IF_MATCH],
        responses={
            **({201: OpenApiResponse(EnteredSerializer, description="Entered.")} if is_post else {}),
            200: OpenApiResponse(EnteredSerializer, description="It was there." if is_post else "Changed."),
        },
        examples=list(_examples(kind, part, is_post=is_post)),
        tags=[PLURALS[kind]],
    )
    return described


_ENTERING = (
    "Needs the scope `ledger:write`. It is provisional until an analyst confirms it or merges it into what is there. "
    "`external_id` (of a leg or line `key`) names it for good: the same again is answered 200 and changes nothing; "
    "the same name with other content is answered 409, with the fields that differ. Names in it are our references "
    "and codes, or `source:external_id` for what you entered before. What happened is never said here, but in a report."
)
_REVISING = (
    "Needs the scope `ledger:write`, an Idempotency-Key, and that your source entered it and no analyst has "
    "confirmed it. Only the fields that are sent change; null empties one. With If-Match a version that is no longer "
    "the present one is answered 412. A marking can be raised, not lowered."
)


def _examples(kind: str, part: str, *, is_post: bool) -> Any:
    sent = (PARTS[kind, part] if part else ENTRIES[kind]) if is_post else CHANGES[kind, part]
    yield OpenApiExample("Sent", value=sent, request_only=True)
    external_id = ENTRIES[kind]["external_id"]
    said = {"reference": f"{PREFIXES[kind]}-7K2M9QXD", "external_id": external_id}
    if is_post:
        yield _answered("Entered", {"result": "created", **said, "version": 2 if part else 1}, "201")
        yield _answered("It was there", {"result": "exists", **said, "version": 2}, "200")
    else:
        yield _answered("Changed", {"result": "revised", **said, "version": 3}, "200")


def _answered(name: str, value: Any, status: str) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[status])


def _required(parameter: OpenApiParameter) -> OpenApiParameter:
    return OpenApiParameter(
        parameter.name, str, OpenApiParameter.HEADER, required=True, description=parameter.description
    )


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"
