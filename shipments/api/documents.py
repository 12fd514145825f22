"""POST /documents/: where reports were read. The document itself stays with its publisher.

new ─> 201 │ the same again ─> 200 │ the same source and key, other content ─> 409 with the fields that differ
"""

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.parameters import Parameters, read_parameters
from actors.api.refusals import Fault, Refusal
from shipments.api.idempotency import HEADER, Answer, once
from shipments.api.reporting import refusal_for
from shipments.intake.document import parse_document
from shipments.intake.draft import Invalid
from shipments.services.documents import keep_document

STATUS = {"accepted": 201, "duplicate": 200}


class KeptSerializer(serializers.Serializer):
    """What became of a document."""

    result = serializers.ChoiceField(choices=list(STATUS))
    reference = serializers.CharField(help_text="The document's reference, for good; reports name it by this.")


def receive_document(request: Request) -> Any:
    """The answer to a posted document. Raises Refusal with every fault; then nothing was stored."""
    read_parameters(request, Parameters)
    key, data = partner_key_of(request), request.data
    return once(request, lambda: _keep(data, key))


def _keep(data: object, key: Any) -> Answer:
    now = timezone.now()
    try:
        kept = keep_document(parse_document(data, now=now), key=key, now=now)
    except Invalid as invalid:
        raise refusal_for(invalid.problems, code="invalid_document") from None
    location = f"/api/v1/documents/{kept.reference}/"
    if kept.result == "differs":
        faults = [Fault(code="differs", pointer=f"/{name}", detail="Not as it is kept.") for name in kept.differences]
        detail = "There is a document of that source and key with other content. A corrected one has a key of its own."
        raise Refusal("already_kept", detail, status=409, faults=faults, headers={"Location": location})
    body = json.dumps({"result": kept.result, "reference": kept.reference}, separators=(",", ":")).encode()
    return STATUS[kept.result], {"Content-Type": "application/json", "Location": location}, body


EXAMPLE = {
    "key": "sitrep-2022-05-18",
    "kind": "release",
    "title": "Situation report of 18 May 2022",
    "url": "https://www.example.org/sitreps/2022-05-18.html",
    "language": "en",
    "published_at": "2022-05-18T16:00:00+09:00",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
POST_DOCS: dict[str, Any] = {
    "operation_id": "sendDocument",
    "summary": "Tell of a document that reports are read in.",
    "description": (
        "Needs the scope `reports:write`; of another source's, `reports:relay`. Documents are evidence: the same "
        "source and key again is a duplicate, and with other content it is refused, with the fields that differ."
    ),
    "request": {"application/json": {"$ref": "#/components/schemas/DocumentIn"}},
    "parameters": [
        OpenApiParameter(
            HEADER, str, OpenApiParameter.HEADER, description="1 to 255 visible ASCII characters, for example a UUID."
        )
    ],
    "responses": {
        201: OpenApiResponse(KeptSerializer, description="Kept."),
        200: OpenApiResponse(KeptSerializer, description="It was there."),
    },
    "examples": [
        OpenApiExample("Sent", value=EXAMPLE, request_only=True),
        *(
            OpenApiExample(
                name,
                value={"result": result, "reference": "DOC-4F9Q2X7M"},
                response_only=True,
                status_codes=[str(STATUS[result])],
            )
            for name, result in (("Kept", "accepted"), ("It was there", "duplicate"))
        ),
    ],
    "tags": ["documents"],
}
