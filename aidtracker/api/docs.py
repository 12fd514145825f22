"""GET /schema/ and /docs/: the OpenAPI document as it is committed, and a page to read it on. Open to everybody."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.api.limits import ByAddress
from aidtracker.api.schema import DOCS

MEDIA_TYPE = "application/yaml"
# The page runs our scripts alone and asks nobody else; Swagger UI sets styles and draws its icons from data.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)


@cache
def document() -> bytes:
    """The committed document (`make openapi`)."""
    return (DOCS / "openapi.yaml").read_bytes()


class Open(APIView):
    """A view for everybody, whatever they accept: there is one form."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes = [ByAddress]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)


@method_decorator(conditional_page, name="dispatch")
class Document(Open):
    """The OpenAPI document."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(document(), content_type=MEDIA_TYPE, headers={"Cache-Control": "no-cache"})


class Page(Open):
    """The document as a page: the guide, and every operation to read and to try."""

    renderer_classes = [TemplateHTMLRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(template_name="docs.html", headers={"Content-Security-Policy": POLICY})
