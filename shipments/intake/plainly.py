"""A report that is plainly right, read by a compiled form in a tenth of the time.

    a line ─ compiled form ─ no name twice? ─┐
    data   ─ compiled form ──────────────────┴─ words printable? ─ times, values ─> the same fields as ReportIn
                  └────────────────┴────────────────────┴────────────────┴─> None: in doubt

It only ever says yes. Whatever it doubts goes the long way (report.ReportIn), which alone says what is wrong
with a report; the tests of that run with and without this module.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from pydantic import TypeAdapter

from shipments.intake.draft import FactDraft, Pointer, ReportDraft
from shipments.intake.fields import AMOUNT, DECIMAL_DIGITS, WHOLE_DIGITS
from shipments.intake.letters import is_blank
from shipments.intake.plain import plain_problems, storable
from shipments.intake.times import Window, read_moment, read_period
from shipments.intake.values import BasisWord, QualifierWord, Value, value_json

Name30 = Annotated[str, Meta(min_length=1, max_length=30)]
Name40 = Annotated[str, Meta(min_length=1, max_length=40)]
Name60 = Annotated[str, Meta(min_length=1, max_length=60)]
Name200 = Annotated[str, Meta(min_length=1, max_length=200)]
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
VALUE: TypeAdapter[Value] = TypeAdapter(Value)


class Plain(msgspec.Struct, forbid_unknown_fields=True):
    """An object whose fields tell whether they were sent."""


class Target(Plain, kw_only=True, gc=False):
    source: Name60 | UnsetType | None = UNSET
    event_id: Name200


class Citation(Plain, kw_only=True, gc=False):
    source: Name60 | UnsetType | None = UNSET
    event_id: Name200 | UnsetType | None = UNSET


class PlainValue(Plain, kw_only=True, gc=False, rename={"since": "from", "until": "to"}):
    """A value of any form, with amounts as strings. Which form it has is told by which fields it has."""

    low: str | UnsetType | None = UNSET
    high: str | UnsetType | None = UNSET
    qualifier: QualifierWord | UnsetType | None = UNSET
    basis: BasisWord | UnsetType = UNSET
    measure: Name60 | UnsetType | None = UNSET
    unit: Name30 | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    place: str | UnsetType = UNSET
    actor: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    precision: str | UnsetType = UNSET


QUANTITY = 6  # of PlainValue's fields the first are a quantity's
OTHERS = len(PlainValue.__struct_fields__) - QUANTITY


class Fact(Plain, kw_only=True, gc=False):
    attribute: Name60
    value: PlainValue
    as_of: str | UnsetType | None = UNSET
    leg: Name60 | UnsetType | None = UNSET
    line: Name60 | UnsetType | None = UNSET


class PlainReport(Plain, kw_only=True, gc=False):
    """The fields of ReportIn, which says what each is for."""

    source: Name60 | UnsetType | None = UNSET
    event_id: Name200 | UnsetType | None = UNSET
    kind: Literal["observe", "correct", "retract"] | UnsetType = UNSET
    target: Target | UnsetType | None = UNSET
    subject: Name200
    leg: Name60 | UnsetType | None = UNSET
    line: Name60 | UnsetType | None = UNSET
    place: Name200 | UnsetType | None = UNSET
    code: Name60 | UnsetType | None = UNSET
    code_scheme: Name40 | UnsetType | None = UNSET
    flags: Annotated[dict[str, bool], Meta(max_length=50)] | UnsetType = UNSET
    facts: Annotated[list[Fact], Meta(max_length=200)] | UnsetType = UNSET
    polarity: Literal["affirms", "denies"] | UnsetType = UNSET
    time_class: Literal["actual", "estimated", "planned", "requested", "expected"] | UnsetType = UNSET
    directness: Literal["own", "second_hand", "inferred"] | UnsetType = UNSET
    hedge: Literal["asserted", "apparent", "speculated"] | UnsetType = UNSET
    credibility: Annotated[int, Meta(ge=1, le=6)] | UnsetType | None = UNSET
    occurred: str | UnsetType | None = UNSET
    asserted_at: str
    attributed_to: Name60 | UnsetType | None = UNSET
    cites: Annotated[list[Citation], Meta(max_length=100)] | UnsetType = UNSET
    document: Name200 | UnsetType | None = UNSET
    marking: Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] | UnsetType = UNSET
    quote: Annotated[str, Meta(min_length=1, max_length=20_000)] | UnsetType | None = UNSET
    language: Annotated[str, Meta(min_length=1, max_length=12)] | UnsetType | None = UNSET
    raw: dict[str, Any] | UnsetType | None = UNSET


LINE = msgspec.json.Decoder(PlainReport)
JSON = msgspec.json.Encoder()
HIDDEN_COLON = re.compile(rb"\\u003a", re.IGNORECASE)


def read_line(line: bytes) -> PlainReport | None:
    """The report that a line of JSON states; None where the line has to be read with more care.

    A name given twice is noticed by counting colons. What was read is written again, each name once. Where that has
    another number of them than the line, a name stood there twice or something was passed over. Colons that are
    written by their number are looked for before.
    """
    if b"\\" in line and HIDDEN_COLON.search(line):
        return None
    try:
        said = LINE.decode(line)
        return said if not said.raw and line.count(b":") == JSON.encode(said).count(b":") else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def data_of(said: object) -> object:
    """What was read by ``read_line``, as plain data; everything else as it is."""
    return msgspec.to_builtins(said) if isinstance(said, PlainReport) else said


def plainly_right(data: object, *, source: str, window: Window, flags: frozenset[str]) -> ReportDraft | None:
    """The report that ``data`` states (JSON's data, or a line that was read); None where there is any doubt."""
    try:
        said = data if isinstance(data, PlainReport) else msgspec.convert(data, PlainReport)
        if not (_is_plain(said, flags) and _makes_sense(said)):
            return None
        asserted_at = read_moment(said.asserted_at, window)
        if window.is_to_come(asserted_at):
            return None
        speaker, target = said.source or source, said.target
        if not speaker:
            return None
        return ReportDraft(
            source=speaker,
            subject=said.subject,
            asserted_at=asserted_at,
            event_id=said.event_id or "",
            kind=said.kind or "observe",
            target=Pointer(source=target.source or speaker, event_id=target.event_id) if target else None,
            leg=said.leg or "",
            line=said.line or "",
            place=said.place or "",
            code=said.code or "",
            code_scheme=said.code_scheme or "aidtracker",
            flags=said.flags or {},
            facts=tuple([_fact(fact, window) for fact in said.facts]) if said.facts else (),
            polarity=said.polarity or "affirms",
            time_class=said.time_class or "actual",
            directness=said.directness or "own",
            hedge=said.hedge or "asserted",
            credibility=said.credibility or None,
            occurred=read_period(said.occurred, window) if isinstance(said.occurred, str) else None,
            attributed_to=said.attributed_to or "",
            cites=tuple([_pointer(cited) for cited in said.cites]) if said.cites else (),
            document=said.document or "",
            marking=said.marking or "CLEAR",
            quote=said.quote or "",
            language=said.language or "",
            raw=storable(said.raw) if isinstance(said.raw, dict) else None,
        )
    except (msgspec.ValidationError, ValueError):  # pydantic's errors are ValueErrors, as is a lone surrogate's
        return None


def _makes_sense(said: PlainReport) -> bool:
    """Whether it says something, and one thing alone."""
    if said.code_scheme and not said.code:
        return False
    content = bool(said.code or said.flags or said.facts)
    kind = said.kind or "observe"
    return bool(said.target) == (kind != "observe") and content == (kind != "retract")


def _pointer(cited: Citation) -> Pointer:
    return Pointer(source=cited.source or "", event_id=cited.event_id or "")


def _fact(said: Fact, window: Window) -> FactDraft:
    value = _quantity(said.value) if said.value.unit else None
    if value is None:
        data = msgspec.to_builtins(said.value)
        if plain_problems(data):
            raise ValueError(data)
        value = value_json(VALUE.validate_python(data, context={"window": window}))
    as_of = read_moment(said.as_of, window) if isinstance(said.as_of, str) else None
    return FactDraft(attribute=said.attribute, value=value, as_of=as_of, leg=said.leg or "", line=said.line or "")


def _quantity(said: PlainValue) -> dict[str, Any] | None:
    """The JSON form of a plain quantity, as QuantityValue and value_json give it; None where in doubt."""
    if msgspec.structs.astuple(said)[QUANTITY:].count(UNSET) != OTHERS:
        return None
    low, high = (each if isinstance(each, str) else None for each in (said.low, said.high))
    if not all(each is None or _is_amount(each) for each in (low, high)) or not (low or high):
        return None
    if low == high:
        qualifier = "exact"
    elif low is None or high is None:
        qualifier = "up_to" if low is None else "at_least"
    elif Decimal(low) < Decimal(high):
        qualifier = "range"
    else:
        return None
    if said.qualifier == "exact" != qualifier:
        return None
    value = {"low": low, "high": high, "qualifier": said.qualifier or qualifier, "unit": said.unit}
    value |= {"basis": said.basis or "reported"}
    return value | {"measure": said.measure} if said.measure else value


def _is_amount(said: str) -> bool:
    matched = AMOUNT.fullmatch(said)
    return matched is not None and len(matched[1]) <= WHOLE_DIGITS and len(matched[2] or "") <= DECIMAL_DIGITS


def _is_plain(said: PlainReport, flags: frozenset[str]) -> bool:
    names = [said.source, said.event_id, said.subject, said.leg, said.line, said.place, said.code, said.code_scheme]
    names += [said.attributed_to, said.document]
    if said.target:
        names += [said.target.source, said.target.event_id]
    for cited in said.cites or ():
        if cited.event_id and not cited.source:
            return False
        names += [cited.source, cited.event_id]
    for fact in said.facts or ():
        names += [fact.attribute, fact.leg, fact.line, fact.value.unit, fact.value.measure]
    return (
        _are_names([name for name in names if name])
        and (not said.flags or flags.issuperset(said.flags))
        and (not said.quote or _are_words(said.quote))
        and (not said.language or LANGUAGE.fullmatch(said.language) is not None)
        and (not said.raw or not plain_problems({"raw": said.raw}))
    )


def _are_names(names: list[str]) -> bool:
    """Printable from end to end: no control, format or unassigned character, and no space around any."""
    # All at once where they are plain ASCII; a bar that is part of a name costs the second look alone.
    joined = f"|{'|'.join(names)}|"
    return (joined.isascii() and joined.isprintable() and "| " not in joined and " |" not in joined) or all(
        map(_is_name, names)
    )


def _is_name(text: str) -> bool:
    return text.isprintable() and text[0] != " " and text[-1] != " " and (text.isascii() or not is_blank(text))


def _are_words(text: str) -> bool:
    """Printable line by line, and not blank."""
    return all(line.isprintable() for line in text.split("\n")) and not is_blank(text)
