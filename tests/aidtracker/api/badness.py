"""What may be wrong with each type of value (RELIABILITY's table of API bodies), and where a schema has such values.

A case is a name and the JSON text that stands where the value should be: text, since some of them are no JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Cases = dict[str, str]


def told(**said: Any) -> Cases:
    return {name: json.dumps(value) for name, value in said.items()}


DEEP = {"nested 900": "[" * 900 + "]" * 900, "nested 1500": "[" * 1500 + "]" * 1500, "nested 100000": "[" * 100_000}
NO_NUMBERS = {"NaN": "NaN", "-Infinity": "-Infinity", "5000 digits": "9" * 5000, "1e400": "1e400"}
ANYWHERE = {**DEEP, **NO_NUMBERS, "4299 digits": "1" * 4299}
NO_TEXT = told(number=5, fraction=1.5, true=True, list=[], object={}, long=10**39)
TEXT: Cases = {
    **ANYWHERE,
    **NO_TEXT,
    **told(nul="a\x00b", surrogate="\ud800", low_surrogate="x\udc00", half_pair="\ud83d"),
    **told(zero_width="\u200b\u200d", overridden="\u202e\u202c", bom="\ufeff", space=" ", filler="\u3164"),
    **told(braille="\u2800", selectors="\ufe0f\ufe0f", tags="\U000e0041", tab="\t\n", delete="\x7f", empty=""),
}
# Names and codes hold no control at all; free words hold line ends, and lose what turns a line round.
NAME = told(turned="a\u202eb", hidden="a\u200bb", bell="a\x07b", line="a\nb", before=" a", after="a ")
AMOUNT: Cases = {
    **ANYWHERE,
    **told(nul="1\x00", surrogate="\ud800", empty="", space=" 1", plus="+1", minus="-1", negative_zero="-0"),
    **told(underscore="1_000", exponent="1e2", comma="1,000.00", nan="NaN", snan="sNaN", infinite="Infinity"),
    **told(huge="1E+30", huger="1e999999999", zeros="007", wide="１", arabic="٣", hex="0x1", long="9" * 19),
    **told(fine="1.1234567", true=True, list=[], object={}, words="many", fraction=0.5),
    "lossy": "123456789012345678.12",
    "artefact": "0.30000000000000004",
    "below zero": "-1",
}
MONEY = {**AMOUNT, **told(whole=5)}
TIMES = told(
    naive="2024-03-31T02:30:00",
    no_year="0000-01-01T00:00:00Z",
    leap="2016-12-31T23:59:60Z",
    far_zone="2022-05-16T09:00:00+24:00",
    no_day="2022-02-30T09:00:00Z",
    last="9999-12-31T23:59:59-14:00",
    first="0001-01-01T00:00:00+14:00",
    week="2024-W01-1",
    old="1066-10-14T09:00:00Z",
    late="2999-01-01T00:00:00Z",
    arabic="٢٠٢٢-٠٥-١٦T09:00:00Z",
    nanoseconds="2022-05-16T09:00:00.1234567Z",
    epoch="1652691600",
    words="yesterday",
    nul="2022-05-16\x00",
    empty="",
    spaced=" 2022-05-16T09:00:00Z",
)
MOMENT: Cases = {**ANYWHERE, **NO_TEXT, **TIMES, **told(day="2022-05-16", month="2022-05", space="2022-05-16 09:00Z")}
PERIOD: Cases = {**ANYWHERE, **told(number=5, true=True, list=[]), **TIMES}
DAY: Cases = {
    **ANYWHERE,
    **NO_TEXT,
    **told(moment="2022-05-16T09:00:00Z", month="2022-05", short="2022-5-1", plain="20220516", no_day="2022-02-30"),
    **told(week="2022-W20-1", old="1066-10-14", late="2999-01-01", arabic="٢٠٢٢-٠٥-١٦", nul="2022-05-16\x00", empty=""),
}
WHOLE: Cases = {
    **ANYWHERE,
    **told(text="1", true=True, list=[], object={}, minus=-1, two31=2**31, two63=2**63, long=10**39, none=0),
    "fraction": "1.5",
}
NUMBER: Cases = {
    **ANYWHERE,
    **told(text="1", true=True, list=[], object={}, far=181, below=-181, fine=1.1234567),
}
TRUTH: Cases = {**ANYWHERE, **told(yes="yes", false="False", none=0, one=1, list=[], null=None)}
LIST: Cases = {**NO_NUMBERS, **told(object={}, text="x", number=5, true=True, of_null=[None], of_number=[5])}
OBJECT: Cases = {**ANYWHERE, **told(text="x", number=5, true=True, list=[], list_of=[{}])}
URL = told(
    script="javascript:alert(1)", file="file:///etc/passwd", data="data:text/html,x", login="https://u:p@example.org/",
    no_host="https://", bare="example.org", spaced="https://example.org/a b", unicode="https://exämple.org/",
    back="https://a.example\\@b.example", shouted="HTTPS://example.org/", quote='https://example.org/"><script>',
)  # fmt: skip
CURRENCY = told(none="XXX", lower="usd", sign="€", retired="DEM", metal="XAU", long="USDT")


@dataclass(frozen=True, kw_only=True)
class Field:
    """A place in a body where a value of one type stands."""

    path: tuple[str | int, ...]
    schema: dict[str, Any]
    is_required: bool

    @property
    def pointer(self) -> str:
        return "".join(f"/{part}" for part in self.path)

    def cases(self, *, is_change: bool) -> Cases:
        """Everything that is wrong here."""
        found = dict(self._of_type())
        if self.is_required or (not is_change and self.schema.get("type") in ("array", "boolean")):
            found["null"] = "null"
        return found

    def _of_type(self) -> Cases:
        schema, kind = self.schema, self.schema.get("type")
        if kind == "integer":
            return {name: text for name, text in WHOLE.items() if name != "none" or schema.get("minimum") != 0}
        if kind == "number":
            return NUMBER
        if kind == "boolean":
            return TRUTH
        if kind == "array":
            most = schema.get("maxItems")
            return LIST | ({"too many": json.dumps([{}] * (most + 1))} if most else {})
        if kind == "object":
            return {**NO_NUMBERS, **DEEP} if "properties" not in schema and "x-free" in schema else OBJECT
        return self._of_text()

    def _of_text(self) -> Cases:
        schema, name = self.schema, self.path[-1]
        form, pattern = schema.get("format"), schema.get("pattern", "")
        if "month or year alone" in schema.get("description", ""):
            return PERIOD
        if form == "date-time":
            return MOMENT
        if form == "date":
            return DAY
        if pattern.startswith("^(0|[1-9]"):
            return MONEY if self.is_money else AMOUNT
        if "enum" in schema or "const" in schema:
            known = schema.get("enum") or [schema["const"]]
            other = {f"as {word}": json.dumps(word) for each in known for word in (each.swapcase(), f"{each} ")}
            return {**TEXT, **other, **told(bogus="bogus")}
        cases = dict(TEXT)
        if form == "uri":
            cases |= URL
        if name == "currency":
            cases |= CURRENCY
        if most := schema.get("maxLength"):
            cases |= told(too_long="x" * (most + 1), too_long_astral="𝒳" * (most + 1))
        return cases | (NAME if (schema.get("maxLength") or 999) <= 300 else {})

    @property
    def is_money(self) -> bool:
        return self.path[-1] == "amount" or "x-money" in self.schema


def fields_of(
    schema: dict[str, Any],
    value: Any,
    schemas: dict[str, Any],
    path: tuple[str | int, ...] = (),
    is_required: bool = True,
) -> Iterator[Field]:
    """Every place in a body of ``schema``; of a choice of forms, the one that ``value`` has."""
    schema = _plain(schema, value, schemas)
    if path:
        yield Field(path=path, schema=schema, is_required=is_required)
    if schema.get("type") == "object" and "properties" in schema:
        for name, inner in schema["properties"].items():
            there = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, dict) or not path:
                is_money = name in ("low", "high") and isinstance(value, dict) and "currency" in value
                inner = {**inner, "x-money": True} if is_money else inner
                yield from fields_of(inner, there, schemas, (*path, name), name in schema.get("required", ()))
    if schema.get("type") == "array" and isinstance(value, list):
        for n, each in enumerate(value[:1]):
            yield from fields_of(schema["items"], each, schemas, (*path, n))


def objects_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every object in a body."""
    if isinstance(value, dict):
        yield path
        for name, each in value.items():
            if name not in ("raw", "flags"):
                yield from objects_of(each, (*path, name))
    elif isinstance(value, list):
        for n, each in enumerate(value[:1]):
            yield from objects_of(each, (*path, n))


def _plain(schema: dict[str, Any], value: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """A schema without references and without null; of several forms the one that the value has."""
    money = {"x-money": True} if schema.get("x-money") else {}
    said = {"description": schema["description"]} if "description" in schema else {}
    while True:
        said |= {name: schema[name] for name in ("description", "maxLength") if name in schema}
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif options := [each for each in schema.get("anyOf", schema.get("oneOf", ())) if each.get("type") != "null"]:
            schema = max(options, key=lambda each: _fit(each, value, schemas))
        else:
            break
    is_free = schema.get("type") == "object" and "properties" not in schema
    return {**said, **schema, **money, **({"x-free": True} if is_free else {})}


def _fit(schema: dict[str, Any], value: Any, schemas: dict[str, Any]) -> int:
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, dict):
        return len(schema.get("properties", {}).keys() & value.keys()) * 10 - len(schema.get("required", ()))
    return int(schema.get("type") == "string")


def written(body: Any, path: tuple[str | int, ...], text: str) -> bytes:
    """``body`` as JSON with ``text`` at ``path``, whatever that is."""
    mark = "\u0001here\u0001"
    copied = json.loads(json.dumps(body))
    at = copied
    for part in path[:-1]:
        at = at[part]
    if path:
        at[path[-1]] = mark
    else:
        copied = mark
    return json.dumps(copied).replace(json.dumps(mark), text).encode()
