"""A key in exchange for a short-lived token, as RFC 6749 has it; a token is its key, and never more than it."""

from base64 import b64encode
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db.models import F
from django.utils import timezone
from oauthlib.oauth2 import BackendApplicationClient, InvalidScopeError

from actors.models import AccessToken, PartnerKey
from actors.services.keys import revoke_key
from actors.services.tokens import find_token, forget_expired_tokens
from tests.people import code_of

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


def credentials(partner):
    """client_id and client_secret, as an integrator would split the key."""
    client_id, _, secret = partner.token.rpartition("_")
    return {"client_id": client_id, "client_secret": secret}


def ask(caller, form, *, content_type=FORM, path="oauth/token/", **headers):
    body = form if isinstance(form, bytes) else urlencode(form, doseq=True).encode()
    return caller.client.generic("POST", f"/api/v1/{path}", body, content_type=content_type, headers=headers)


def basic(client_id, client_secret):
    return "Basic " + b64encode(f"{client_id}:{client_secret}".encode()).decode()


def bearer(answer):
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_client_library_gets_a_token_and_reads_with_it(partner, stranger):
    client = BackendApplicationClient(client_id=credentials(partner)["client_id"], scope="read")
    body = client.prepare_request_body(include_client_id=True, client_secret=credentials(partner)["client_secret"])
    answer = ask(stranger, body.encode())
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    token = client.parse_request_body_response(answer.content.decode())
    assert (token["token_type"], token["expires_in"], token.scopes) == ("Bearer", 3600, ["read"])
    _, headers, _ = client.add_token("https://testserver/api/v1/actors/")
    read = stranger.get("actors/", authorization=headers["Authorization"])
    assert read.status_code == 200
    with pytest.raises(InvalidScopeError):
        client.parse_request_body_response(ask(stranger, {**credentials(partner), **GRANT, "scope": "x"}).content)


def test_http_basic_names_the_client_too(partner, stranger):
    said = credentials(partner)
    answer = ask(stranger, GRANT, authorization=basic(**said))
    assert answer.status_code == 200, answer.content
    assert answer.json()["scope"].split() == sorted(partner.key.scopes)
    assert ask(stranger, {**GRANT, "client_id": said["client_id"]}, authorization=basic(**said)).status_code == 200


def test_only_the_hash_of_a_token_is_kept(partner, stranger):
    token = ask(stranger, {**credentials(partner), **GRANT}).json()["access_token"]
    kept = AccessToken.objects.get()
    assert len(kept.token_hash) == 32
    assert all(token not in str(getattr(kept, field.attname)) for field in AccessToken._meta.fields)


def test_a_token_has_the_scopes_it_was_asked_for_and_its_key_still_has(partner, stranger):
    narrow = bearer(ask(stranger, {**credentials(partner), **GRANT, "scope": "read"}))
    refused = ask(stranger, b"{}", content_type="application/json", path="reports/", **narrow)
    assert (refused.status_code, code_of(refused)) == (403, "insufficient_scope")
    wide = bearer(ask(stranger, {**credentials(partner), **GRANT}))
    PartnerKey.objects.update(scopes=["reports:write"])
    assert code_of(stranger.get("actors/", **wide)) == "insufficient_scope"


def test_what_stops_the_key_stops_its_tokens(partner, stranger):
    token = bearer(ask(stranger, {**credentials(partner), **GRANT}))
    assert stranger.get("actors/", **token).status_code == 200
    PartnerKey.objects.update(expires_at=timezone.now())
    assert code_of(stranger.get("actors/", **token)) == "unauthenticated"
    PartnerKey.objects.update(expires_at=None)
    assert stranger.get("actors/", **token).status_code == 200
    revoke_key(partner.key, reason="lost")
    assert code_of(stranger.get("actors/", **token)) == "unauthenticated"
    assert ask(stranger, {**credentials(partner), **GRANT}).json()["error"] == "invalid_client"


def test_a_token_ends_after_an_hour_or_with_its_key(partner, stranger):
    token = bearer(ask(stranger, {**credentials(partner), **GRANT}))
    AccessToken.objects.update(expires_at=F("expires_at") - timedelta(hours=1))
    refused = stranger.get("actors/", **token)
    assert (refused.status_code, code_of(refused)) == (401, "unauthenticated")
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert forget_expired_tokens() == 1
    PartnerKey.objects.update(expires_at=timezone.now() + timedelta(minutes=5))
    assert 290 <= ask(stranger, {**credentials(partner), **GRANT}).json()["expires_in"] <= 300


def test_token_and_key_have_one_quota(partner, stranger):
    PartnerKey.objects.update(reads_per_minute=2)
    token = bearer(ask(stranger, {**credentials(partner), **GRANT}))
    answers = [stranger.get("actors/", **token), partner.get("actors/"), stranger.get("actors/", **token)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": ["client_credentials"] * 2}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_secret": "x" * 43}, 401, "invalid_client"),
        ({"client_secret": "\x00é"}, 401, "invalid_client"),
        ({"client_id": "aid_live_00000000"}, 401, "invalid_client"),
        ({"client_secret": ["x", "y"]}, 400, "invalid_request"),
        ({"scope": ["read", "read"]}, 400, "invalid_request"),
        ({"scope": "read everything"}, 400, "invalid_scope"),
        ({"scope": "\x00"}, 400, "invalid_scope"),
        ({"client": "x", "scopes": "admin", "user": "1", "extra_credentials": "x"}, 200, None),
    ],
)
def test_errors_are_those_of_the_rfc(partner, stranger, change, status, error):
    form = {name: value for name, value in {**credentials(partner), **GRANT, **change}.items() if value is not None}
    answer = ask(stranger, form)
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.content
    assert bool(answer.json().get("error_description")) == (status != 200)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic ") == (status == 401)
    assert partner.token.rpartition("_")[2] not in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "given", "status", "error"),
    [
        (b'{"grant_type": "client_credentials"}', {"content_type": "application/json"}, 400, "invalid_request"),
        (b"", {}, 400, "invalid_request"),
        ("grant_type=é".encode(), {}, 400, "invalid_request"),
        (b"grant_type=%ff%00", {}, 400, "unsupported_grant_type"),
        (b"grant_type=client_credentials", {"authorization": "Basic !!!"}, 401, "invalid_client"),
        (b"grant_type=client_credentials", {"authorization": "Basic " + "/w=="}, 401, "invalid_client"),
        (b"grant_type=client_credentials", {"authorization": "Bearer aid_live_x"}, 401, "invalid_client"),
        (b"grant_type=client_credentials&client_secret=x", {"authorization": "Basic eDp5"}, 400, "invalid_request"),
        (b"grant_type=client_credentials&client_id=z", {"authorization": "Basic eDp5"}, 401, "invalid_client"),
        (b"grant_type=client_credentials", {"path": "oauth/token/?client_secret=x"}, 400, "invalid_request"),
    ],
)
def test_what_is_no_request_for_a_token_is_refused(stranger, body, given, status, error):
    answer = ask(stranger, body, **given)
    assert (answer.status_code, answer.json().get("error")) == (status, error), answer.content


def test_a_form_has_an_end(stranger):
    answer = ask(stranger, b"grant_type=" + b"x" * 10_000)
    assert (answer.status_code, code_of(answer)) == (413, "too_large")


def test_guesses_are_counted_by_address_and_good_requests_against_the_key(partner, stranger, settings):
    settings.STRANGERS_PER_MINUTE = 2
    wrong = {**credentials(partner), **GRANT, "client_secret": "x" * 43}
    assert [ask(stranger, form).status_code for form in (wrong, {}, wrong)] == [401, 400, 429]
    good = ask(stranger, {**credentials(partner), **GRANT})
    assert good.status_code == 200
    assert good.headers["RateLimit"].startswith('"writes"')


@pytest.mark.parametrize("token", ["aid_token_", "aid_token_" + "x" * 43, "aid_token_é", "aid_token_" + "x" * 5000])
def test_a_token_that_was_never_made_proves_nothing(token):
    assert find_token(token) is None
