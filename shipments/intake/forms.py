"""How a form reads what was sent: everything wrong with it at once, each fault with its place.

data ─ plain? ─ form (pydantic, strict) ─> the form's value
          └──────────┴─> Invalid, with every problem found
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from shipments.intake.draft import Invalid
from shipments.intake.faults import Names, problems_of
from shipments.intake.plain import plain_problems
from shipments.intake.times import Window

Form = TypeVar("Form", bound=BaseModel)


def read_form(form: type[Form], data: object, *, now: datetime | None) -> Form:
    """The value that ``data`` states. Raises Invalid with every problem. ``now`` bounds times to come, if given."""
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
def names_of(form: type[BaseModel]) -> Names:
    """The names that each object of a form takes, by its path."""
    return dict(_names(form, ()))


def _names(form: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    yield path, [field.alias or name for name, field in form.model_fields.items()]
    for name, field in form.model_fields.items():
        for inner, where in _forms_in(field.annotation):
            yield from _names(inner, (*path, field.alias or name, *where))


def _forms_in(annotation: Any) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    """The forms that a field takes, each with how its path goes on."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ()
    parts = get_args(annotation)
    where = ("*",) if get_origin(annotation) is list else tuple(each.tag for each in parts if isinstance(each, Tag))
    for part in parts:
        for inner, after in _forms_in(part):
            yield inner, (*where, *after)


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
