"""The OpenAPI document tells an integrator everything, truly, and is the one that is committed and served."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator, FormatChecker
from yaml import CSafeLoader, load

from aidtracker.api.docs import document
from aidtracker.api.errors import CONTENT_TYPE, TITLES
from aidtracker.api.schema import operations_of
from tests.aidtracker.api.test_doors import addresses

DOCUMENT: dict[str, Any] = load(document(), CSafeLoader)
OPERATIONS = {
    operation["operationId"]: (path, method, operation) for path, method, operation in operations_of(DOCUMENT)
}
each_operation = pytest.mark.parametrize("name", OPERATIONS)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """``part``, or what it refers to."""
    while "$ref" in part:
        where = part["$ref"].removeprefix("#/").split("/")
        part = DOCUMENT
        for name in where:
            part = part[name]
    return part


def contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every form that is sent or answered, with a name for it."""
    found = [("request", operation["requestBody"])] if "requestBody" in operation else []
    found += [(status, resolved(answer)) for status, answer in operation["responses"].items()]
    return [(f"{name} {kind}", form) for name, part in found for kind, form in part.get("content", {}).items()]


@pytest.mark.django_db
def test_committed_document_is_what_the_code_says(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert capsys.readouterr().out == document().decode(), "make openapi"


@pytest.mark.django_db
def test_committed_document_is_what_is_served(stranger):
    answer = stranger.get("schema/", accept="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert answer.content == document()
    assert stranger.get("schema/", **{"if-none-match": answer.headers["ETag"]}).status_code == 304


def test_every_address_is_described():
    assert DOCUMENT["openapi"].startswith("3.1")
    assert len(DOCUMENT["paths"]) == len(set(addresses()) - {"schema/", "docs/"})
    assert len(OPERATIONS) == len(list(operations_of(DOCUMENT))), "two operations have one name"
    assert {"listShipments", "explainOffer", "sendReport"} <= OPERATIONS.keys()


@each_operation
def test_operation_says_what_it_does_and_who_may(name):
    _, _, operation = OPERATIONS[name]
    assert len(operation["summary"]) > 8
    assert len(operation["description"]) > 8
    assert operation["security"]
    for scheme in operation["security"]:
        assert scheme.keys() <= DOCUMENT["components"]["securitySchemes"].keys()
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    assert set(operation["tags"]) <= described
    for parameter in operation.get("parameters", ()):
        assert parameter.get("description") or parameter["schema"].get("enum"), parameter["name"]


@each_operation
def test_operation_says_how_it_fails(name):
    path, method, operation = OPERATIONS[name]
    answers = operation["responses"]
    assert {"400", "401", "403", "406", "429", "503"} <= answers.keys()
    assert ("404" in answers) >= ("{" in path)
    if method in ("post", "patch"):
        assert {"409", "411", "413", "415", "422"} <= answers.keys()
    assert ("412" in answers) == (method == "patch")
    asks = any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
    assert ("414" in answers) == asks, "the web server's own answer, before there is a problem"
    for status, answer in answers.items():
        if status >= "400" and CONTENT_TYPE in (content := resolved(answer).get("content", {})):
            form = content[CONTENT_TYPE]
            assert form["schema"]["$ref"].endswith("/Problem")
            assert {example["value"]["status"] for example in form["examples"].values()} == {int(status)}


@each_operation
def test_operation_has_examples_of_its_own_forms(name):
    _, _, operation = OPERATIONS[name]
    assert {"200", "201", "202", "204", "207"} & operation["responses"].keys()
    for where, form in contents(operation):
        assert form.get("examples"), f"{where}: none; tests/aidtracker/api/test_examples.py, then make examples"
        for example in form["examples"].values():
            assert_valid(form["schema"], example["value"])


def assert_valid(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    checker = Draft202012Validator(whole, format_checker=FormatChecker())
    assert [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)] == []


@each_operation
def test_every_time_that_is_answered_is_in_utc_and_ends_in_z(name):
    answers = [form for title, form in contents(OPERATIONS[name][2]) if not title.startswith("request")]
    found = [each for form in answers for each in times_in(form.get("examples", {}))]
    assert [each for each in found if not each.endswith("Z")] == []


def test_messages_have_times_in_utc_too():
    found = list(times_in(DOCUMENT["webhooks"]))
    assert found
    assert [each for each in found if not each.endswith("Z")] == []


def times_in(part: Any) -> Iterator[str]:
    """Every text in ``part`` that is a time and nothing else."""
    if isinstance(part, str):
        yield from [part] if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*$", part) else []
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from times_in(each)


def test_an_example_off_its_form_is_found():
    form = DOCUMENT["components"]["schemas"]["Report"]
    answer = OPERATIONS["readReport"][2]["responses"]["200"]["content"]["application/json"]
    (example,) = answer["examples"].values()
    assert_valid(form, example["value"])
    for name, wrong in (("asserted_at", "yesterday"), ("kind", "rumour"), ("links", None)):
        with pytest.raises(AssertionError):
            assert_valid(form, {**example["value"], name: wrong})


def test_every_problem_has_a_title_and_an_example():
    shown = {
        example["value"]["status"]
        for _, _, operation in OPERATIONS.values()
        for part in operation["responses"].values()
        for example in resolved(part).get("content", {}).get(CONTENT_TYPE, {"examples": {}})["examples"].values()
    }
    assert shown >= TITLES.keys() - {405, 500}, "405 is of what is not described, 500 of what nobody foresaw"


def test_one_component_describes_every_resolved_value():
    parts = DOCUMENT["components"]["schemas"]
    assert {"value", "low", "high", "state", "confidence", "origins", "because", "alternatives"} <= set(
        parts["Resolved"]["properties"]
    )
    assert parts["Picture"]["properties"]["status"]["$ref"].endswith("/Resolved")


def test_every_reference_in_the_document_leads_somewhere():
    named = set(re.findall(r"#/components/schemas/(\w+)", document().decode()))
    assert named == DOCUMENT["components"]["schemas"].keys()


@pytest.mark.django_db
def test_page_of_the_document_takes_nothing_from_elsewhere(stranger, settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    page = stranger.get("docs/", accept="application/json")
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    linked = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.content.decode())
    assert linked
    assert all(link.startswith(("/static/", "/api/v1/schema/")) for link in linked), linked
