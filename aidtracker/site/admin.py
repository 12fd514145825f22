"""The admin site: the theme's, with a first page for analysts, and deaf to junk."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import unquote

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite

NUL = "\x00"


class Found(AutocompleteJsonView):
    """What a dropdown finds as somebody types, each told apart from others of its name."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        from actors.admin.badges import told_apart  # the pages register themselves with this site first

        return {**super().serialize_result(obj, to_field_name), "text": told_apart(obj)}


class Site(UnfoldAdminSite):
    """Where analysts and operators work."""

    index_title = "At a glance"

    def admin_view(self, view: Callable, cacheable: bool = False) -> Callable:
        return super().admin_view(_deaf_to_junk(view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return Found.as_view(admin_site=self)(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from aidtracker.site.first_page import first_page  # the pages register themselves with this site first

        return super().index(request, {**first_page(request), **(extra_context or {})})


def _deaf_to_junk(view: Callable) -> Callable:
    """Answer 400 where a parameter cannot be a value of anything, instead of asking the database.

    PostgreSQL's text holds no NUL; what else a column cannot hold comes back as one of the two errors.
    """

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        said = [request.path, unquote(request.META.get("QUERY_STRING", "")), *request.POST.keys()]
        said += [value for values in request.POST.lists() for value in values[1]]
        if any(NUL in each for each in said):
            return HttpResponseBadRequest("A character in this request stands for nothing.", content_type="text/plain")
        try:
            response = view(request, *args, **kwargs)
            # Pages are written after their view has returned, and only then ask for some of their rows.
            return response.render() if isinstance(response, TemplateResponse) else response
        except (ValidationError, DataError):
            return HttpResponseBadRequest("This address asks for something that cannot be.", content_type="text/plain")

    return update_wrapper(guarded, view)
