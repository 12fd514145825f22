"""What is logged of a request."""

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from actors.api.reading import ReadView
from aidtracker.request_log import RequestLog


@pytest.mark.parametrize(("proxies", "logged"), [(0, "192.0.2.7"), (1, "198.51.100.9")])
def test_the_address_in_the_log_is_believed_as_far_as_our_own_proxies_wrote_it(settings, proxies, logged):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    told = {}

    def view(request: HttpRequest) -> HttpResponse:
        told.update(structlog.contextvars.get_contextvars())
        return HttpResponse()

    request = RequestFactory().get("/healthz", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="8.8.8.8, 198.51.100.9")
    RequestLog(view)(request)

    assert told["ip"] == logged


def test_a_head_whose_answer_cannot_be_written_is_logged_as_one() -> None:
    class Unwritable(ReadView):
        authentication_classes = permission_classes = ()
        renderer_classes = (JSONRenderer,)

        def get(self, request: HttpRequest) -> Response:
            return Response(object())

    request = RequestFactory().head("/")
    with pytest.raises(TypeError):
        Unwritable.as_view()(request)
    assert request.method == "HEAD"
