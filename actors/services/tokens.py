"""Short-lived tokens in exchange for a key. A token is its key, narrowed to the scopes it was asked for.

Whatever stops the key (revocation, expiry, a scope taken away) stops its tokens with the next request.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from actors.models import AccessToken, PartnerKey
from actors.services.keys import SECRET_LENGTH, is_usable, note_use, random_letters

START = "aid_token_"
LIFETIME = timedelta(hours=1)


def make_token() -> str:
    """A token that nobody can guess; kept by ``keep_token``."""
    return START + random_letters(SECRET_LENGTH)


def lifetime_of(key: PartnerKey, now: datetime) -> timedelta:
    """How long a token of ``key`` is good for: no longer than the key."""
    return min(LIFETIME, key.expires_at - now) if key.expires_at else LIFETIME


def keep_token(token: str, *, key: PartnerKey, scopes: Iterable[str]) -> None:
    """Make ``token`` good for ``key`` and ``scopes`` from now on."""
    now = timezone.now()
    AccessToken.objects.create(
        token_hash=_hash(token), key=key, scopes=sorted(set(scopes)), expires_at=now + lifetime_of(key, now)
    )


def find_token(token: str) -> PartnerKey | None:
    """The key that ``token`` stands for, with the scopes that both have and the earlier end; None for all others."""
    rows = AccessToken.objects.select_related("key__actor", "key__source")
    found = rows.filter(token_hash=_hash(token)).first()
    now = timezone.now()
    if found is None or found.expires_at <= now or not is_usable(found.key, now):
        return None
    note_use(found.key, now)
    found.key.scopes = [scope for scope in found.key.scopes if scope in found.scopes]
    found.key.expires_at = min(filter(None, (found.key.expires_at, found.expires_at)))
    return found.key


def forget_expired_tokens() -> int:
    """Delete the tokens that nobody can use any more; how many there were."""
    deleted, _ = AccessToken.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
