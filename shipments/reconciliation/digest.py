"""Confidence for showing, and the stable hashes of conflicts and of a whole picture (S9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from math import exp
from typing import Any

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


def conflict_id(subject: str, kind: ConflictKind, slot: tuple[object, ...], keys: Iterable[ReportKey]) -> str:
    """sha256 over subject, kind, what is disputed (``slot``) and sorted keys, hexadecimal.

    The slot is in it because one report may lose on two facts, which are two conflicts.
    """
    return sha256(_bytes((subject, kind, slot, sorted(keys)))).hexdigest()


def output_hash(picture: Picture) -> str:
    """sha256 over everything that the picture believes: integers, words and natural keys."""
    return sha256(_bytes(picture)).hexdigest()


def _bytes(value: object) -> bytes:
    return _form(value).encode()


def _form(value: object) -> str:
    """A canonical form in which different values never look alike (lengths go before texts)."""
    write = _FORMS.get(type(value))
    if write is None:
        write = _FORMS[type(value)] = _form_of(type(value))
    return write(value)


def _form_of(kind: type) -> Callable[[Any], str]:
    if issubclass(kind, Enum):
        return lambda value: _text(value.value)
    if issubclass(kind, tuple | list):
        return _sequence
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind) if field.name not in _TOLD)
        return lambda value: f"{{{kind.__name__}" + "".join([_form(getattr(value, name)) for name in names]) + "}"
    raise TypeError(f"cannot hash a {kind.__name__}")


def _text(value: str) -> str:
    return f"{len(value)}:{value}"


def _sequence(value: Sequence[object]) -> str:
    return "[" + "".join(map(_form, value)) + "]"


_FORMS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "~",
    str: _text,
    bool: lambda value: "+" if value else "-",
    int: lambda value: f"i{value};",
    Decimal: lambda value: f"d{plain(value)};",
    # The same keys come back in every list of a picture.
    ReportKey: lru_cache(maxsize=4096)(_sequence),
}
