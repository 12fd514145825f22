"""Query parameters, read strictly: an unknown, repeated or mistyped one is refused, never passed over.

A mistyped filter that is ignored returns everything, and nobody notices. What a view takes is one
serializer, which is also what the OpenAPI document says of it. Every fault is told at once.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from actors.api.refusals import Fault, Refusal
from actors.api.selection import EVERYTHING, Selection
from actors.moments import CLOCK, DAY, SHORT_CLOCK
from actors.wording import advice, did_you_mean, one_of, shown

MAX_LENGTH = 200
MAX_FIELDS_LENGTH = 2000
MAX_PAGE = 100
MAX_TERMS = 10
# Of a list that no index knows in its order (see actors.api.pages).
LOOKED_FOR = "A page looks through a few thousand rows and may be empty: go on with `next` until it is null."
# Parameters whose values we made ourselves, and whose length is our own.
LONG = ("cursor", "after")
# What cannot be meant: controls, and what a failed conversion leaves behind.
CONTROLS = r"\u0000-\u001f\u007f-\u009f\ufffd"
SPACE = r"[ \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
TEXT = rf"^[^{CONTROLS}]*[^\s{CONTROLS}][^{CONTROLS}]*$"
WORD = rf"[^\s{CONTROLS}]"
NAME = r"[a-z0-9_]+(\.[a-z0-9_]+)*"
YEAR = "(19(4[5-9]|[5-9][0-9])|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
MOMENT = f"{YEAR}{DAY}({SHORT_CLOCK})?"
# The end of a reference; the code of a source; what a partner may call what it entered.
REFERENCE, SOURCE = "[0-9A-HJKMNP-TV-Z]{6,20}", "[-a-zA-Z0-9_]{1,60}"
OWN_NAME = rf"[^{CONTROLS}]*[^\s{CONTROLS}][^{CONTROLS}]*"
EXTERNAL_ID = "What you entered it as, or what was merged into it; finds nothing that others entered."
MOMENT_FORM = "A date (2022-05-17) or a time with its zone (2022-05-17T09:00:00Z), from 1945 on."


def _wrong(sentence: str, code: str = "invalid_parameter") -> serializers.ValidationError:
    return serializers.ValidationError(sentence, code)


class Whole(serializers.IntegerField):
    """A whole number in plain digits: no sign, space or underscore."""

    def to_internal_value(self, data: Any) -> int:
        said, least, most = str(data), self.min_value or 0, self.max_value or 0
        if not re.fullmatch(r"\d{1,9}", said, re.ASCII) or not least <= int(said) <= most:
            raise _wrong(f"A whole number from {least} to {most}.")
        return int(said)


class TrueOrFalse(serializers.BooleanField):
    """``true`` or ``false``, nothing that is like it."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            raise _wrong("true or false.")
        return bool(data == "true")


# What stands in the OpenAPI document once, each under its name.
NAMED: dict[str, dict[str, Any]] = {
    "Text": {"type": "string", "maxLength": MAX_LENGTH, "pattern": TEXT, "description": "Not blank, no controls."},
    "SearchWords": {
        "type": "string",
        "maxLength": MAX_LENGTH,
        "pattern": rf"^{SPACE}*{WORD}+({SPACE}+{WORD}+){{0,{MAX_TERMS - 1}}}{SPACE}*$",
        "description": f"At most {MAX_TERMS} words.",
    },
    "DayOrMoment": {
        "anyOf": [
            {"type": "string", "format": "date", "pattern": f"^{YEAR}{DAY}$"},
            {"type": "string", "format": "date-time", "pattern": f"^{YEAR}{DAY}{CLOCK}$"},
        ],
        "description": MOMENT_FORM,
    },
    "Between": {
        "type": "string",
        "pattern": rf"^{MOMENT}\.\.{MOMENT}$",
        "description": "Two days or moments with two dots between them, the later one last: 2022-05-16..2022-05-18.",
    },
    "FieldNames": {
        "type": "string",
        "maxLength": MAX_FIELDS_LENGTH,
        "pattern": f"^{NAME}(,{NAME})*$",
        "description": "Names of fields of the answer, those within others after a dot.",
    },
    "Cursor": {"type": "string", "pattern": "^[A-Za-z0-9._:-]+$", "description": "Only ever taken from an answer."},
}


def _described_as(name: str) -> Any:
    return extend_schema_field({"$ref": f"#/components/schemas/{name}"})


@_described_as("DayOrMoment")
class Moment(serializers.CharField):
    """A moment: a time with its zone, or a bare date, meaning the end of that day in UTC."""

    bare = time.max

    def to_internal_value(self, data: Any) -> Any:
        # In a query string an unescaped + is read as a space.
        said = str(data).replace(" ", "+")
        try:
            if not re.fullmatch(MOMENT, said):
                raise ValueError(said)
            if len(said) == 10:
                return datetime.combine(date.fromisoformat(said), self.bare, tzinfo=UTC)
            return datetime.fromisoformat(said)
        except ValueError:
            raise _wrong(MOMENT_FORM) from None


class Since(Moment):
    """The same, but that a bare date means the beginning of that day."""

    bare = time.min


@_described_as("Between")
class Span(serializers.CharField):
    """Two moments, ``2022-05-16..2022-05-18``, the later one last: a pair."""

    def to_internal_value(self, data: Any) -> Any:
        moments = [Moment().to_internal_value(said) for said in str(data).split("..")]
        if len(moments) != 2 or moments[0] >= moments[1]:
            raise _wrong("Two moments with two dots between them, the later one last: 2022-05-16..2022-05-18.")
        return tuple(moments)


@_described_as("SearchWords")
class Search(serializers.CharField):
    """Words that are all to be found, at most ten: a list."""

    def to_internal_value(self, data: Any) -> Any:
        terms = str(data).split()
        if len(terms) > MAX_TERMS:
            raise _wrong(f"At most {MAX_TERMS} words.", "too_many")
        return terms


@_described_as("FieldNames")
class Names(serializers.CharField):
    """Names of fields of the answer."""


@_described_as("Cursor")
class Cursor(serializers.CharField):
    """A place in a list, as an earlier answer told it."""


class Parameters(serializers.Serializer):
    """What a view takes in its query string; none, unless a subclass names some."""

    # Parameters that others take, and why this view does not.
    not_taken: Mapping[str, str] = {}


class ReadParameters(Parameters):
    """What every view that reads takes."""

    fields = Names(  # type: ignore[assignment]
        required=False,
        help_text="Names of fields to answer with, between commas, also within others: reference,picture.status.value. "
        "All, if left out. What is not asked for is not looked up.",
    )


class WithoutHistory(Parameters):
    """For what is told as it is now, and was kept no other way."""

    not_taken = {"known_at": "Actors and places have no history: they are told as they are now."}


class PresentParameters(WithoutHistory, ReadParameters):
    """What a view takes that reads one thing without a history."""


class Reference(serializers.CharField):
    """What a filter names by its reference, one of ``prefixes``, or with ``entered`` also as its reader entered it."""

    def __init__(self, *prefixes: str, entered: bool = False, **options: Any) -> None:
        super().__init__(required=False, **options)
        forms = rf"({'|'.join(prefixes)})-{REFERENCE}"
        self.pattern = rf"^({forms}|{SOURCE}:{OWN_NAME})$" if entered else f"^{forms}$"
        self.forms = f"a reference ({', '.join(f'{prefix}-…' for prefix in prefixes)})"
        self.forms += ", or source:external_id as you entered it" if entered else ""
        set_override(self, "field", {"type": "string", "maxLength": MAX_LENGTH, "pattern": self.pattern})

    def to_internal_value(self, data: Any) -> str:
        if not re.match(self.pattern, str(data)):
            raise _wrong(f"Not a name for this: {shown(str(data))}. It takes {self.forms}.")
        return str(data)


def limit_field() -> Whole:
    """How many rows a page has."""
    return Whole(min_value=1, max_value=MAX_PAGE, default=50, help_text="Rows on a page, at most 100.")


class PageParameters(ReadParameters):
    """Lists come in pages; follow ``next`` until it is null."""

    limit = limit_field()
    cursor = Cursor(required=False, help_text="From `next`; for the same reader, filters and order alone.")


def read_parameters(
    request: Request, form: type[Parameters], shape: type[serializers.Serializer] | None = None
) -> dict[str, Any]:
    """The checked parameters; ``fields`` as a Selection from ``shape``. Raises Refusal naming every fault."""
    asked = _form(form)
    known = {name: field for name, field in asked.fields.items() if name != "fields" or shape is not None}
    faults: dict[str, Fault] = {}
    # A plain dict: of a form, an absent checkbox would be read as false.
    said: dict[str, str] = {}
    for name, values in request.query_params.lists():
        if name in form.not_taken:
            faults[name] = Fault(code="unknown_parameter", parameter=name, detail=form.not_taken[name])
        elif (fault := _reading_fault(name, values, known)) is not None:
            faults[name] = fault
        else:
            said[name] = values[0]
    checked: dict[str, Any] = {}
    try:
        checked = asked.run_validation(said)
    except serializers.ValidationError as refused:
        for name, (error, *_) in refused.detail.items():  # type: ignore[union-attr]
            faults.setdefault(name, _fault(name, known[name], said.get(name, ""), error))
    selection = EVERYTHING
    if "fields" in said and "fields" not in faults and shape:
        selection, unknown = Selection.of(said["fields"], shape)
        if unknown:
            faults["fields"] = Fault(code="unknown_field", parameter="fields", detail=unknown)
    if faults:
        first = next(iter(faults.values()))
        detail = f"{first.parameter}: {first.detail}" if len(faults) == 1 else "The query string is not right."
        raise Refusal(first.code, detail, faults=list(faults.values()))
    return {**checked, "fields": selection}


@cache
def _form(form: type[Parameters]) -> Parameters:
    """One form for every request: its fields keep nothing of what they read."""
    return form()


def _reading_fault(name: str, values: list[str], known: Collection[str]) -> Fault | None:
    """What is wrong with a parameter before its value is looked at."""
    if name not in known:
        detail = f"No such parameter.{did_you_mean(name, known) or one_of(known)}"
        return Fault(code="unknown_parameter", parameter=shown(name), detail=detail)
    longest = MAX_FIELDS_LENGTH if name == "fields" else MAX_LENGTH
    if len(values) > 1:
        return Fault(code="repeated_parameter", parameter=name, detail="Give it once.")
    if "\x00" in values[0]:
        return Fault(code="null_character", parameter=name, detail="The value holds a NUL character.")
    if "\ufffd" in values[0]:
        return Fault(code="invalid_unicode", parameter=name, detail="The value is not UTF-8.")
    if re.search(f"[{CONTROLS}]", values[0]):
        return Fault(code="invalid_character", parameter=name, detail="The value holds a control character.")
    if len(values[0]) > longest and name not in LONG:
        return Fault(code="too_long", parameter=name, detail=f"At most {longest} characters.")
    return None


def _fault(name: str, field: serializers.Field, said: str, error: Any) -> Fault:
    if isinstance(field, serializers.ChoiceField):
        words = [str(choice) for choice in field.choices]
        detail = f"Not a word for this: {shown(said)}.{advice(said, words)}"
        return Fault(code="unknown_word", parameter=name, detail=detail)
    if error.code == "required":
        return Fault(code="missing_parameter", parameter=name, detail="This one is needed.")
    if error.code in ("invalid_parameter", "too_many"):
        return Fault(code=error.code, parameter=name, detail=str(error))
    detail = "Not empty." if not said.strip() else "Not in the form that is asked for here."
    return Fault(code="invalid_parameter", parameter=name, detail=detail)
