"""What every view that reads has in common: strict parameters, the caller's rights, caching, pages."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.access import Reader
from actors.api.authentication import reader_of
from actors.api.pages import Order, read_page
from actors.api.parameters import Parameters, read_parameters
from actors.api.permissions import MayRead


@method_decorator(conditional_page, name="dispatch")
class ReadView(APIView):
    """A view that reads. Answers carry an ETag; what one reader may keep, no other may be served."""

    parameters: type[Parameters] = Parameters
    permission_classes = [MayRead]

    def read_parameters(self) -> dict[str, Any]:
        """This request's parameters, checked."""
        return read_parameters(self.request, self.parameters)

    @property
    def reader(self) -> Reader:
        """What the caller may read."""
        return reader_of(self.request)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, and nothing else: DRF's own answer would list fields."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    def page(
        self,
        rows: QuerySet,
        order: Order,
        parameters: dict[str, Any],
        represent: Callable[[list[Any]], Iterable[Any]],
    ) -> Response:
        """A page of ``rows``, represented all at once, with the way to the next one."""
        found, following = read_page(self.request, rows, order, parameters)
        headers = {"Link": f'<{following}>; rel="next"'} if following else {}
        return Response({"results": represent(found), "next": following}, headers=headers)


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
