"""Is it plain data that a database can hold? One walk over what was sent, before anything is made of it.

No recursion, so that nesting cannot exhaust the stack.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from actors.wording import shown
from shipments.intake.draft import Problem

MAX_DEPTH = 32
MAX_DIGITS = 40


def pointer_of(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) to where ``parts`` lead; empty for the whole document."""
    return "".join(f"/{_escaped(str(part))}" for part in parts)


def _escaped(part: str) -> str:
    # A pointer goes out in an answer, so it is cut and cleaned as any echoed value is.
    return shown(part).replace("~", "~0").replace("/", "~1")


def plain_problems(data: object) -> list[Problem]:
    """Everything that cannot be kept as it was sent: NUL, lone surrogates, depth, long or inexact numbers."""
    return list(_walk(data))


def _walk(data: object) -> Iterator[Problem]:
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > MAX_DEPTH:
            detail = f"Nested deeper than {MAX_DEPTH} levels."
            yield Problem(code="too_deep", pointer=pointer_of(*path[:4]), detail=detail)
            return
        if isinstance(value, dict):
            for name in value:
                yield from _text_problems((*path, str(name)), str(name), what="The name of a field")
            waiting.extend(((*path, str(name)), each) for name, each in reversed(value.items()))
        elif isinstance(value, list | tuple):
            waiting.extend(((*path, n), each) for n, each in reversed(list(enumerate(value))))
        else:
            yield from _leaf_problems(path, value)


def _leaf_problems(path: tuple[str | int, ...], value: object) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from _text_problems(path, value, what="The text")
    elif isinstance(value, bool) or value is None or isinstance(value, date):
        pass
    elif isinstance(value, int):
        if value.bit_length() > 4 * MAX_DIGITS or len(str(abs(value))) > MAX_DIGITS:
            detail = f"A number has at most {MAX_DIGITS} digits."
            yield Problem(code="number_too_long", pointer=pointer_of(*path), detail=detail)
    elif isinstance(value, Decimal | float):
        if not Decimal(value).is_finite():
            detail = "Not a number that JSON has; leave the field out where the value is not known."
            yield Problem(code="invalid_number", pointer=pointer_of(*path), detail=detail)
        elif isinstance(value, Decimal) and Decimal(repr(float(value))) != value:
            detail = "A number with more digits than a machine keeps. Send it as a string, so that no digit is lost."
            yield Problem(code="number_loses_digits", pointer=pointer_of(*path), detail=detail)
    else:
        detail = f"Not plain data: {shown(type(value).__name__)}."
        yield Problem(code="wrong_type", pointer=pointer_of(*path), detail=detail)


def _text_problems(path: tuple[str | int, ...], text: str, *, what: str) -> Iterator[Problem]:
    if "\x00" in text:
        yield Problem(code="null_character", pointer=pointer_of(*path), detail=f"{what} holds a NUL character.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        detail = f"{what} holds half of a surrogate pair, which is not Unicode text."
        yield Problem(code="invalid_unicode", pointer=pointer_of(*path), detail=detail)


def storable(data: Any) -> Any:
    """``data`` as JSON libraries write it: what was checked above, with exact fractions as floats."""
    if isinstance(data, dict):
        return {name: storable(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [storable(value) for value in data]
    if isinstance(data, Decimal):
        return float(data)
    return data.isoformat() if isinstance(data, date) else data
