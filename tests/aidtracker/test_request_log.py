"""What is logged of a request."""

import pytest
from django.contrib.auth import login
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_structlog.middlewares.request import logger
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from structlog.contextvars import get_contextvars

from actors.api.reading import ReadView
from actors.factories import UserFactory
from aidtracker.request_log import RequestLog


@pytest.mark.parametrize(("proxies", "logged"), [(0, "192.0.2.7"), (1, "198.51.100.9")])
def test_the_address_in_the_log_is_believed_as_far_as_our_own_proxies_wrote_it(settings, proxies, logged):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    told = {}

    def view(request: HttpRequest) -> HttpResponse:
        told.update(get_contextvars())
        return HttpResponse()

    request = RequestFactory().get("/healthz", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="8.8.8.8, 198.51.100.9")
    RequestLog(view)(request)

    assert told["ip"] == logged


@pytest.mark.django_db
def test_the_request_that_signs_somebody_in_is_told_as_theirs(monkeypatch) -> None:
    user, told = UserFactory(), []

    def view(request: HttpRequest) -> HttpResponse:
        login(request, user)
        return HttpResponse()

    monkeypatch.setattr(logger, "log", lambda level, event, **facts: told.append(get_contextvars().get("user_id")))
    RequestLog(SessionMiddleware(AuthenticationMiddleware(view)))(RequestFactory().get("/healthz"))
    assert told == [None, user.pk]


def test_who_is_signed_in_is_not_looked_for_where_there_is_no_session() -> None:
    request = RequestFactory().get("/healthz")
    RequestLog(SessionMiddleware(AuthenticationMiddleware(lambda _: HttpResponse())))(request)
    assert not hasattr(request, "_cached_user")


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
