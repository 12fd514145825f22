"""What a page tells whoever is sent on to it. The API tells nobody anything in that way."""

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest


class PageMessages(MessageMiddleware):
    """Middleware. Django's own, for pages alone: it makes two stores and a signer for each request."""

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith("/api/"):
            super().process_request(request)
