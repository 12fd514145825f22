"""From JSON or TOML to a checked report, or to everything that is wrong with it.

    data ─ plainly right? (compiled) ────────┐
              └ plain? ─ form (pydantic, strict) ─ sense ─> ReportDraft
                  └───────────┴────────────────────┴─────> Invalid, with every problem found

Pure: whether a source, a subject or a code exists is asked later, when the draft is recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from actors.wording import advice, shown
from shipments.intake.draft import FactDraft, Invalid, Occurred, Pointer, Problem, ReportDraft
from shipments.intake.fields import (
    Beginning,
    End,
    Language,
    Moment,
    Name40,
    Name60,
    Name200,
    Period,
    Words,
    whole,
)
from shipments.intake.forms import read_form
from shipments.intake.plain import storable
from shipments.intake.plainly import data_of, plainly_right
from shipments.intake.times import Window
from shipments.intake.values import PrecisionWord, Strict, Value, in_order, value_json
from shipments.reconciliation.lifecycles import LIFECYCLES

FLAGS = frozenset(flag for lifecycle in LIFECYCLES.values() for flag in lifecycle.flag_names)


def _flag(name: str) -> str:
    if name not in FLAGS:
        raise PydanticCustomError(
            "unknown_flag",
            "No such flag: {said}.{advice}",
            {"said": shown(name), "advice": advice(name, sorted(FLAGS))},
        )
    return name


Flag = Annotated[str, AfterValidator(_flag), WithJsonSchema({"type": "string", "enum": sorted(FLAGS)})]


Credibility = Annotated[int, Field(ge=1, le=6), BeforeValidator(whole)]


class Target(Strict):
    """The report that this one corrects or retracts. Without ``source`` it is one of the same source."""

    source: Name60 | None = None
    event_id: Name200


class Citation(Strict):
    """What a report repeats: a report, a whole source, or ``{}`` where the origin is not named."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"event_id": ["source"]}})

    source: Name60 | None = None
    event_id: Name200 | None = None

    @model_validator(mode="after")
    def check_source(self) -> "Citation":
        if self.event_id and not self.source:
            raise PydanticCustomError("incomplete", "An event_id needs the source whose event it is.")
        return self


class Span(Strict):
    """A time with two ends; either may be a day, a month or a year."""

    since: Beginning = Field(alias="from")
    until: End = Field(alias="to")
    precision: PrecisionWord = "range"

    @model_validator(mode="after")
    def check_order(self) -> "Span":
        in_order(self.since, self.until, ends=("from", "to"))
        return self


class FactIn(Strict):
    """One typed value that the report states."""

    attribute: Name60 = Field(description="One of the guide's table, for example quantity.")
    value: Value
    as_of: Moment | None = Field(None, description="The moment that a figure holds for.")
    leg: Name60 | None = Field(None, description="The key of a leg, where it is of that alone.")
    line: Name60 | None = Field(None, description="The key of a line, where it is of that alone.")


class ReportIn(Strict):
    """One statement by one source about one subject at one time."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"code_scheme": ["code"]}})

    source: Name60 | None = Field(None, description="Whose statement it is. Left out: the key's own source.")
    event_id: Name200 | None = Field(
        None, description="The source's own id of this statement: what a correction or retraction will point at."
    )
    kind: Literal["observe", "correct", "retract"] = Field(
        "observe", description="`correct` says what stands instead of the target; `retract` takes it back, no more."
    )
    target: Target | None = Field(None, description="What is corrected or retracted; needed for both.")
    subject: Name200 = Field(description="Our reference, or scheme:value as somebody else knows it.")
    leg: Name60 | None = Field(None, description="The key of the leg that it is about. Left out: the whole.")
    line: Name60 | None = Field(
        None,
        description="The key of the line of a shipment that it is about; of an offer, facts name it. Left out: all.",
    )
    place: Name200 | None = Field(None, description="Where: the code of a place, for example CNSHE.")
    code: Name60 | None = Field(
        None, description="How far it got: a code of the guide's first table, or one of code_scheme."
    )
    code_scheme: Name40 | None = Field(None, description="Whose code it is; aidtracker, unless said.")
    flags: dict[Flag, bool] = Field({}, max_length=50, description="What is out of order; false once it is over.")
    facts: list[FactIn] = Field([], max_length=200, description="Typed values: how much, of what, by whom.")
    polarity: Literal["affirms", "denies"] = Field(
        "affirms", description="`denies`: the source says that what is told here is not so."
    )
    time_class: Literal["actual", "estimated", "planned", "requested", "expected"] = Field(
        "actual", description="Whether it happened, or is to. Only what is `actual` moves the status."
    )
    directness: Literal["own", "second_hand", "inferred"] = Field(
        "own", description="How the source knows: saw or did it, was told, or concludes it."
    )
    hedge: Literal["asserted", "apparent", "speculated"] = Field(
        "asserted", description="How firmly the source says it."
    )
    credibility: Credibility | None = Field(
        None, description="Admiralty credibility of this statement: 1 confirmed, 5 improbable, 6 no saying."
    )
    occurred: (
        Annotated[
            Annotated[Span, Tag("\0span")] | Annotated[Period, Tag("\0period")],
            Discriminator(lambda said: "\0span" if isinstance(said, dict | Span) else "\0period"),
        ]
        | None
    ) = Field(None, description="When it happened.")
    asserted_at: Moment = Field(description="When the source said it.")
    attributed_to: Name60 | None = Field(None, description="The source that is quoted.")
    cites: list[Citation] = Field(
        [], max_length=100, description="What it repeats. A source adds no weight to what it only passes on."
    )
    document: Name200 | None = Field(None, description="The document's reference, or its publisher's key.")
    marking: Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"] = Field(
        "CLEAR", description="TLP 2.0: who else may read it. Yourselves always may."
    )
    quote: Words | None = Field(None, description="The source's own words.")
    language: Language | None = Field(None, description="Of the quote; BCP 47.")
    raw: dict[str, Any] | None = Field(None, description="The sender's own message, kept as it is.")


def parse_report(data: object, *, source: str = "", now: datetime | None = None) -> ReportDraft:
    """The report that ``data`` states: JSON's data, or a line that was read. Raises Invalid with every problem found.

    ``source`` speaks where the report names none. ``now`` bounds how far ahead a time may lie (ten
    years); None for files that bring their own clock.
    """
    window = Window(now=now)
    plain = plainly_right(data, source=source, window=window, flags=FLAGS)
    if plain is not None:
        return plain
    said = read_form(ReportIn, data_of(data), now=now)
    problems = list(_senseless(said, source, window))
    if problems:
        raise Invalid(problems)
    return _draft(said, source)


def _senseless(said: ReportIn, source: str, window: Window) -> Iterator[Problem]:
    """What is well-formed and still says nothing, or two things at once."""
    if not (said.source or source):
        yield Problem(code="incomplete", pointer="/source", detail="Whose statement is it? This key has no source.")
    if window.is_to_come(said.asserted_at):
        detail = "Said more than a day from now. What is planned is asserted today, with a time_class."
        yield Problem(code="future_time", pointer="/asserted_at", detail=detail)
    if said.code_scheme and not said.code:
        yield Problem(code="incomplete", pointer="/code", detail="A code_scheme needs a code.")
    if said.kind == "observe" and said.target:
        detail = "Only a correction or a retraction points at a report; to repeat one, use cites."
        yield Problem(code="target_not_allowed", pointer="/target", detail=detail)
    if said.kind != "observe" and not said.target:
        yield Problem(code="incomplete", pointer="/target", detail=f"Which report does this {said.kind}?")
    content = [name for name in ("code", "flags", "facts") if getattr(said, name)]
    if said.kind == "retract":
        for name in content:
            detail = "A retraction takes back the whole report and says nothing else; to say it otherwise, correct it."
            yield Problem(code="content_not_allowed", pointer=f"/{name}", detail=detail)
    elif not content:
        yield Problem(code="says_nothing", pointer="", detail="A report has a code, flags or facts.")


def _draft(said: ReportIn, source: str) -> ReportDraft:
    speaker = said.source or source
    optional = {
        name: value
        for name in ("leg", "line", "place", "code", "code_scheme", "attributed_to", "document", "quote", "language")
        if (value := getattr(said, name)) is not None
    }
    target = said.target
    return ReportDraft(
        source=speaker,
        subject=said.subject,
        asserted_at=said.asserted_at,
        event_id=said.event_id or "",
        kind=said.kind,
        target=Pointer(source=target.source or speaker, event_id=target.event_id) if target else None,
        flags=dict(said.flags),
        facts=tuple(_fact(fact) for fact in said.facts),
        polarity=said.polarity,
        time_class=said.time_class,
        directness=said.directness,
        hedge=said.hedge,
        credibility=said.credibility,
        occurred=_occurred(said.occurred),
        cites=tuple(Pointer(source=cited.source or "", event_id=cited.event_id or "") for cited in said.cites),
        marking=said.marking,
        raw=storable(said.raw) if said.raw is not None else None,
        **optional,
    )


def _fact(said: FactIn) -> FactDraft:
    return FactDraft(
        attribute=said.attribute,
        value=value_json(said.value),
        as_of=said.as_of,
        leg=said.leg or "",
        line=said.line or "",
    )


def _occurred(said: Span | Occurred | None) -> Occurred | None:
    if isinstance(said, Span):
        return Occurred(earliest=said.since, latest=said.until, precision=said.precision)
    return said
