"""Partner keys: made once, shown once, checked at every request, and revoked at once.

A key is ``aid_live_<prefix>_<secret>``: the prefix finds the row, the secret's SHA-256 proves it.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from actors.marking import Marking
from actors.models import Actor, AuditEntry, PartnerKey, Source, User

START = "aid_live_"
LETTERS = string.ascii_letters + string.digits
PREFIX_LENGTH = 8
SECRET_LENGTH = 43  # of 62 letters: 256 bits
TOKEN = re.compile(rf"{START}([A-Za-z0-9]{{4,12}})_([A-Za-z0-9]{{6,64}})", re.ASCII)
# A key in steady use is written to once a minute, not at every request.
LAST_USED_STEP = timedelta(minutes=1)


def issue_key(
    *,
    name: str,
    actor: Actor,
    scopes: Iterable[str],
    clearance: Marking,
    source: Source | None = None,
    expires_at: datetime | None = None,
    by: User | None = None,
) -> tuple[PartnerKey, str]:
    """A new key and its token, which is kept nowhere. ``by`` None: the operator's own command."""
    prefix = random_letters(PREFIX_LENGTH)
    secret = random_letters(SECRET_LENGTH)
    key = PartnerKey(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        actor=actor,
        source=source,
        scopes=sorted(set(scopes)),
        clearance=clearance,
        expires_at=expires_at,
    )
    key.full_clean()
    with transaction.atomic():
        key.save()
        _note(key, "key.issued", by, scopes=key.scopes, clearance=Marking(clearance).code)
    return key, f"{START}{prefix}_{secret}"


def find_key(token: str) -> PartnerKey | None:
    """The key that ``token`` proves, with its actor and source; None for every other token.

    Unknown, revoked, expired and wrong ones take one query and one comparison alike.
    """
    matched = TOKEN.fullmatch(token)
    prefix, secret = matched.groups() if matched else ("", "")
    key = PartnerKey.objects.select_related("actor", "source").filter(prefix=prefix).first()
    expected = bytes(key.secret_hash) if key else hashlib.sha256(b"").digest()
    if not hmac.compare_digest(expected, _hash(secret)) or key is None:
        return None
    now = timezone.now()
    if not is_usable(key, now):
        return None
    note_use(key, now)
    return key


def is_usable(key: PartnerKey, now: datetime) -> bool:
    """Whether ``key`` is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def revoke_key(key: PartnerKey, *, by: User | None = None, reason: str = "") -> None:
    """Stop ``key`` from the next request on. Revoking it again changes nothing."""
    with transaction.atomic():
        if PartnerKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(key, "key.revoked", by, reason=reason)


def random_letters(count: int) -> str:
    """Letters and digits that nobody can guess; 43 of them are 256 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def note_use(key: PartnerKey, now: datetime) -> None:
    """Note that ``key`` is in use: once a minute, and never by waiting for somebody who holds its row."""
    if key.last_used_at is None or key.last_used_at < now - LAST_USED_STEP:
        with transaction.atomic():
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
            free = PartnerKey.objects.filter(stale, pk=key.pk).select_for_update(skip_locked=True, no_key=True)
            PartnerKey.objects.filter(pk__in=free.order_by().values("pk")).update(last_used_at=now)


def _note(key: PartnerKey, action: str, by: User | None, *, reason: str = "", **changes: object) -> None:
    AuditEntry.objects.create(
        user=by, action=action, object_type="PartnerKey", object_reference=key.prefix, reason=reason, changes=changes
    )
