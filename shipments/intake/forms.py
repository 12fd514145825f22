"""How a form reads what was sent: everything wrong with it at once, each fault with its place.

data ─ plain? ─ form (pydantic, strict) ─> the form's value
          └──────────┴─> Invalid, with every problem found
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from shipments.intake.draft import Invalid
from shipments.intake.faults import problems_of
from shipments.intake.plain import plain_problems
from shipments.intake.times import Window

Form = TypeVar("Form", bound=BaseModel)


def read_form(form: type[Form], data: object, *, now: datetime) -> Form:
    """The value that ``data`` states. Raises Invalid with every problem found. ``now`` bounds times to come."""
    inexact = plain_problems(data)
    if any(problem.code != "number_loses_digits" for problem in inexact):
        raise Invalid(inexact)
    try:
        said = form.model_validate(data, context={"window": Window(now=now)})
    except ValidationError as error:
        # A field that takes no such number says so in words of its own, and better.
        raise Invalid(problems_of(error.errors(include_url=False), names_of(form))) from None
    if inexact:
        raise Invalid(inexact)
    return said


def said_of(value: BaseModel) -> dict[str, Any]:
    """What a form's value states, as JSON in one form for one meaning: times in UTC, nothing that is null."""
    said: dict[str, Any] = _plain(value.model_dump(exclude_none=True, by_alias=True))
    return said


@cache
def names_of(form: type[BaseModel]) -> dict[tuple[str, ...], list[str]]:
    """The names that each object of a form takes, by its path; a place in a list is ``*``."""
    return dict(_names(form, ()))


def _names(form: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    yield path, [field.alias or name for name, field in form.model_fields.items()]
    for name, field in form.model_fields.items():
        for inner, is_list in _forms_in(field.annotation, is_list=False):
            yield from _names(inner, (*path, field.alias or name, *(["*"] if is_list else [])))


def _forms_in(annotation: Any, *, is_list: bool) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, is_list
    for part in get_args(annotation):
        yield from _forms_in(part, is_list=is_list or getattr(annotation, "__origin__", None) is list)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    # Coordinates: five decimals, which a float holds.
    return float(value) if isinstance(value, Decimal) else value
