"""Confidence for showing, and the stable hashes of conflicts and of a whole picture (S9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from json import JSONEncoder
from math import exp
from operator import attrgetter
from typing import Any

from msgspec import Struct

from shipments.reconciliation.compare import plain
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.picture import Picture
from shipments.reconciliation.vocabulary import ConflictKind, State

# A tenth of a decision, and more than any thirty sources of grade A weigh together.
CERTAIN = 100_000

# Not believed but told: when it was read, floats for showing, and what became of reports that changed nothing.
_TOLD = frozenset({"known_at", "confidence", "leading_confidence", "claims", "policy_version", "output_hash"})


@lru_cache(maxsize=4096)
def confidence(weight: int) -> int:
    """1 / (1 + exp(-weight / 1000)) per mille, for showing only; never hashed, never decides.

    However many sources agree, it is never certain: only a decision is 1000 (or, against it, 0).
    """
    if abs(weight) >= CERTAIN:
        return 1000 if weight > 0 else 0
    return min(999, max(1, round(1000 / (1 + exp(-weight / 1000)))))


def is_judged(*, kind: str, label: str | None, leading: str | None, state: str) -> bool:
    """Whether there is something that a finding's confidence is of: that of nothing is one half, and says nothing.

    Of a status that is not believed it is not: what leads there has a confidence of its own.
    """
    return bool(label or (leading and kind != "subject")) and state != State.UNKNOWN


def conflict_id(subject: str, kind: ConflictKind, slot: tuple[object, ...], keys: Iterable[ReportKey]) -> str:
    """sha256 over subject, kind, what is disputed (``slot``) and sorted keys, hexadecimal.

    The slot is in it because one report may lose on two facts, which are two conflicts.
    """
    return sha256(_bytes((subject, kind, slot, sorted(keys)))).hexdigest()


def output_hash(picture: Picture) -> str:
    """sha256 over everything that the picture believes: integers, words and natural keys."""
    return sha256(_bytes(picture)).hexdigest()


def _bytes(value: object) -> bytes:
    """A canonical form in which different values never look alike: JSON, with each value object's type in it."""
    return _encode(value).encode()


def _parts(value: object) -> object:
    """What JSON cannot write by itself: value objects as their type and fields, in order; decimals as plain text."""
    read = _FIELDS.get(type(value))
    if read is None:
        if isinstance(value, Decimal):
            return ["decimal", plain(value)]
        if not isinstance(value, Struct):
            raise TypeError(f"cannot hash a {type(value).__name__}")
        names = [name for name in value.__struct_fields__ if name not in _TOLD]
        read = _FIELDS[type(value)] = attrgetter("__class__.__name__", *names)
    return read(value)


_FIELDS: dict[type, Callable[[Any], object]] = {}
_encode = JSONEncoder(default=_parts, check_circular=False, separators=(",", ":")).encode
