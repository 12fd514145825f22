"""JSON that the database writes and answers pass on as it is: nothing on the way reads or writes it again.

PostgreSQL writes it as text (json). Building a jsonb, as Django would, costs it twice as much.
"""

from typing import Any

from django.db.models import F, Func, JSONField, Subquery, TextField, Value


class PassedOn(JSONField):
    """JSON that a prepared query gives as a msgspec.Raw of its text."""


class WrittenObject(Func):
    """A row as an object: names, and the columns or expressions that they stand for."""

    function = "JSON_BUILD_OBJECT"
    output_field = PassedOn()

    def __init__(self, **fields: Any) -> None:
        names = (
            (Value(name, TextField()), F(said) if isinstance(said, str) else said) for name, said in fields.items()
        )
        super().__init__(*(each for pair in names for each in pair))


class WrittenList(Subquery):
    """Rows of one column, named json, as an array."""

    template = "(SELECT COALESCE(JSON_AGG(found.json), '[]'::json) FROM (%(subquery)s) AS found)"
    output_field = PassedOn()


def digits(column: str) -> Func:
    """A numeric column as a decimal without idle zeros."""
    template = "%(function)s(%(expressions)s)::text"
    return Func(F(column), function="TRIM_SCALE", template=template, output_field=TextField())


def moment(column: str) -> Func:
    """A column with a time, in UTC and ending in Z."""
    return Func(
        F(column), template="REPLACE(TO_JSON(%(expressions)s) #>> '{}', '+00:00', 'Z')", output_field=TextField()
    )


def value_in_utc(column: str) -> Func:
    """A column of typed values; the ends of a time, or of since when it is so, end in Z."""
    template = (
        "CASE WHEN %(expressions)s ?| ARRAY['from', 'since'] "
        """THEN REPLACE(%(expressions)s::text, '+00:00"', 'Z"')::jsonb ELSE %(expressions)s END"""
    )
    return Func(F(column), template=template, output_field=PassedOn())
