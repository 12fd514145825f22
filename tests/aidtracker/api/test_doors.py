"""Every address of the API, enumerated: who gets in, and how it refuses. Query strings are in test_queries."""

from typing import Any

import pytest
from django.urls import URLPattern, get_resolver, resolve

from actors.models import PartnerKey
from tests.people import code_of, make_partner

pytestmark = pytest.mark.django_db
OPEN = {"schema/", "docs/", "oauth/token/"}
# For partners' keys alone: nobody else has subscriptions.
OWN = "subscriptions/"
# A key may ask of itself whatever its scopes.
UNSCOPED = "key/"
WORDS = {
    "reference": "SHP-00000000",
    "code": "nobody",
    "stable_id": "0" * 64,
    "part_key": "none",
    "webhook_id": "msg_" + "0" * 20,
}


def addresses() -> list[str]:
    """Every address under /api/v1/, with a name that nothing has where one is asked for."""
    (api,) = [each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/"]
    found = []
    for pattern in api.url_patterns:
        assert isinstance(pattern, URLPattern)
        route = str(pattern.pattern)
        if route.startswith("^"):
            continue
        for name, converter in pattern.pattern.converters.items():
            route = route.replace(f"<{type_name(converter)}:{name}>", WORDS[name])
        found.append(route)
    return found


def type_name(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").lower()


def methods(path: str) -> set[str]:
    """The methods that an address has."""
    view = resolve(f"/api/v1/{path}").func.view_class  # type: ignore[attr-defined]
    return {method.upper() for method in ("get", "post", "put", "patch", "delete") if hasattr(view, method)}


WRITE_ONLY = sorted(path for path in set(addresses()) - OPEN if "GET" not in methods(path))
CLOSED = sorted(set(addresses()) - OPEN - set(WRITE_ONLY))
LISTS = [path for path in CLOSED if not any(word in path for word in WORDS.values())]


def test_the_addresses_are_those_of_the_design():
    assert len(CLOSED) == 6 * 8 + 18
    assert {"shipments/", "conflicts/", "reports/", "shipments/SHP-00000000/explain/"} <= set(CLOSED)


@pytest.mark.parametrize("path", [*CLOSED, *WRITE_ONLY, "nothing/", "shipments", "shipments/1/", "../admin/", ""])
def test_strangers_get_one_answer_everywhere(stranger, path):
    answers = [stranger.get(path)] + [stranger.get(path, authorization=bad) for bad in BAD_CREDENTIALS]
    bodies = set()
    for answer in answers:
        assert answer.status_code == 401, (path, answer.content)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert code_of(answer) == "unauthenticated"
        bodies.add(str({name: value for name, value in answer.json().items() if name != "request_id"}))
    assert len(bodies) == 1


BAD_CREDENTIALS = [
    "Bearer",
    "Bearer ",
    "Bearer aid_live_x",
    "Bearer aid_live_abcd1234_" + "x" * 43,
    "Bearer aid_test_abcd1234_" + "x" * 43,
    "Basic !!!",
    "Basic dXNlcg==",
    "Basic dXNlcjpwYXNz",
    "Token \xff",
    "Bearer " + "x" * 10_000,
    "",
]


def test_revoked_and_expired_keys_are_as_bad_as_none(partner):
    assert partner.get("shipments/").status_code == 200
    PartnerKey.objects.update(revoked_at="2022-01-01T00:00:00Z")
    assert code_of(partner.get("shipments/")) == "unauthenticated"
    PartnerKey.objects.update(revoked_at=None, expires_at="2022-01-01T00:00:00Z")
    assert code_of(partner.get("shipments/")) == "unauthenticated"


def test_scope_that_is_missing_is_named(stranger):
    writer = make_partner(scopes=["reports:write"])
    for path in set(CLOSED) - {UNSCOPED}:
        answer = writer.get(path)
        assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope"), path
        assert f"scope {'webhooks:manage' if path.startswith(OWN) else 'read'}" in answer.json()["detail"]


def test_two_credentials_are_one_too_many(partner):
    answer = partner.get("shipments/", authorization=f"Bearer {partner.token}, Bearer {partner.token}")
    assert (answer.status_code, code_of(answer)) == (400, "repeated_header")


def test_key_in_the_query_string_is_refused_and_not_repeated(partner, stranger):
    for caller, status in ((stranger, 401), (partner, 400)):
        answer = caller.get("shipments/", {"key": partner.token})
        assert answer.status_code == status
        assert partner.token not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "shipments",
        "shipments/99999999999999999999/",
        "shipments/%00/",
        "shipments/SHP-%00/",
        "shipments/shp-7k2m9qxd/",
        "shipments/" + "9" * 5000 + "/",
        "shipments/SHP-00000000/nothing/",
        "sources/a b/",
        "sources/%F0%9F%98%80/",
        "conflicts/1/",
        "%2e%2e/%2e%2e/etc/passwd",
        "",
        "nothing%0A",
        "%0Ashipments/",
        "shipments/%0A/",
    ],
)
def test_addresses_that_lead_nowhere_are_problems_and_tell_a_stranger_nothing(partner, stranger, path):
    for answer in (stranger.get(path), stranger.post(path, {}), stranger.client.options(f"/api/v1/{path}")):
        assert (answer.status_code, code_of(answer)) == (401, "unauthenticated")
    answer = partner.get(path)
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert ("end in a slash" in answer.json()["detail"]) is not f"/{path}".endswith("/")


@pytest.mark.parametrize("path", sorted(OPEN))
def test_what_is_open_says_without_a_key_that_it_ends_in_a_slash(stranger, path):
    bare = path.removesuffix("/")
    for answer in (stranger.get(bare), stranger.post(bare, {})):
        assert (answer.status_code, code_of(answer)) == (404, "not_found")
        assert answer.json()["detail"] == f"Addresses end in a slash: /api/v1/{path}"
        assert answer.headers["RateLimit-Policy"].startswith('"strangers"')


@pytest.mark.parametrize("path", [*CLOSED, *WRITE_ONLY])
def test_other_methods_are_refused_and_options_tell_nothing(partner, stranger, path):
    for method in {"PUT", "POST", "PATCH", "DELETE", "TRACE", "FOO"} - methods(path):
        for query in ("", "?limit=1"):
            answer = partner.client.generic(method, f"/api/v1/{path}{query}", headers=partner.headers)
            assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed"), (method, path)
        assert methods(path) <= set(answer.headers["Allow"].split(", "))
    options = partner.client.options(f"/api/v1/{path}", headers=partner.headers)
    assert (options.status_code, options.content) == (204, b"")
    assert stranger.client.options(f"/api/v1/{path}").status_code == 401


def test_method_cannot_be_overridden(partner):
    answer = partner.post("sources/", {}, **{"x-http-method-override": "GET"})
    assert answer.status_code == 405


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "/;q=;,,"])
def test_answers_are_json_alone(partner, accept):
    answer = partner.get("shipments/", accept=accept)
    assert (answer.status_code, code_of(answer)) == (406, "not_acceptable")


def test_head_is_get_without_its_body(partner):
    answer = partner.client.head("/api/v1/shipments/", headers=partner.headers)
    assert (answer.status_code, answer.content) == (200, b"")


def test_wrong_host_is_refused(partner):
    answer = partner.client.get("/api/v1/shipments/", headers={**partner.headers, "host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil" not in answer.content
