"""A line when a request begins and one when it ends, with who asked."""

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware
from rest_framework.throttling import BaseThrottle


class RequestLog(RequestMiddleware):
    """Middleware. The address is the one that limits count: X-Forwarded-For as far as our own proxies wrote it."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """In place of django-structlog's guess, which believes any header and costs as much as all other middleware."""
        structlog.contextvars.bind_contextvars(ip=BaseThrottle().get_ident(request))  # type: ignore[arg-type]

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Who is signed in. Where no session was shown or begun it is nobody: to ask costs as much as the log."""
        if not hasattr(request, "user"):
            return
        if request.session.accessed or settings.SESSION_COOKIE_NAME in request.COOKIES:
            RequestMiddleware.bind_user_id(request)
        else:
            structlog.contextvars.bind_contextvars(user_id=None)
