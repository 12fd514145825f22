"""A body must say how long it is. Django reads one that does not as empty, and its sender would think it was taken."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from aidtracker.api.errors import plain_problem


class KnownLength:
    """Middleware: 411 for a body in chunks, everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            return plain_problem(411, "length_required", "Say how long the body is, by Content-Length; not in chunks.")
        return self.get_response(request)
