"""A report that is plainly right, read by a compiled form in a tenth of the time.

    data ─ compiled form ─ words printable? ─ times, values ─> the same fields as ReportIn
              └───────────────────┴─────────────────┴─────────> None: in doubt

It only ever says yes. Whatever it doubts goes the long way (report.ReportIn), which alone says what is wrong
with a report; the tests of that run with and without this module.
"""

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from pydantic import TypeAdapter

from shipments.intake.fields import is_blank
from shipments.intake.plain import plain_problems
from shipments.intake.times import Window, read_moment, read_period
from shipments.intake.values import Value

Name40 = Annotated[str, Meta(min_length=1, max_length=40)]
Name60 = Annotated[str, Meta(min_length=1, max_length=60)]
Name200 = Annotated[str, Meta(min_length=1, max_length=200)]
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
VALUE: TypeAdapter[Value] = TypeAdapter(Value)


class Target(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    source: Name60 | None = None
    event_id: Name200


class Citation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    source: Name60 | None = None
    event_id: Name200 | None = None


class Fact(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    attribute: Name60
    value: Any
    as_of: Any = None
    leg: Name60 | None = None
    line: Name60 | None = None


class PlainReport(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields of ReportIn, which says what each is for."""

    source: Name60 | None = None
    event_id: Name200 | None = None
    kind: Literal["observe", "correct", "retract"] = "observe"
    target: Target | None = None
    subject: Name200
    leg: Name60 | None = None
    line: Name60 | None = None
    place: Name200 | None = None
    code: Name60 | None = None
    code_scheme: Name40 | None = None
    flags: Annotated[dict[str, bool], Meta(max_length=50)] = {}
    facts: Annotated[list[Fact], Meta(max_length=200)] = []
    polarity: Literal["affirms", "denies"] = "affirms"
    time_class: Literal["actual", "estimated", "planned", "requested", "expected"] = "actual"
    directness: Literal["own", "second_hand", "inferred"] = "own"
    hedge: Literal["asserted", "apparent", "speculated"] = "asserted"
    credibility: Annotated[int, Meta(ge=1, le=6)] | None = None
    occurred: Any = None
    asserted_at: Any
    attributed_to: Name60 | None = None
    cites: Annotated[list[Citation], Meta(max_length=100)] = []
    document: Name200 | None = None
    marking: Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = "CLEAR"
    quote: Annotated[str, Meta(min_length=1, max_length=20_000)] | None = None
    language: Annotated[str, Meta(max_length=12)] | None = None
    raw: dict[str, Any] | None = None


def plainly_right(data: object, *, window: Window, flags: frozenset[str]) -> PlainReport | None:
    """The report that ``data`` states, with typed times and values; None where there is any doubt."""
    try:
        said = msgspec.convert(data, PlainReport)
        if not _is_plain(said, flags):
            return None
        said.asserted_at = read_moment(said.asserted_at, window)
        if said.occurred is not None:
            said.occurred = read_period(said.occurred, window)
        for fact in said.facts:
            if plain_problems(fact.value):
                return None
            fact.value = VALUE.validate_python(fact.value, context={"window": window})
            if fact.as_of is not None:
                fact.as_of = read_moment(fact.as_of, window)
    except (msgspec.ValidationError, ValueError):  # pydantic's errors are ValueErrors, as is a lone surrogate's
        return None
    return said


def _is_plain(said: PlainReport, flags: frozenset[str]) -> bool:
    names = [said.source, said.event_id, said.subject, said.leg, said.line, said.place, said.code, said.code_scheme]
    names += [said.attributed_to, said.document]
    if said.target:
        names += [said.target.source, said.target.event_id]
    for cited in said.cites:
        if cited.event_id and not cited.source:
            return False
        names += [cited.source, cited.event_id]
    for fact in said.facts:
        names += [fact.attribute, fact.leg, fact.line]
    return (
        all(_is_name(name) for name in names if name is not None)
        and flags.issuperset(said.flags)
        and (said.quote is None or _are_words(said.quote))
        and (said.language is None or LANGUAGE.fullmatch(said.language) is not None)
        and (said.raw is None or not plain_problems({"raw": said.raw}))
    )


def _is_name(text: str) -> bool:
    """Printable from end to end: no control, format or unassigned character, and no space around it."""
    return text.isprintable() and text[0] != " " and text[-1] != " " and (text.isascii() or not is_blank(text))


def _are_words(text: str) -> bool:
    """Printable line by line, and not blank."""
    return all(line.isprintable() for line in text.split("\n")) and not is_blank(text)
