"""Secrets that we must read again, and that whoever reads the database must not: sealed with a key of ours.

Fernet (AES-128-CBC and HMAC-SHA256) by the first of WEBHOOK_KEYS; any of them opens. A key is long random text,
so a plain hash makes 32 bytes of it.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

__all__ = ["InvalidToken", "seal", "unseal"]


def seal(content: bytes) -> bytes:
    """``content`` for the database alone to keep."""
    return _fernet().encrypt(content)


def unseal(sealed: bytes | memoryview) -> bytes:
    """What was sealed. Raises InvalidToken where none of the keys made it."""
    return _fernet().decrypt(bytes(sealed))


def _fernet() -> MultiFernet:
    return MultiFernet([_key(each) for each in settings.WEBHOOK_KEYS])


def _key(said: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(said.encode()).digest()))
