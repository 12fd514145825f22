"""Answers as JSON, by a compiled encoder: of a full page, DRF's own takes longer than the database."""

from collections.abc import Iterable
from typing import Any

import msgspec
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

_encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="string")


class JSONRenderer(BaseRenderer):
    """JSON in UTF-8. What is neither a value of JSON nor a time is written as text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else _encoder.encode(data)


class Negotiation(DefaultContentNegotiation):
    """DRF's own, asked only by callers that are particular: whoever takes anything is given the first there is."""

    def select_renderer(
        self, request: Any, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str | None]:
        if request.META.get("HTTP_ACCEPT", "*/*") == "*/*":
            first = next(iter(renderers))
            return first, first.media_type
        found: tuple[BaseRenderer, str | None] = super().select_renderer(request, renderers, format_suffix)
        return found
