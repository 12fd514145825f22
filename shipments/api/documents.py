"""POST /documents/: where reports were read. The document itself stays with its publisher.

new ─> 201 │ the same again ─> 200 │ the same source and key, other content ─> 409 with the fields that differ
"""

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.refusals import Fault, Refusal
from shipments.api.idempotency import Answer, key_parameter, once
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


POST_DOCS: dict[str, Any] = {
    "operation_id": "sendDocument",
    "summary": "Tell of a document that reports are read in.",
    "description": (
        "Needs the scope `reports:write`; of another source's, `reports:relay`. Documents are evidence: the same "
        "source and key again is a duplicate, and with other content it is refused, with the fields that differ."
    ),
    "request": {"application/json": {"$ref": "#/components/schemas/DocumentIn"}},
    "parameters": [key_parameter()],
    "responses": {
        201: OpenApiResponse(KeptSerializer, description="Kept."),
        200: OpenApiResponse(KeptSerializer, description="It was there."),
    },
    "tags": ["documents"],
}
