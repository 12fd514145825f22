"""Confidence for showing, and the stable hashes of conflicts and of a whole picture (S9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from math import exp

from shipments.reconciliation.compare import plain
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.picture import Picture
from shipments.reconciliation.vocabulary import ConflictKind

# Not believed but told: when it was read, floats for showing, and what became of reports that changed nothing.
_TOLD = frozenset({"known_at", "confidence", "leading_confidence", "claims", "policy_version", "output_hash"})


def confidence(weight: int) -> int:
    """1 / (1 + exp(-weight / 1000)) per mille, for showing only; never hashed, never decides."""
    clamped = max(-20_000, min(20_000, weight))
    return round(1000 / (1 + exp(-clamped / 1000)))


def conflict_id(subject: str, kind: ConflictKind, keys: Iterable[ReportKey]) -> str:
    """sha256 over subject, kind and sorted keys, hexadecimal."""
    return sha256(_bytes((subject, kind, sorted(keys)))).hexdigest()


def output_hash(picture: Picture) -> str:
    """sha256 over everything that the picture believes: integers, words and natural keys."""
    return sha256(_bytes(picture)).hexdigest()


def _bytes(value: object) -> bytes:
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def _write(value: object, parts: list[str]) -> None:
    """A canonical form in which different values never look alike (lengths go before texts)."""
    if value is None:
        parts.append("~")
    elif isinstance(value, Enum):
        _write(value.value, parts)
    elif isinstance(value, str):
        parts.append(f"{len(value)}:{value}")
    elif isinstance(value, bool):
        parts.append("+" if value else "-")
    elif isinstance(value, int):
        parts.append(f"i{value};")
    elif isinstance(value, Decimal):
        parts.append(f"d{plain(value)};")
    elif isinstance(value, tuple | list):
        parts.append("[")
        for item in value:
            _write(item, parts)
        parts.append("]")
    elif is_dataclass(value):
        parts.append("{")
        for field in fields(value):
            if field.name not in _TOLD:
                _write(getattr(value, field.name), parts)
        parts.append("}")
    else:
        raise TypeError(f"cannot hash a {type(value).__name__}")
