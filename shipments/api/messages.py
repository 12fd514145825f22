"""What webhooks send, for the OpenAPI document: one entry for each type of event, with an example."""

from typing import Any

from shipments.models import EventType
from shipments.models.picture import State
from shipments.services.webhooks.telling import PLURALS

KIND: dict[str, Any] = {"type": "string", "enum": list(PLURALS)}
TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
NUMBER_OR_NULL: dict[str, Any] = {"type": ["integer", "null"]}
VERSION: dict[str, Any] = NUMBER_OR_NULL | {
    "description": "Of the picture that you read at `url`: no need to, where you have it. Where it is null, read it.",
}
URL: dict[str, Any] = {"type": "string", "description": "Path where the rest is read."}
SUBJECT: dict[str, Any] = {"subject": {"type": "string"}, "kind": KIND, "version": VERSION, "url": URL}
BELIEVED: dict[str, Any] = {
    "status": TEXT_OR_NULL,
    "leading": TEXT_OR_NULL,
    "state": {"type": "string", "enum": State.values},
    "contested": {"type": "boolean"},
}
WAS: dict[str, Any] = {
    "type": "object",
    "description": "What this subscription was told, and is not believed any more.",
    "required": ["webhook_id", "version", "status"],
    "properties": {"webhook_id": {"type": "string"}, "version": NUMBER_OR_NULL, "status": {"type": "string"}},
}
REPORT: dict[str, Any] = {"report": {"type": "string"}, "subject": TEXT_OR_NULL, "version": VERSION, "url": URL}
DATA: dict[str, dict[str, Any]] = {
    EventType.PICTURE_CHANGED: SUBJECT | BELIEVED,
    EventType.PICTURE_CORRECTED: SUBJECT | BELIEVED | {"was": WAS},
    EventType.SUBJECT_CHANGED: SUBJECT,
    EventType.SUBJECT_GONE: {"subject": {"type": "string"}, "kind": KIND},
    EventType.REPORT_RECORDED: REPORT,
    EventType.REPORT_HELD: REPORT,
    EventType.REPORT_BOUND: REPORT,
    EventType.PING: {"subscription": {"type": "string"}},
}
HEADERS = {
    "webhook-id": "The same however often the message is sent: keep it, and do nothing the second time.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970. Refuse what is older than five minutes.",
    "webhook-signature": "v1,<base64 of HMAC-SHA256>; two of them, with a space between, while a secret is rotated.",
}
EXAMPLES: dict[str, Any] = {
    "subject": "SHP-7K2M9QXD",
    "kind": "shipment",
    "version": 4,
    "url": "/api/v1/shipments/SHP-7K2M9QXD/",
    "status": "departed",
    "leading": "departed",
    "state": "corroborated",
    "contested": False,
    "was": {"webhook_id": "msg_7K2M9QXD4F9Q2X7MKD83", "version": 3, "status": "arrived"},
    "report": "RPT-4F9Q2X7MKD83NB6A",
    "subscription": "SUB-4F9Q2X7M",
}


def described_messages() -> dict[str, Any]:
    """The ``webhooks`` of the OpenAPI document."""
    return {str(kind): {"post": _described(EventType(kind), properties)} for kind, properties in DATA.items()}


def _described(kind: EventType, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind.value},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened. Of two messages on one subject the later one stands.",
            },
            "data": {"type": "object", "required": list(properties), "properties": properties},
        },
    }
    data = {name: EXAMPLES[name] for name in properties}
    if "report" in properties:
        data["url"] = f"/api/v1/reports/{EXAMPLES['report']}/"
    example = {"type": kind.value, "timestamp": "2026-05-20T12:00:00.123456Z", "data": data}
    name = "".join(word.capitalize() for word in kind.value.split("."))
    return {
        "operationId": f"receive{name}",
        "summary": str(kind.label),
        "tags": ["webhooks"],
        "parameters": [
            {"name": header, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for header, said in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        "responses": {
            "2XX": {"description": "Taken. Anything else is tried again; what the body says is kept in `deliveries/`."},
            "410": {"description": "Not wanted any more: the subscription is disabled."},
        },
    }
