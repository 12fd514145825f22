"""What browsers are told about the admin's pages: load nothing from elsewhere, run nothing that is written in them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# The theme's Alpine evaluates the expressions in its own templates ('unsafe-eval') and sets styles
# ('unsafe-inline'); scripts in the page itself stay refused, which is what stored markup would need.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


class AdminHeaders:
    """Middleware for the admin's pages alone; the API's documentation has its own needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.resolver_match and request.resolver_match.app_name == "admin":
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Cache-Control", "no-store")
        return response
