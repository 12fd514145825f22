"""From what the models found wrong to problems a partner's engineer can act on, each with its place and code."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import ErrorDetails

from actors.wording import advice, one_of, shown
from shipments.intake.draft import Problem
from shipments.intake.plain import pointer_of

# The names that each object of a form takes, by its path: * is a place in a list, and a tag says which form of several.
Names = Mapping[tuple[str, ...], Collection[str]]

# Kept by us, never sent: naming them gets its own answer, so that nobody thinks they were taken.
READ_ONLY = frozenset(
    {"id", "reference", "version", "status", "state", "confidence", "contested", "milestone", "interested"}
    | {"received_at", "created_at", "known_from", "known_to", "content_hash", "payload_hash", "ordinal"}
    | {"partner", "partner_key", "entered_by", "subject_id", "source_id", "is_held", "is_verified"}
    | {"picture", "provisional", "merged_into", "merged_from", "identifiers"}
)

CODES = {
    "missing": "required",
    "string_type": "string_required",
    "bool_type": "boolean_required",
    "int_type": "integer_required",
    "int_from_float": "integer_required",
    "list_type": "array_required",
    "tuple_type": "array_required",
    "dict_type": "object_required",
    "model_type": "object_required",
    "model_attributes_type": "object_required",
    "literal_error": "unknown_word",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_too_short": "blank",
    "string_pattern_mismatch": "invalid_format",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "union_tag_not_found": "unknown_value_form",
    "union_tag_invalid": "unknown_value_form",
    "extra_forbidden": "unknown_field",
}

SENTENCES = {
    "required": "This field is needed.",
    "string_required": "A string is needed here.",
    "boolean_required": "true or false, as JSON has them, is needed here.",
    "integer_required": "A whole number is needed here.",
    "array_required": "A list is needed here.",
    "object_required": "An object is needed here.",
    "too_few": "At least one entry is needed.",
    "blank": "May not be empty; leave the field out instead.",
    "unknown_value_form": (
        'A value is an object with one of: "text", "code", "place", "actor", "currency" (money), '
        '"unit" (quantity), "from" and "to" (time).'
    ),
}


def problems_of(faults: Iterable[ErrorDetails], fields: Names) -> list[Problem]:
    """The faults of the models as problems; one that lies between two fields is told at both."""
    found = []
    for fault in faults:
        problem = problem_of(fault, fields)
        context = fault.get("ctx", {})
        between = [problem.pointer + pointer_of(name) for name in context.get("fields", ())]
        found += [replace(problem, pointer=pointer) for pointer in between or [problem.pointer]]
    return found


def problem_of(fault: ErrorDetails, fields: Names) -> Problem:
    """One fault of the models as a problem. ``fields`` tells which names an object at a path takes."""
    tags = [part for part in fault["loc"] if isinstance(part, str) and part.startswith("\0")]
    path = [part for part in fault["loc"] if part not in tags and part != "[key]"]
    pointer = pointer_of(*path)
    code = CODES.get(fault["type"], fault["type"])
    context: dict[str, Any] = fault.get("ctx", {})
    if code == "unknown_field":
        return _unknown_field(path, pointer, _names_at(path[:-1], tags, fields))
    if code == "unknown_word":
        said = fault["input"]
        known = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
        if isinstance(said, str):
            detail = f"Not a word for this: {shown(said)}.{advice(said, known)}"
        else:
            detail = f"A word is needed here.{one_of(known)}"
    elif code == "invalid_format":
        detail = f"Not in the form that is asked for here: {context['pattern']}"
    elif code == "too_long":
        detail = f"At most {context['max_length']} characters."
    elif code == "too_many":
        detail = f"At most {context['max_length']} entries."
    elif code == "out_of_range":
        detail = fault["msg"].removeprefix("Input should be ").capitalize() + "."
    else:
        detail = SENTENCES.get(code, fault["msg"])
    return Problem(code=code, pointer=pointer, detail=detail)


def _names_at(path: list[str | int], tags: list[str], fields: Names) -> Collection[str]:
    where = tuple("*" if isinstance(part, int) else part for part in path)
    return fields.get((*where, *tags)) or fields.get(where, ())


def _unknown_field(path: list[str | int], pointer: str, known: Collection[str]) -> Problem:
    name = str(path[-1])
    if name in READ_ONLY:
        return Problem(code="read_only_field", pointer=pointer, detail=f"{name} is worked out here, it is not sent.")
    return Problem(code="unknown_field", pointer=pointer, detail=f"No such field: {shown(name)}.{advice(name, known)}")
