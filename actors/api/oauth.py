"""POST /oauth/token/: a key in exchange for a short-lived token (RFC 6749, section 4.4, client credentials).

The key is ``<client_id>_<client_secret>``, so that there is one credential to issue, rotate and revoke.
The grant is oauthlib's; what it asks of us is answered by the keys and tokens of services.
"""

import binascii
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from oauthlib.oauth2 import BackendApplicationServer, InvalidRequestError, OAuth2Error, RequestValidator
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.api.limits import charge_address, charge_key
from actors.api.refusals import Refusal
from actors.models import PartnerKey
from actors.services.keys import find_key
from actors.services.tokens import keep_token, lifetime_of, make_token

FORM = "application/x-www-form-urlencoded"
MAX_LENGTH = 10_000
# What the library's errors leave unsaid.
DESCRIPTIONS = {
    "invalid_client": "No such client, or not its secret: a key is <client_id>_<client_secret>, aid_live_ included.",
    "invalid_scope": "Ask for scopes that the key has, with a space between, or for none to get them all.",
    "unsupported_grant_type": "Send grant_type=client_credentials.",
}


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who asks for a token, as oauthlib wants to know it."""

    client_id: str
    key: PartnerKey


class Keys(RequestValidator):
    """oauthlib's questions about one request."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """By Basic or in the body, never both (section 2.3)."""
        repeated = {"client_id", "client_secret"} & set(request.duplicate_params)
        header = self.request.META.get("HTTP_AUTHORIZATION")
        if repeated or (header is not None and (request.client_secret or "," in header)):
            raise InvalidRequestError("Give the client's credentials once.", request=request)
        said = (request.client_id or "", request.client_secret or "") if header is None else _basic(header)
        key = find_key("_".join(said))
        if key is None or request.client_id not in (None, "", said[0]):
            return False
        request.client = Client(client_id=said[0], key=key)
        charge_key(self.request, key)
        return True

    def validate_grant_type(self, *args: Any, **kwargs: Any) -> bool:
        return True

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        return list(request.client.key.scopes)

    def validate_scopes(self, client_id: str, scopes: list[str], client: Client, *args: Any, **kwargs: Any) -> bool:
        return set(scopes) <= set(client.key.scopes)

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        keep_token(token["access_token"], key=request.client.key, scopes=request.scopes)


class TokenRequestSerializer(serializers.Serializer):
    """A form, not JSON. The client may also be named by HTTP Basic, and then not here."""

    grant_type = serializers.ChoiceField(choices=["client_credentials"])
    client_id = serializers.CharField(required=False, help_text="The key up to its last underscore: aid_live_<prefix>.")
    client_secret = serializers.CharField(required=False, help_text="What follows it.")
    scope = serializers.CharField(required=False, help_text="Separated by spaces. Left out: all that the key has.")


class TokenSerializer(serializers.Serializer):
    """Send it as a key is sent: Authorization: Bearer aid_token_…"""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds.")
    scope = serializers.CharField()


class TokenErrorSerializer(serializers.Serializer):
    """RFC 6749, section 5.2."""

    error = serializers.ChoiceField(
        choices=["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"]
    )
    error_description = serializers.CharField(required=False)


class Token(APIView):
    """Where keys are exchanged for tokens."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(
        operation_id="requestToken",
        summary="Exchange a key for a token of an hour (OAuth2 client credentials).",
        description="Only where your software wants OAuth2: the key itself can be sent with every request.",
        request={FORM: TokenRequestSerializer},
        responses={
            200: TokenSerializer,
            400: OpenApiResponse(TokenErrorSerializer, description="The request is not right."),
            401: OpenApiResponse(TokenErrorSerializer, description="No such client, or the wrong secret."),
        },
        tags=["access"],
        auth=[{"client": []}, {}],  # type: ignore[list-item]  # what the library documents
    )
    def post(self, request: Request) -> Response:
        try:
            where = request._request.get_full_path()
            _, body, status = _server(request).create_token_response(where, "POST", _form_of(request), {})
            answer = json.loads(body)
        except OAuth2Error as error:
            answer, status = dict(error.twotuples), error.status_code
        if description := DESCRIPTIONS.get(answer.get("error")):
            answer.setdefault("error_description", description)
        if not hasattr(request._request, "allowance"):
            charge_address(request)
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="aidtracker"'
        return Response(answer, status=status, headers=headers)


def _server(request: Request) -> BackendApplicationServer:
    def seconds(asked: Any) -> int:
        return int(lifetime_of(asked.client.key, timezone.now()).total_seconds())

    return BackendApplicationServer(Keys(request), token_generator=lambda asked: make_token(), token_expires_in=seconds)


def _form_of(request: Request) -> str:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_LENGTH:
        raise Refusal("too_large", f"A form has at most {MAX_LENGTH:,} bytes.", status=413)
    if (request.content_type or "").partition(";")[0].strip().lower() != FORM:
        raise InvalidRequestError(f"Send a form: Content-Type: {FORM}.")
    try:
        return request._request.body.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidRequestError("A form is ASCII; everything else in it is percent-encoded.") from None


def _basic(header: str) -> tuple[str, str]:
    scheme, _, said = header.partition(" ")
    try:
        decoded = b64decode(said.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
