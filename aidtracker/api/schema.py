"""What views cannot say of themselves in the OpenAPI document: problems, a report's form, examples, the guide.

    views ─ drf-spectacular ─> complete() ─> docs/openapi.yaml ─> GET /api/v1/schema/, /api/v1/docs/
                                  ^ docs/guide.md, the words of reports, docs/quickstart.md, docs/examples.json

The document is made by `make openapi`, and what is committed is what is served: nobody waits for it to be made.
"""

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from pydantic import BaseModel

from actors.api import parameters
from actors.api.permissions import NeedsScope
from actors.models import PartnerKey
from aidtracker.api.choices import name_choices
from aidtracker.api.errors import CONTENT_TYPE, TITLES
from aidtracker.web import limit_request_line
from shipments.api.messages import described_messages
from shipments.api.words import planned_unit, words_of_reports
from shipments.intake.document import DocumentIn
from shipments.intake.fields import NAMED
from shipments.intake.ledger import FORMS, PARTS
from shipments.intake.report import ReportIn
from shipments.intake.subscription import DisablingIn, NothingIn, RotationIn, SubscriptionChange, SubscriptionIn

DOCS = settings.BASE_DIR / "docs"
METHODS = ("get", "post", "patch", "delete")
# Every operation may answer so; 404 where there is something to find, 409 to 422 where something is sent.
ALWAYS = (400, 401, 403, 406, 429, 503)
WITH_NAME = (404,)
WITH_BODY = (409, 411, 413, 415, 422)
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
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemFault"}},
    },
}
PROBLEM_FAULT: dict[str, Any] = {
    "type": "object",
    "description": "One thing that is wrong, and where.",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string"},
        "pointer": {"type": "string", "description": "JSON pointer into the body (RFC 6901)."},
        "parameter": {"type": "string", "description": "Name of the query parameter."},
        "header": {"type": "string", "description": "Name of the header."},
        "detail": {"type": "string"},
    },
}
# In the order of a partner's work.
TAGS = {
    "reports": "What was said: send it, one at a time or many, and read it back in the words of who said it.",
    "shipments": "What moved: flights, sailings, convoys, teams. The plan, and what we believe of it.",
    "offers": "What was promised, by whom to whom, and what became of the promise.",
    "appeals": "What was asked for.",
    "crises": "The emergencies, and the figures of the situation by day.",
    "contacts": "Meetings, calls and letters.",
    "inquiries": "Questions put to a party, and how they were answered.",
    "flows": "Who promised what to whom, and what became of it.",
    "changes": "What changed since you last asked, by one cursor.",
    "webhooks": "Be told: subscriptions, signed messages, and what became of each.",
    "conflicts": "Everything that did not make a picture, with the reason and by how much it lost.",
    "documents": "Where reports were read.",
    "actors": "Who takes part.",
    "sources": "Who speaks, and how far they are trusted.",
    "places": "Where things leave from and arrive at.",
    "access": "What your key may do. Tokens, for software that wants OAuth2; everybody else sends the key itself.",
}
# What stands in an address, and filters that are the same wherever they are.
NAMES = {
    "form": "Those of this form alone.",
    "kind": "Those of this kind alone.",
    "marking": "Those with this marking alone.",
    "mode": "Those that go this way alone.",
    "ordering": "What comes first; with a minus, what comes last.",
    "state": "Those whose status is believed in this way.",
    "subject_kind": "Those about this kind of subject alone.",
    "type": "Those of this type alone.",
    "reference": "A reference as it was answered, for example SHP-7K2M9QXD.",
    "code": "The code of a source or place, for example yonhap or CNSHE.",
    "part_key": "The key of a leg or line within its whole, for example out-1.",
    "webhook_id": "The id of a message: msg_….",
    "stable_id": "The id of a conflict: 64 hexadecimal digits.",
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
        "description": (
            'The quota that this request was counted against, `"reads"` or `"writes"`: '
            '`"reads";q=6000;w=60`, requests in seconds.'
        ),
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'What is left of it, and for how many seconds: `"reads";r=5999;t=60`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Add what views cannot say (a postprocessing hook of drf-spectacular)."""
    components = result["components"]
    examples = json.loads((DOCS / "examples.json").read_text(encoding="utf-8"))
    guide, quickstart = ((DOCS / name).read_text(encoding="utf-8") for name in ("guide.md", "quickstart.md"))
    beginning, heading, conventions = guide.partition("## Conventions\n")
    parts = [beginning, quickstart, heading + conventions, words_of_reports().strip()]
    result["info"]["description"] = "\n".join(parts)
    forms = form_schemas(
        *(ReportIn, DocumentIn, SubscriptionIn, SubscriptionChange, DisablingIn, RotationIn, NothingIn)
    )
    schemas = components["schemas"] | {"Problem": PROBLEM, "ProblemFault": PROBLEM_FAULT}
    schemas["PlannedUnit"] = planned_unit()
    components["schemas"] = dict(sorted((schemas | forms | ledger_schemas() | parameters.NAMED | NAMED).items()))
    result["webhooks"] = described_messages()
    name_choices(result)
    client = "client_id and client_secret, for a token alone."
    components["securitySchemes"]["client"] = {"type": "http", "scheme": "basic", "description": client}
    used, problems = set(), {}
    for path, method, operation in operations_of(result):
        used |= set(operation["tags"])
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in NAMES:
                parameter.setdefault("description", NAMES[parameter["name"]])
            elif parameter["schema"] == {"type": "string", "minLength": 1}:
                parameter["schema"] = {"$ref": "#/components/schemas/Text"}
            elif parameter["schema"].keys() == {"allOf"}:
                (parameter["schema"],) = parameter["schema"]["allOf"]
        statuses = ALWAYS + (WITH_NAME if "{" in path else ())
        statuses += WITH_BODY if method in ("post", "patch") else ()
        statuses += WITH_VERSION if method == "patch" else ()
        for status in statuses:
            name = re.sub(r"\W", "", HTTPStatus(status).phrase.title())
            problems[name] = _problem(status, examples["problems"].get(str(status), {}))
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
        for form in operation.get("requestBody", {}).get("content", {}).values():
            named = components["schemas"].get(form["schema"].get("$ref", "").rpartition("/")[2], {"required": []})
            if "required" in named or "minProperties" in named:
                operation["requestBody"]["required"] = True
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
            operation["responses"]["414"] = {"$ref": "#/components/responses/TooLongAnAddress"}
        _show(operation, examples["operations"].get(operation["operationId"], {}))
        for status, answer in operation["responses"].items():
            if status < "300":
                answer["headers"] = answer.get("headers", {}) | _headers(200)
    problems["TooLongAnAddress"] = {"description": f"The request line has more than {limit_request_line:,} bytes."}
    components["responses"] = dict(sorted(problems.items()))
    components["headers"] = HEADERS
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    return result


def operations_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def form_schemas(*forms: type[BaseModel]) -> dict[str, Any]:
    """JSON Schemas of what is sent and its parts, from the models that check it."""
    found: dict[str, Any] = {}
    for form in forms:
        schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= {form.__name__: schema, **schema.pop("$defs", {})}
    return _by_name(found)


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
        change["properties"] = {
            name: each if name in schema["required"] else _or_null(each)
            for name, each in schema["properties"].items()
            if name not in kept
        }
        # What goes together may be there already.
        for name in ("required", "dependentRequired"):
            change.pop(name, None)
        found[change["title"]] = change
    return _by_name(found)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    nothing = {"type": "null"}
    if nothing in schema.get("anyOf", ()):
        return schema
    told = {name: each for name, each in schema.items() if name in ("title", "description")}
    return {**told, "anyOf": [{name: each for name, each in schema.items() if name not in told}, nothing]}


def _by_name(schema: Any) -> Any:
    """``schema`` with what is marked by a name as a reference to that name."""
    if isinstance(schema, list):
        return [_by_name(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {key: _by_name(each) for key, each in schema.items() if key != "x-name"}
    return {"$ref": f"#/components/schemas/{schema['x-name']}", **rest} if "x-name" in schema else rest


def _problem(status: int, cases: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": _named(cases)}
    described = {"description": TITLES[status], "content": {CONTENT_TYPE: content}}
    return described | ({"headers": headers} if (headers := _headers(status)) else {})


def _headers(status: int) -> dict[str, Any]:
    """Which of HEADERS an answer carries; problems of one status are alike, so those that matter there alone."""
    names = ["RateLimit-Policy", "RateLimit"] if status < 300 or status == 429 else []
    names += ["Retry-After"] if status in (429, 503) else []
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _show(operation: dict[str, Any], examples: dict[str, Any]) -> None:
    """Put what was really sent and answered beside the forms of an operation."""
    for media_type, cases in examples.get("request", {}).items():
        operation["requestBody"]["content"][media_type]["examples"] = _named(cases)
    for status, by_type in examples.get("responses", {}).items():
        for media_type, cases in by_type.items():
            if media_type == CONTENT_TYPE:
                operation["responses"][status] = _problem(int(status), cases)
            else:
                operation["responses"][status]["content"][media_type]["examples"] = _named(cases)


def _named(cases: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"\W+", "-", title.lower()): {"summary": title, "value": value} for title, value in cases.items()}
