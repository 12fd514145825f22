"""Who is calling: a partner's key in the Authorization header. Every bad credential gets one answer."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from actors.access import Reader
from actors.api.refusals import CHALLENGE, Fault, Refusal
from actors.models import PartnerKey
from actors.services.keys import find_key


class PartnerKeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer aid_live_<prefix>_<secret>``; ``request.auth`` is then the PartnerKey."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, PartnerKey] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        if "," in header:
            fault = Fault(code="repeated_header", detail="Sent more than once.", header="Authorization")
            raise Refusal("repeated_header", "One Authorization header is allowed.", faults=[fault])
        scheme, _, token = header.partition(" ")
        key = find_key(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """RFC 6750: a credential that is no good is called so; one that was not sent is asked for."""
        return f'{CHALLENGE}, error="invalid_token"' if "HTTP_AUTHORIZATION" in request.META else CHALLENGE


def partner_key_of(request: Request) -> PartnerKey:
    """The caller's key. For views that only keys get into."""
    assert isinstance(request.auth, PartnerKey)
    return request.auth


def reader_of(request: Request) -> Reader:
    """What the caller may read."""
    if isinstance(request.auth, PartnerKey):
        return Reader.of_key(request.auth)
    return Reader.of_user(request.user)
