"""The OpenAPI document and its page, with what views cannot say of themselves: errors, a report's form, the key."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny

from aidtracker.api.errors import CONTENT_TYPE, TITLES
from shipments.intake.report import ReportIn

METHODS = ("get", "post")
# Every operation may answer so; 404 where there is something to find, 413 to 422 where something is sent.
ALWAYS = (400, 401, 403, 406, 503)
WITH_NAME = (404,)
WITH_BODY = (409, 413, 415, 422)
WITH_CURSOR_THAT_AGES = (410,)

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457, with a stable code and every single fault.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:aidtracker:problem:unknown_field"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; the sentences may change."},
        "request_id": {"type": "string", "description": "Tell us this where you need help."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "code": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer into the body (RFC 6901)."},
                    "parameter": {"type": "string", "description": "Name of the query parameter."},
                    "header": {"type": "string", "description": "Name of the header."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class PartnerKeyScheme(OpenApiAuthenticationExtension):
    """Authorization: Bearer aid_live_…"""

    target_class = "actors.api.authentication.PartnerKeyAuthentication"
    name = "partnerKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A partner's key: aid_live_<prefix>_<secret>."}


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Add the problems of every operation and the form of a report (a postprocessing hook of drf-spectacular)."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    schemas |= report_schemas()
    for path, operations in result["paths"].items():
        for method in METHODS:
            if method in operations:
                statuses = ALWAYS + (WITH_NAME if "{" in path else ()) + (WITH_BODY if method == "post" else ())
                statuses += WITH_CURSOR_THAT_AGES if path.endswith("/changes/") else ()
                for status in statuses:
                    operations[method]["responses"].setdefault(str(status), _problem(status))
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def report_schemas() -> dict[str, Any]:
    """JSON Schemas of a report and its parts, from the models that check it."""
    schema = ReportIn.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = schema.pop("$defs", {})
    return {"ReportIn": schema, **parts}


def _problem(status: int) -> dict[str, Any]:
    body = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {CONTENT_TYPE: {"schema": body}}}


class Schema(SpectacularAPIView):
    """The OpenAPI document, for everybody."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class Docs(SpectacularSwaggerView):
    """The document as a page, without anything from elsewhere."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    url_name = "schema"
