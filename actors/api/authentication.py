"""Who is calling: a partner's key in the Authorization header, or a person's session.

    key or token  ─> counted against the key        ─> request.auth is the PartnerKey
    session       ─> counted against the person     ─> request.user
    anything else ─> counted against the address    ─> 401; every bad credential gets one answer

Counting is done here since only here is it known of every request, refused ones included, whose it is.
"""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from actors.access import Reader
from actors.api.limits import charge_address, charge_key, charge_person, find_and_charge
from actors.api.refusals import CHALLENGE, Fault, Refusal
from actors.models import PartnerKey
from actors.services.tokens import START as TOKEN_START
from actors.services.tokens import find_token


class CallerAuthentication(SessionAuthentication):
    """``Authorization: Bearer``, then a key or a token of one; or the cookie of somebody who is signed in."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return self._by_session(request)
        if "," in header:
            fault = Fault(code="repeated_header", detail="Sent more than once.", header="Authorization")
            raise Refusal("repeated_header", "One Authorization header is allowed.", faults=[fault])
        scheme, said = credential_of(request)
        key = _charged(request, said) if scheme == "bearer" else None
        if key is None:
            charge_address(request)
            raise AuthenticationFailed
        return AnonymousUser(), key

    def _by_session(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None:
            charge_address(request)
        else:
            charge_person(request, found[0])
        return found

    def authenticate_header(self, request: Request) -> str:
        """RFC 6750: a credential that is no good is called so; one that was not sent is asked for."""
        return f'{CHALLENGE}, error="invalid_token"' if "HTTP_AUTHORIZATION" in request.META else CHALLENGE


def credential_of(request: Request) -> tuple[str, str]:
    """The scheme, in small letters, and the credential of the Authorization header, which is there."""
    scheme, _, said = request.META["HTTP_AUTHORIZATION"].partition(" ")
    return scheme.lower(), said.strip()


def is_token(said: str) -> bool:
    """Whether a credential is a token of a key, and not a key itself."""
    return said.startswith(TOKEN_START)


def _charged(request: Request, said: str) -> PartnerKey | None:
    """The key that a credential proves, with the request counted against it."""
    if not is_token(said):
        return find_and_charge(request, said)
    if key := find_token(said):
        charge_key(request, key)
    return key


def partner_key_of(request: Request) -> PartnerKey:
    """The caller's key. For views that only keys get into."""
    assert isinstance(request.auth, PartnerKey)
    return request.auth


def reader_of(request: Request) -> Reader:
    """What the caller may read."""
    if isinstance(request.auth, PartnerKey):
        return Reader.of_key(request.auth)
    return Reader.of_user(request.user)
