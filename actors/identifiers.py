"""Identifiers: UUIDv7 keys that stay inside, readable references that go out.

A primary key tells when a row was made, so it is never shown. A reference such as
``SHP-7K2M9QXD`` is random: it can be read over the telephone and tells nothing.
"""

import secrets
from uuid import UUID

from uuid_utils.compat import uuid7

# Crockford's base 32: no I, L, O or U, so that nothing is misread or spells a word.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8


def new_id() -> UUID:
    """A time-ordered key (RFC 9562, version 7): new rows land together in an index."""
    return uuid7()


def new_reference(prefix: str) -> str:
    """A random reference: 40 bits behind a prefix. Uniqueness is the table's constraint."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))}"


def reference_of(prefix: str, digest: bytes, *, length: int = 16) -> str:
    """The reference that a digest always gives: 5 bits a character, from its first bits."""
    bits = int.from_bytes(digest, "big") >> (len(digest) * 8 - length * 5)
    letters = [ALPHABET[(bits >> (5 * place)) & 31] for place in reversed(range(length))]
    return f"{prefix}-{''.join(letters)}"
