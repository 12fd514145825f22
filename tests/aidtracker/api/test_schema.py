"""The OpenAPI document says what the service does, needs nothing from elsewhere, and is the one that is committed."""

import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from tests.aidtracker.api.test_doors import addresses

pytestmark = pytest.mark.django_db
COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.yaml"


@pytest.fixture
def schema(stranger):
    return yaml.safe_load(stranger.get("schema/").content)


def test_committed_document_is_what_the_code_says(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert capsys.readouterr().out == COMMITTED.read_text(encoding="utf-8"), "make openapi"


def test_every_address_is_described_and_every_operation_has_its_errors(schema):
    assert schema["openapi"].startswith("3.1")
    assert len(schema["paths"]) == len(addresses()) - 2  # all but the document and its page
    names = set()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            names.add(operation["operationId"])
            assert {"400", "401", "403", "406", "429", "503"} <= operation["responses"].keys(), path
            assert {"200", "201", "202", "204", "207"} & operation["responses"].keys(), path
            assert ("404" in operation["responses"]) == ("{" in path)
            if method in ("post", "patch"):
                assert {"409", "413", "415", "422"} <= operation["responses"].keys()
            problem = operation["responses"]["406"]["content"]["application/problem+json"]
            assert problem["schema"]["$ref"].endswith("/Problem")
    assert {"listShipments", "explainOffer", "sendReport"} <= names
    assert len(names) == sum(len(operations) for operations in schema["paths"].values())


def test_one_component_describes_every_resolved_value(schema):
    parts = schema["components"]["schemas"]
    assert {"value", "low", "high", "state", "confidence", "origins", "because", "alternatives"} <= set(
        parts["Resolved"]["properties"]
    )
    assert parts["Picture"]["properties"]["status"]["$ref"].endswith("/Resolved")


def test_every_reference_in_the_document_leads_somewhere(schema, stranger):
    text = stranger.get("schema/").content.decode()
    named = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert named <= schema["components"]["schemas"].keys()
    assert "ReportIn" in named


def test_page_of_the_document_takes_nothing_from_elsewhere(stranger, settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    page = stranger.get("docs/")
    assert page.status_code == 200
    linked = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.content.decode())
    assert linked
    assert all(link.startswith("/static/") for link in linked), linked
