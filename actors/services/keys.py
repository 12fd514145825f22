"""Partner keys: shown once, checked at every request, rotated without a gap, and revoked at once.

A key is ``aid_live_<prefix>_<secret>``: the prefix finds the row, the secret's SHA-256 proves it.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from actors.access import Reader
from actors.marking import Marking
from actors.models import Actor, AuditEntry, PartnerKey, Source, User
from actors.services.limits import COUNT, WINDOW
from actors.services.prepared import Prepared, prepared, slot
from actors.services.together import Together

START = "aid_live_"
LETTERS = string.ascii_letters + string.digits
PREFIX_LENGTH = 8
SECRET_LENGTH = 43  # of 62 letters: 256 bits
TOKEN = re.compile(rf"{START}([A-Za-z0-9]{{4,12}})_([A-Za-z0-9]{{6,64}})", re.ASCII)
NO_HASH = bytes(32)
AMENDABLE = ("name", "scopes", "clearance", "expires_at", "reads_per_minute", "writes_per_minute")
# A key in steady use is written to once a minute, not at every request.
LAST_USED_STEP = timedelta(minutes=1)
NOBODY = Reader(clearance=Marking.CLEAR)


def issue_key(
    *,
    name: str,
    actor: Actor,
    scopes: Iterable[str],
    clearance: Marking,
    source: Source | None = None,
    expires_at: datetime | None = None,
    reads_per_minute: int | None = None,
    writes_per_minute: int | None = None,
    by: User | None = None,
    reason: str = "",
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
        reads_per_minute=reads_per_minute,
        writes_per_minute=writes_per_minute,
    )
    key.full_clean()
    with transaction.atomic():
        key.save()
        _note(key, "key.issued", by, reason=reason, scopes=key.scopes, clearance=Marking(clearance).code)
    return key, f"{START}{prefix}_{secret}"


def find_key(token: str) -> PartnerKey | None:
    """The key that ``token`` proves, with its actor and source; None for every other token.

    Unknown, revoked, expired and wrong ones take one query and the same comparisons alike. A key that is
    proved by its old secret ends with it.
    """
    prefix, said = _parts(token)
    return _proved(next(iter(_by_prefix(NOBODY).models(NOBODY, prefix=prefix)), None), said)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A key whose request was counted as it was looked up.

    ``spent`` counts the requests of its window, this one included; ``remaining`` is the time until the window ends.
    Both are None where the statement could not count: of a spent quota, for example.
    """

    key: PartnerKey
    spent: int | None
    remaining: timedelta | None


def find_and_count(token: str, *, kind: str, quota: int) -> Counted | None:
    """What ``find_key`` gives, by the same one query, which also counts a request of ``kind`` (reads, writes).

    ``quota`` is for a key without one of its own. A token that proves no key counts nothing. Where several threads show
    the same token at once, one statement looks it up and counts for all of them, after each has shown it. They share
    the key that they are given.
    """
    shown = _Shown(*_parts(token), kind, quota)
    return _counted.give(shown, like=shown)


class _Shown(NamedTuple):
    """A credential, and what is asked with it."""

    prefix: str
    said: bytes
    kind: str
    quota: int


def _count(shown: Sequence[_Shown]) -> list[Counted | None]:
    """The key of like credentials, with all their requests counted; none of these is counted where not all fit."""
    one, times = shown[0], len(shown)
    query = _by_prefix_counting(one.kind)
    rows = query.tuples(NOBODY, prefix=one.prefix, said=one.said, quota=one.quota, window=WINDOW, times=times)
    key = _proved(query.model_of(rows[0]) if rows else None, one.said)
    if key is None:
        return [None] * times
    *_, spent, remaining = rows[0]
    before = None if spent is None else spent - times
    return [
        Counted(key=key, spent=None if before is None else before + place, remaining=remaining)
        for place in range(1, times + 1)
    ]


def _parts(token: str) -> tuple[str, bytes]:
    """The prefix that finds a key, and the hash of the secret that is said to prove it."""
    matched = TOKEN.fullmatch(token)
    prefix, secret = matched.groups() if matched else ("", "")
    return prefix, _hash(secret)


def _proved(key: PartnerKey | None, said: bytes) -> PartnerKey | None:
    is_new = hmac.compare_digest(bytes(key.secret_hash) if key else NO_HASH, said)
    is_old = hmac.compare_digest(bytes(key.old_secret_hash or NO_HASH) if key else NO_HASH, said)
    if key is None or not (is_new or is_old):
        return None
    now = timezone.now()
    if is_old:
        key.expires_at = min(filter(None, (key.expires_at, key.old_secret_until)))
    if not is_usable(key, now):
        return None
    note_use(key, now)
    return key


@prepared
def _by_prefix(_: Reader) -> QuerySet:
    return PartnerKey.objects.order_by().select_related("actor", "source").filter(prefix=slot("prefix"))


@cache
def _by_prefix_counting(kind: str) -> Prepared:
    """The query of a key, which also counts a request of a usable key that its newest secret proves.

    A request with the old secret, or of a spent quota, takes one statement more.
    """
    found = _by_prefix(NOBODY)
    return replace(
        found,
        text=f"""
            WITH paying AS (
                SELECT 'key:' || id || ':{kind}' AS caller, coalesce({kind}_per_minute, %(quota)s) AS quota,
                       %(times)s::int AS times
                  FROM actors_partnerkey WHERE prefix = %(prefix)s AND secret_hash = %(said)s
                   AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
            ), counted AS ({COUNT})
            SELECT found.*, counted.spent, counted.remaining FROM ({found.text}) AS found LEFT JOIN counted ON true
        """,  # noqa: S608
    )


def is_usable(key: PartnerKey, now: datetime) -> bool:
    """Whether ``key`` is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def revoke_key(key: PartnerKey, *, by: User | None = None, reason: str = "") -> None:
    """Stop ``key`` from the next request on. Revoking it again changes nothing."""
    with transaction.atomic():
        if PartnerKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            _note(key, "key.revoked", by, reason=reason)


def rotate_key(key: PartnerKey, *, overlap: timedelta, reason: str, by: User | None = None) -> str:
    """A new token for ``key``; the one before it stays good for ``overlap``, an older one ends now.

    The key is the same: its limits, subscriptions and client_id stay. Without an overlap, what was
    exchanged for the old secret ends with it. Raises ValidationError where the key is no longer usable.
    """
    secret = random_letters(SECRET_LENGTH)
    now = timezone.now()
    with transaction.atomic():
        held = PartnerKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        if not is_usable(held, now):
            raise ValidationError("A key that is revoked or expired cannot be rotated. Issue a new one.")
        held.old_secret_hash, held.old_secret_until = held.secret_hash, now + overlap
        held.secret_hash = _hash(secret)
        held.save(update_fields=["secret_hash", "old_secret_hash", "old_secret_until"])
        if not overlap:
            held.tokens.all().delete()
        _note(held, "key.rotated", by, reason=reason, old_secret_until=held.old_secret_until.isoformat())
    return f"{START}{held.prefix}_{secret}"


def amend_key(key: PartnerKey, *, reason: str, by: User | None = None, **changes: Any) -> None:
    """Change some of AMENDABLE. It holds from the next request on; what has not changed is not noted."""
    with transaction.atomic():
        held = PartnerKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        differing = {name: value for name, value in changes.items() if getattr(held, name) != value}
        before = {name: getattr(held, name) for name in differing}
        if not differing:
            return
        for name, value in differing.items():
            assert name in AMENDABLE, name
            setattr(held, name, value)
        held.full_clean()
        held.save(update_fields=list(differing))
        told = {name: [_plain(before[name]), _plain(value)] for name, value in differing.items()}
        _note(held, "key.amended", by, reason=reason, **told)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


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


# As many as a process has threads, or more.
_counted = Together[_Shown, Counted | None](name="counting", work=_count, most=16, patience=0.5)
