"""What every answer of the API says beside its own: its id, and how much of the caller's quota is left."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from actors.api.limits import headers_of
from aidtracker.api.errors import request_id


class CommonHeaders:
    """Middleware. What is no answer of the API is left as it is.

    The request was counted where its caller was found out (actors.api.authentication).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/api/"):
            response.headers["X-Request-ID"] = request_id()
        if allowance := getattr(request, "allowance", None):
            for name, value in headers_of(allowance).items():
                response.headers[name] = value
        return response
