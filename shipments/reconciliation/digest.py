"""Confidence for showing, and the stable hashes of conflicts and of a whole picture (S9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from json import dumps, loads
from math import exp
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.json import Encoder

from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.picture import Alternative, Finding, LegPicture, Picture, Step
from shipments.reconciliation.values import Money, Quantity, Value, plain
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
    return sha256(_bytes(_picture(picture))).hexdigest()


def _bytes(value: object) -> bytes:
    """A canonical form in which different values never look alike: JSON in ASCII, each value object as its type and
    fields in order (which ``array_like`` and ``tag`` say of it, where it has a form of that kind by itself).
    """
    text = _encode(value)
    if text.isascii() and b"\x7f" not in text:
        return text
    return dumps(loads(text), separators=(",", ":")).encode()


_encode = Encoder().encode


class _Form:
    """What is believed of the objects of a type, as a list; ``nested`` are the forms of fields that have one."""

    def __init__(self, kind: type[Struct], **nested: Callable[[Any], object]) -> None:
        names = [name for name in kind.__struct_fields__ if name not in _TOLD]
        self.name = kind.__name__
        self.read = attrgetter(*names)
        self.nested = [(1 + names.index(name), form) for name, form in nested.items()]

    def __call__(self, one: Struct) -> list[object]:
        parts = [self.name, *self.read(one)]
        for place, form in self.nested:
            if parts[place] is not None:
                parts[place] = form(parts[place])
        return parts


def _each(form: Callable[[Any], object]) -> Callable[[Iterable[Any]], object]:
    return lambda found: [form(one) for one in found]


def _decimal(number: Decimal) -> list[object]:
    return ["decimal", plain(number)]


def _value(value: Value) -> object:
    return _AMOUNTS[type(value)](value) if type(value) in _AMOUNTS else value


_AMOUNTS: dict[type, _Form] = {kind: _Form(kind, low=_decimal, high=_decimal) for kind in (Quantity, Money)}
_alternatives = _each(_Form(Alternative, value=_value))
_steps = _each(_Form(Step))
_picture = _Form(
    Picture,
    timeline=_steps,
    legs=_each(_Form(LegPicture, timeline=_steps)),
    findings=_each(_Form(Finding, value=_value, alternatives=_alternatives)),
    alternatives=_alternatives,
)
