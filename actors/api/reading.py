"""What every view that reads has in common: strict parameters, the caller's rights, caching, pages."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.access import Reader
from actors.api.authentication import reader_of
from actors.api.pages import NOTHING, LookedFor, Order, read_page
from actors.api.parameters import Parameters, ReadParameters, read_parameters
from actors.api.permissions import MayRead
from actors.api.selection import EVERYTHING


def _let_go(response: Any) -> None:
    """Part an answer that is written from its view, and the view from its request: in circles all would wait for the
    collector, which comes by once in a thousand requests, and a page of a hundred is a megabyte.
    """
    view = response.renderer_context.pop("view")
    view.request = view.response = None
    response.renderer_context = {}


class ReadView(APIView):
    """A view that reads. Answers carry an ETag; nobody between keeps them, for another reader may be shown less."""

    parameters: type[Parameters] = ReadParameters
    # What one row of the answer looks like, and so what ?fields= may name; none: it is not taken.
    shape: type[serializers.Serializer] | None = None
    selection = EVERYTHING
    permission_classes = [MayRead]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer with an ETag, or with 304 whoever has that already; and forbid everybody on the way to keep it.

        A HEAD is answered with all that a GET is but its body, which the server leaves out.
        """
        method = request.method
        if method == "HEAD":
            request.method = "GET"
        try:
            return self._answer(request, *args, **kwargs)
        finally:
            # Also where it raises: what is logged of it is what was asked.
            request.method = method

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response = response.render()
        # A problem has none: its request_id is another each time.
        if request.method == "GET" and isinstance(response, HttpResponse) and response.status_code < 400:
            if "ETag" not in response:
                set_response_etag(response)
            response = get_conditional_response(request, etag=response.get("ETag"), response=response) or response
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def read_parameters(self) -> dict[str, Any]:
        """This request's parameters, checked."""
        asked = read_parameters(self.request, self.parameters, self.shape)
        self.selection = asked["fields"]
        return asked

    @property
    def reader(self) -> Reader:
        """What the caller may read."""
        return reader_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Whoever is let in is told of every parameter that nothing here reads: a write reads none."""
        super().initial(request, *args, **kwargs)
        if request.query_params and request.method not in SAFE_METHODS and request.method in self.allowed_methods:
            read_parameters(request, Parameters)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, and nothing else: DRF's own answer would list fields."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(response, "status_code", 0) == 200 and isinstance(getattr(response, "data", None), dict):
            response.data = self.selection.apply(response.data)
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        # By this a request holds itself, and the body that was read.
        request.parser_context = {}
        if isinstance(response, SimpleTemplateResponse):
            response.add_post_render_callback(_let_go)
        return response

    def page(
        self,
        rows: QuerySet,
        order: Order,
        parameters: dict[str, Any],
        represent: Callable[[list[Any]], Iterable[Any]],
        *,
        found: LookedFor = NOTHING,
    ) -> Response:
        """A page of ``rows`` (see read_page), represented all at once, with the way to the next one."""
        page, following = read_page(self.request, rows, order, parameters, found=found)
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return Response({"results": represent(page), "next": following}, headers=headers)


@cache
def page_of(row: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The form of a page of ``row``, for the OpenAPI document."""
    name = row.__name__.removesuffix("Serializer")
    fields = {
        "results": row(many=True),
        "next": serializers.CharField(allow_null=True, help_text="Path of the next page; null on the last."),
        "__doc__": "A page of the list; follow next until it is null.",
    }
    return type(f"{name}PageSerializer", (serializers.Serializer,), fields)
