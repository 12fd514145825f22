"""A crash tells its id, a database that is away tells when to come back, and neither tells what happened."""

import pytest
from django.db import OperationalError

from aidtracker.api.errors import problem_json
from shipments.api import registers
from tests.people import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch):
    def fail_with(error):
        def fail(_):
            raise error

        monkeypatch.setattr(registers, "place_rows", fail)

    return fail_with


def test_crash_tells_its_id_alone(partner, failing):
    failing(RuntimeError("the secret plan"))
    answer = partner.get("places/")
    assert (answer.status_code, code_of(answer)) == (500, "internal_error")
    assert b"secret" not in answer.content
    assert len(answer.json()["request_id"]) == 36


def test_database_away_is_503_with_a_time_to_come_back(partner, failing):
    failing(OperationalError("connection to 10.0.0.5 refused"))
    answer = partner.get("places/")
    assert (answer.status_code, code_of(answer)) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert b"10.0.0.5" not in answer.content


def test_request_id_is_ours_whatever_the_caller_says(partner):
    ids = {partner.get("nothing/", **{"x-request-id": "<script>"}).json()["request_id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(len(one) == 36 for one in ids)


def test_problem_lists_faults_only_where_there_are_some():
    assert "errors" not in problem_json(404, "not_found", "Nothing.")
