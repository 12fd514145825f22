"""Answers without the names of sources that a reader may not know."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from actors.access import Reader
from actors.models import Source
from actors.services.arrays import IsAny
from actors.services.prepared import prepared, slot

WITHHELD = "withheld"
NAMES_SOURCES = frozenset({"origins", "denied_by", "source", "attributed_to"})


@prepared
def _known_sources(reader: Reader) -> QuerySet:
    return Source.objects.named_to(reader).order_by().filter(IsAny("code", slot("codes"))).values("code")


def withhold(shown: Any, reader: Reader, *, made_of: Any = None) -> Any:
    """``shown`` without the names of sources that the reader may not know; one query.

    ``made_of`` holds, where it is less to look through, every part that ``shown`` is made of.
    """
    said: set[str] = set()
    _note_sources(shown if made_of is None else made_of, said)
    if not said:
        return shown
    hidden = said - {code for (code,) in _known_sources(reader).tuples(reader, codes=list(said))}
    return _without(shown, hidden) if hidden else shown


def _note_sources(shown: Any, said: set[str]) -> None:
    """Add every code of a source in ``shown`` to ``said``. What is passed on as text (msgspec.Raw) names none."""
    if isinstance(shown, list):
        for value in shown:
            if type(value) in (dict, list):
                _note_sources(value, said)
    else:
        for name, value in shown.items():
            if name in NAMES_SOURCES:
                said.update([value] if isinstance(value, str) else value or ())
            elif value and type(value) in (dict, list):  # most are neither
                _note_sources(value, said)


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
