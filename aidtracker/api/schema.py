"""The OpenAPI document and its page, with what views cannot say of themselves: errors, a report's form, the key."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from pydantic import BaseModel
from rest_framework.permissions import AllowAny

from actors.api.limits import ByAddress
from actors.api.permissions import NeedsScope
from actors.models import PartnerKey
from aidtracker.api.errors import CONTENT_TYPE, TITLES
from shipments.intake.document import DocumentIn
from shipments.intake.ledger import FORMS, PARTS
from shipments.intake.report import ReportIn
from shipments.intake.subscription import DisablingIn, NothingIn, RotationIn, SubscriptionIn

METHODS = ("get", "post", "patch", "delete")
# Every operation may answer so; 404 where there is something to find, 413 to 422 where something is sent.
ALWAYS = (400, 401, 403, 406, 429, 503)
WITH_NAME = (404,)
WITH_BODY = (409, 413, 415, 422)
WITH_CURSOR_THAT_AGES = (410,)
WITH_VERSION = (412,)

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


class CallerScheme(OpenApiAuthenticationExtension):
    """Authorization: Bearer, with a key or a token of one; or the session of somebody who is signed in to the admin."""

    target_class = "actors.api.authentication.CallerAuthentication"
    name = ["partnerKey", "oauth2", "session"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        permissions = auto_schema.view.get_permissions()
        scopes = [str(each.scope) for each in permissions if isinstance(each, NeedsScope)]
        is_open_to_people = all(getattr(each, "open_to_people", True) for each in permissions)
        people: list[dict[str, list[str]]] = [{"session": []}] if is_open_to_people else []
        return [{"partnerKey": scopes}, {"oauth2": scopes}, *people]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        key = "A partner's key: aid_live_<prefix>_<secret>."
        cookie = "Somebody who is signed in to the admin; reads alone."
        return [
            {"type": "http", "scheme": "bearer", "description": key},
            {
                "type": "oauth2",
                "description": "The same key as client_id and client_secret, for software that wants OAuth2.",
                "flows": {
                    "clientCredentials": {"tokenUrl": reverse("token"), "scopes": dict(PartnerKey.Scope.choices)}
                },
            },
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": cookie},
        ]


HEADERS: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": 'The quota that this request was counted against: `"reads";q=6000;w=60`, requests in seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of it, and for how many seconds: `"reads";r=5999;t=60`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Add the problems of every operation and the form of a report (a postprocessing hook of drf-spectacular)."""
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    schemas |= form_schemas(ReportIn, DocumentIn, SubscriptionIn, DisablingIn, RotationIn, NothingIn) | ledger_schemas()
    result["components"]["headers"] = HEADERS
    client = "client_id and client_secret, for a token alone."
    schemes = result["components"]["securitySchemes"]
    schemes["client"] = {"type": "http", "scheme": "basic", "description": client}
    for path, operations in result["paths"].items():
        for method in METHODS:
            if method in operations:
                statuses = ALWAYS + (WITH_NAME if "{" in path else ())
                statuses += WITH_BODY if method in ("post", "patch") else ()
                statuses += WITH_VERSION if method == "patch" else ()
                statuses += WITH_CURSOR_THAT_AGES if path.endswith("/changes/") else ()
                for status in statuses:
                    operations[method]["responses"].setdefault(str(status), _problem(status))
                for status, response in operations[method]["responses"].items():
                    _add_headers(int(status), response)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def form_schemas(*forms: type[BaseModel]) -> dict[str, Any]:
    """JSON Schemas of what is sent and its parts, from the models that check it."""
    found: dict[str, Any] = {}
    for form in forms:
        schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= {form.__name__: schema, **schema.pop("$defs", {})}
    return found


def ledger_schemas() -> dict[str, Any]:
    """JSON Schemas of what partners enter, and of changes of it: any field but its name, null to empty one."""
    found: dict[str, Any] = {}
    forms = {(kind, ""): form for kind, form in FORMS.items()} | PARTS
    for (kind, part), form in forms.items():
        schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[form.__name__] = schema
        kept = {"external_id"} | ({"key"} if part else {name for of, name in PARTS if of == kind})
        change = {**schema, "title": f"{schema['title'].removesuffix('In')}Change", "minProperties": 1}
        change["properties"] = {name: each for name, each in schema["properties"].items() if name not in kept}
        change.pop("required")
        found[change["title"]] = change
    return found


def _problem(status: int) -> dict[str, Any]:
    body = {"$ref": "#/components/schemas/Problem"}
    return {"description": TITLES[status], "content": {CONTENT_TYPE: {"schema": body}}}


def _add_headers(status: int, response: dict[str, Any]) -> None:
    """Which of HEADERS an answer carries; problems of one status are alike, so those that matter there alone."""
    names = ["RateLimit-Policy", "RateLimit"] if status < 300 or status == 429 else []
    names += ["Retry-After"] if status in (429, 503) else []
    if names:
        response.setdefault("headers", {}).update({name: {"$ref": f"#/components/headers/{name}"} for name in names})


class Schema(SpectacularAPIView):
    """The OpenAPI document, for everybody."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [ByAddress]


class Docs(SpectacularSwaggerView):
    """The document as a page, without anything from elsewhere."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [ByAddress]
    url_name = "schema"
