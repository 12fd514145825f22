"""Requests at random, drawn from the OpenAPI document: none breaks the service, none is answered off the document."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aidtracker.wsgi import application
from tests.people import ALL_SCOPES, make_partner

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# For each of the fifty operations; REQUESTS_EACH asks for more.
CASES_EACH = int(os.environ.get("REQUESTS_EACH", "4"))


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The application keeps the test's connection, as Django's own client makes it do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("one_connection")
def test_no_request_breaks_the_service_or_the_document(world: Any) -> None:
    partner = make_partner(scopes=ALL_SCOPES)
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 45
    for operation in operations:
        _try(operation, partner.headers)


def _try(operation: Any, headers: dict[str, str]) -> None:
    @settings(
        max_examples=CASES_EACH, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def attempt(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    attempt()
