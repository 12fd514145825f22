"""Answers without the names of sources that a reader may not know."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from actors.access import Reader
from shipments.api.named import name_all

WITHHELD = "withheld"
NAMES_SOURCES = frozenset({"origins", "denied_by", "source", "attributed_to"})


def withhold(
    shown: Any,
    reader: Reader,
    *,
    parts: Iterable[Mapping[str, Any]] | None = None,
    plans: Sequence[dict[str, Any]] = (),
) -> Any:
    """``shown`` without the names of sources that the reader may not know; one query.

    ``parts`` are all in it that may name one, where the caller has them. What ``plans`` name is named by the same
    query (see name_all).
    """
    said: set[str] = set()
    for part in parts_of(shown) if parts is None else parts:
        for name in NAMES_SOURCES:
            if value := part.get(name):
                said.update([value] if isinstance(value, str) else value)
    hidden = said - name_all(plans, reader, sources=said)
    return _without(shown, hidden) if hidden else shown


def parts_of(shown: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in ``shown``. What is passed on as text (msgspec.Raw) names no source."""
    if isinstance(shown, Mapping):
        yield shown
        shown = shown.values()
    for value in shown:
        if value and type(value) in (dict, list):  # most are neither
            yield from parts_of(value)


def _without(shown: Any, hidden: set[str]) -> Any:
    if isinstance(shown, Mapping):
        return {
            name: _named(value, hidden) if name in NAMES_SOURCES else _without(value, hidden)
            for name, value in shown.items()
        }
    return [_without(value, hidden) for value in shown] if isinstance(shown, list) else shown


def _named(said: Any, hidden: set[str]) -> Any:
    if isinstance(said, list):
        return [WITHHELD if code in hidden else code for code in said]
    return WITHHELD if said in hidden else said
