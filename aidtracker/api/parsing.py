"""JSON read strictly: what two readers could understand in two ways is refused, with where it is.

    bytes ─ size ─ plain? ─> data
                     └ UTF-8 ─ depth ─> json (C) ─ duplicate keys, NaN, long numbers are marked ─ any? ─> faults
                                                                                                 └──────> data

Fractions come as Decimal, so that no digit is lost. The depth is counted before anything recurses.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework.parsers import BaseParser

from actors.api.refusals import Fault, Refusal
from shipments.intake.plain import MAX_DEPTH, MAX_DIGITS, pointer_of
from shipments.intake.plainly import read_line

MAX_MEMBERS = 1000
MAX_LINE = 256 * 1024
# Small enough that no sender waits long for it to fill, and large enough that it costs a line next to nothing.
BLOCK = 64 * 1024
# A string, or a bracket outside of strings. The string may be cut off: json says so afterwards.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[{\]}]', re.DOTALL)


class StrictJSONParser(BaseParser):
    """DRF's way in. Refuses charsets but UTF-8, encodings, and bodies over the limit or cut short."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        _check_headers(request.META)
        return read_json(read_body(stream, request.META.get("CONTENT_LENGTH")))


class NDJSONParser(BaseParser):
    """One report a line, read as it is asked for (read_lines)."""

    media_type = "application/x-ndjson"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        meta = parser_context["request"].META
        _check_headers(meta)
        declared = meta.get("CONTENT_LENGTH") or ""
        return read_lines(stream, int(declared) if declared.isdecimal() else None)


def read_lines(stream: IO[bytes], declared: int | None = None) -> Iterator[tuple[int, Any]]:
    """(number from 1, what it says) of each line that is not blank; for a line that cannot be taken, its Refusal.

    What a line says is a PlainReport where it plainly is one, else JSON's data, read strictly.

    A stream that ends before ``declared`` bytes gives one more at its end, so that nobody takes it for whole.
    """
    number = length = 0
    rest, is_passed_over = b"", False
    while block := stream.read(BLOCK):
        length += len(block)
        *lines, rest = (rest + block).split(b"\n")
        if is_passed_over:
            # What comes before the first end is still the line that was too long.
            if not lines:
                rest = b""
                continue
            lines, is_passed_over = lines[1:], False
        if len(rest) > MAX_LINE:
            lines.append(rest)
            rest, is_passed_over = b"", True
        for line in lines:
            number += 1
            if line := line.strip():
                yield number, _said(line)
    if rest:
        number += 1
        if line := rest.strip():
            yield number, _said(line)
    if declared is not None and length < declared:
        detail = f"The stream ended after {length:,} of {declared:,} bytes. What was answered before this is stored."
        yield number + 1, Refusal("truncated_body", detail)


def _said(line: bytes) -> Any:
    try:
        if len(line) > MAX_LINE:
            raise Refusal("too_large", f"A line has at most {MAX_LINE:,} bytes.", status=413)
        return read_line(line) or read_json(line)
    except Refusal as refusal:
        return refusal


def _check_headers(meta: Mapping[str, str]) -> None:
    charset = re.search(r"charset\s*=\s*\"?([^\";\s]*)", meta.get("CONTENT_TYPE", ""), re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise Refusal("unsupported_charset", "JSON is UTF-8; leave the charset out.", status=415)
    if meta.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        raise Refusal("unsupported_encoding", "Send the body as it is, without Content-Encoding.", status=415)


def read_body(stream: IO[bytes], declared: str | None) -> bytes:
    """The whole body. Refuses one over the limit (413) or shorter than it says it is (400)."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    length = int(declared) if declared and declared.isdecimal() else None
    body = b"" if length and length > limit else stream.read(limit + 1)
    if len(body) > limit or (length or 0) > limit:
        raise Refusal("too_large", f"A body has at most {limit:,} bytes; send several.", status=413)
    if length is not None and len(body) < length:
        raise Refusal("truncated_body", "The body ended before its Content-Length. Nothing was stored.")
    return body


def read_json(body: bytes) -> Any:
    """The data that ``body`` states. Raises Refusal naming every fault with its place."""
    try:
        return _read_plain(body)
    except _Doubt:
        return _read_strictly(body)


def _read_plain(body: bytes) -> Any:
    """JSON that has nothing of what is looked for below, read by a compiled parser. Raises _Doubt for any other.

    A name given twice is noticed by counting: where no space stands before a colon, each name's end is
    a quote and a colon. There may be more of these (inside strings), never fewer than there are names.
    """
    if b" :" in body or b"\t:" in body or b"\n:" in body or b"\r:" in body:
        raise _Doubt
    try:
        data = PLAIN.decode(body)
        if body.count(b'":') != _count_names(data, 1):
            raise _Doubt
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Doubt from error
    return data


def _count_names(data: Any, depth: int) -> int:
    """How many names the objects in ``data`` have. Raises _Doubt for what is deep, large or long."""
    kind, names, inner = type(data), 0, data
    if kind is dict:
        names, inner = len(data), data.values()
    elif kind is not list:
        inner = (data,)
    if depth > MAX_DEPTH or names > MAX_MEMBERS:
        raise _Doubt
    for value in inner:
        kind = type(value)
        if kind is dict or kind is list:
            names += _count_names(value, depth + 1)
        elif kind is int and not -SAFE < value < SAFE:
            raise _Doubt
    return names


def _no_fraction(digits: str) -> Any:
    raise _Doubt(digits)


class _Doubt(ValueError):
    """Not plain enough to be read at once."""


SAFE = 10**18
PLAIN = msgspec.json.Decoder(float_hook=_no_fraction)


def _read_strictly(body: bytes) -> Any:
    text = _decode(body)
    _check_depth(body)
    marks = _Marks()
    try:
        data = json.loads(
            text,
            object_pairs_hook=marks.members,
            parse_int=marks.whole,
            parse_float=marks.fraction,
            parse_constant=marks.constant,
        )
    except json.JSONDecodeError as error:
        offset = len(text[: error.pos].encode())
        raise _not_json(f"{error.msg.removesuffix(' at')} at byte {offset}.") from None
    faults = list(_faults(data)) if marks.any else []
    if faults:
        raise Refusal(faults[0].code, "The JSON cannot be taken as it is.", faults=faults)
    return data


def _decode(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise _not_json("A byte order mark at byte 0; leave it out.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_json(f"Not UTF-8 at byte {error.start}.") from None


def _not_json(sentence: str) -> Refusal:
    return Refusal("invalid_json", sentence, faults=[Fault(code="invalid_json", pointer="", detail=sentence)])


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in TOKEN.finditer(body):
        first = body[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                detail = f"Nested deeper than {MAX_DEPTH} levels at byte {token.start()}."
                raise Refusal("too_deep", detail, faults=[Fault(code="too_deep", pointer="", detail=detail)])
        elif first in b"]}":
            depth -= 1


class _Marked:
    """Stands in the data where something cannot be taken, until its place is known."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


class _Object(dict[str, Any]):
    """An object with a fault of its own: names given twice, or too many members."""

    def __init__(self, members: Any, *, repeated: list[str], count: int) -> None:
        super().__init__(members)
        self.repeated = repeated
        self.count = count


class _Marks:
    """json's hooks; ``any`` tells whether the data has to be searched for marks."""

    def __init__(self) -> None:
        self.any = False

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs) <= MAX_MEMBERS:
            return found
        self.any = True
        seen: set[str] = set()
        repeated = [name for name, _ in pairs if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        return _Object(found, repeated=repeated, count=len(pairs))

    def whole(self, digits: str) -> Any:
        return self._too_long() if len(digits.lstrip("-")) > MAX_DIGITS else int(digits)

    def fraction(self, digits: str) -> Any:
        if len(digits) > MAX_DIGITS + 8:
            return self._too_long()
        number = Decimal(digits)
        return number if abs(number.adjusted()) <= MAX_DIGITS else self._too_long()

    def constant(self, word: str) -> Any:
        return self._mark("invalid_number", f"{word} is no number in JSON; leave the field out.")

    def _too_long(self) -> _Marked:
        return self._mark("number_too_long", f"A number has at most {MAX_DIGITS} digits.")

    def _mark(self, code: str, detail: str) -> _Marked:
        self.any = True
        return _Marked(code, detail)


def _faults(data: Any) -> Iterator[Fault]:
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Marked):
            yield Fault(code=value.code, pointer=pointer_of(*path), detail=value.detail)
        elif isinstance(value, dict):
            if isinstance(value, _Object):
                yield from _object_faults(path, value)
            waiting.extend(((*path, name), each) for name, each in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend(((*path, n), each) for n, each in reversed(list(enumerate(value))))


def _object_faults(path: tuple[str | int, ...], value: _Object) -> Iterator[Fault]:
    if value.count > MAX_MEMBERS:
        detail = f"An object has at most {MAX_MEMBERS:,} members."
        yield Fault(code="too_many_members", pointer=pointer_of(*path), detail=detail)
    for name in value.repeated[:20]:
        detail = "Given more than once, so that it could be read in two ways."
        yield Fault(code="duplicate_key", pointer=pointer_of(*path, name), detail=detail)
