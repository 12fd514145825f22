"""Query parameters, read strictly: an unknown, repeated or mistyped one is refused, never passed over.

A mistyped filter that is ignored returns everything, and nobody notices. What a view takes is one
serializer, which is also what the OpenAPI document says of it.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from actors.api.refusals import Fault, Refusal
from actors.wording import did_you_mean, shown

MAX_LENGTH = 200
MAX_PAGE = 100
# Parameters whose values we made ourselves, and whose length is our own.
LONG = ("cursor", "after")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)


class Whole(serializers.IntegerField):
    """A whole number in plain digits: no sign, space or underscore."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"\d{1,9}", str(data), re.ASCII):
            self.fail("invalid")
        return super().to_internal_value(data)


class TrueOrFalse(serializers.BooleanField):
    """``true`` or ``false``, nothing that is like it."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            raise serializers.ValidationError("true or false.", "invalid")
        return data == "true"


class Moment(serializers.CharField):
    """A moment of knowledge: a time with its zone, or a bare date, meaning the end of that day in UTC."""

    def to_internal_value(self, data: Any) -> Any:
        # In a query string an unescaped + is read as a space.
        said = str(data).replace(" ", "+")
        try:
            if not MOMENT.fullmatch(said) or not 1945 <= int(said[:4]) <= 9998:
                raise ValueError(said)
            if len(said) == 10:
                return datetime.combine(date.fromisoformat(said), time.max, tzinfo=UTC)
            return datetime.fromisoformat(said)
        except ValueError:
            sentence = "A date (2022-05-17) or a time with its zone (2022-05-17T09:00:00Z), from 1945 on."
            raise serializers.ValidationError(sentence, "invalid") from None


class Parameters(serializers.Serializer):
    """What a view takes in its query string; none, unless a subclass names some."""


def limit_field() -> Whole:
    """How many rows a page has."""
    return Whole(min_value=1, max_value=MAX_PAGE, default=50, help_text="Rows on a page, at most 100.")


class PageParameters(Parameters):
    """Lists come in pages; follow ``next`` until it is null."""

    limit = limit_field()
    cursor = serializers.CharField(required=False, help_text="From `next`; for this key and these filters alone.")


def read_parameters(request: Request, form: type[Parameters]) -> dict[str, Any]:
    """The checked parameters. Raises Refusal naming every fault."""
    # A plain dict: of a form, an absent checkbox would be read as false.
    serializer = form(data=request.query_params.dict())
    known = serializer.fields
    faults: list[Fault] = []
    for name, values in request.query_params.lists():
        if name not in known:
            detail = f"No such parameter: {shown(name)}.{did_you_mean(name, known)}"
            faults.append(Fault(code="unknown_parameter", parameter=shown(name), detail=detail))
        elif len(values) > 1:
            faults.append(Fault(code="repeated_parameter", parameter=name, detail="Give it once."))
        elif "\x00" in values[0]:
            faults.append(Fault(code="null_character", parameter=name, detail="The value holds a NUL character."))
        elif len(values[0]) > MAX_LENGTH and name not in LONG:
            faults.append(Fault(code="too_long", parameter=name, detail=f"At most {MAX_LENGTH} characters."))
    if not faults and not serializer.is_valid():
        faults = [_fault(name, known[name], request.query_params.get(name, "")) for name in serializer.errors]
    if faults:
        raise Refusal(faults[0].code, "The query string is not right.", faults=faults)
    return dict(serializer.validated_data)


def _fault(name: str, field: serializers.Field, said: str) -> Fault:
    if isinstance(field, serializers.ChoiceField):
        known = [str(choice) for choice in field.choices]
        detail = f"Not a word for this: {shown(said)}.{did_you_mean(said, known)} One of {', '.join(known)}."
        return Fault(code="unknown_word", parameter=name, detail=detail)
    if isinstance(field, Whole):
        detail = f"A whole number from {field.min_value} to {field.max_value}."
    elif isinstance(field, TrueOrFalse):
        detail = "true or false."
    elif isinstance(field, Moment):
        detail = "A date (2022-05-17) or a time with its zone (2022-05-17T09:00:00Z), from 1945 on."
    else:
        detail = "Not empty." if not said.strip() else "Not in the form that is asked for here."
    return Fault(code="invalid_parameter", parameter=name, detail=detail)
