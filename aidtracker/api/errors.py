"""Every refusal of the API in one form: RFC 9457, with a stable code and every single fault.

    {"type", "title", "status", "detail", "code", "request_id", "errors": [{"code", "pointer", "detail"}]}

A crash tells its id and nothing else; what happened is in the log under that id.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from actors.api.refusals import Fault, Refusal

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

TITLES = {
    400: "The request is not right",
    401: "Who are you?",
    403: "This key may not do that",
    404: "Not found",
    405: "Not done that way",
    406: "No such form of answer",
    409: "In conflict with what is there",
    410: "No longer there",
    411: "How long is it?",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Only JSON in UTF-8",
    422: "Well-formed, and not usable",
    429: "Too many requests",
    500: "Our fault",
    503: "Not available for a moment",
}
# One answer for no credential and for every bad one.
NO_CREDENTIAL = "No valid key. Send it as: Authorization: Bearer aid_live_…"
# What the framework raises -> status, code, sentence. Its own sentences may quote what was sent.
FRAMEWORK: tuple[tuple[type[Exception], int, str, str], ...] = (
    (exceptions.AuthenticationFailed, 401, "unauthenticated", NO_CREDENTIAL),
    (exceptions.NotAuthenticated, 401, "unauthenticated", NO_CREDENTIAL),
    (exceptions.PermissionDenied, 403, "forbidden", "This is not allowed."),
    (PermissionDenied, 403, "forbidden", "This is not allowed."),
    (exceptions.NotFound, 404, "not_found", "There is nothing here that you may see."),
    (Http404, 404, "not_found", "There is nothing here that you may see."),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed", "Not done that way here; the Allow header says how."),
    (exceptions.NotAcceptable, 406, "not_acceptable", "Answers are {types}."),
    (exceptions.UnsupportedMediaType, 415, "unsupported_media_type", "Send {types} in UTF-8."),
    (exceptions.Throttled, 429, "too_many_requests", "Wait as long as Retry-After says."),
    (OperationalError, 503, "unavailable", "The database cannot answer now. Nothing was stored; try again."),
    (InterfaceError, 503, "unavailable", "The database cannot answer now. Nothing was stored; try again."),
)


def problem_json(status: int, code: str, detail: str, faults: Iterable[Fault] = ()) -> dict[str, Any]:
    """The body of a problem."""
    body: dict[str, Any] = {
        "type": f"urn:aidtracker:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(),
    }
    errors = [fault.as_json() for fault in faults]
    return {**body, "errors": errors} if errors else body


def request_id() -> str:
    """The id that this request has in the log. Always one of ours: a caller's own is not taken over."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to whatever a view of the API raised (DRF's EXCEPTION_HANDLER)."""
    set_rollback()
    headers: dict[str, str] = {}
    faults: tuple[Fault, ...] = ()
    if isinstance(error, Refusal):
        status, code, detail, faults = error.status_code, error.code, error.sentence, error.faults
        headers |= error.headers
    else:
        status, code, detail = _known(error)
        if status in (406, 415):
            view = context["view"]
            forms = view.renderer_classes if status == 406 else view.parser_classes
            detail = detail.format(types=" or ".join(form.media_type for form in forms))
        if status == 401 and (offer := getattr(error, "auth_header", None)):
            headers["WWW-Authenticate"] = offer
        if status == 429 and getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
        log.warning("api.unavailable", error=code if isinstance(error, Refusal) else type(error).__name__)
    if status == 500:
        log.exception("api.crashed", exc_info=error)
    body = problem_json(status, code, detail, faults)
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _known(error: Exception) -> tuple[int, str, str]:
    for kind, status, code, detail in FRAMEWORK:
        if isinstance(error, kind):
            return status, code, detail
    if isinstance(error, exceptions.APIException):
        return error.status_code, "refused", "This request is refused."
    return 500, "internal_error", "Something broke on our side. Tell us the request_id."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own 400s (a bad host, too many fields)."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return plain_problem(400, "bad_request", "The request cannot be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own 403s (a missing CSRF token)."""
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return plain_problem(403, "forbidden", "This is not allowed.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Paths that lead nowhere."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return plain_problem(404, "not_found", "There is nothing here that you may see.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A crash outside the API's views."""
    if not _is_api(request):
        return HttpResponseServerError(render_to_string("500.html", {"request_id": request_id()}))
    return plain_problem(500, "internal_error", "Something broke on our side. Tell us the request_id.")


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def plain_problem(status: int, code: str, detail: str) -> HttpResponse:
    """A problem from where no view of the API has been reached."""
    return JsonResponse(problem_json(status, code, detail), status=status, content_type=CONTENT_TYPE)
