"""A subscription as a partner asks for it, checked for form before anything is looked up."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from shipments.intake.draft import Invalid, Problem
from shipments.intake.faults import problem_of
from shipments.intake.fields import ShortWords, whole
from shipments.intake.plain import plain_problems
from shipments.intake.values import Strict

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[0-9A-HJKMNP-TV-Z]{6,20}$", max_length=24)]
References = Annotated[list[Reference], Field(max_length=100)]
Hours = Annotated[int, Field(ge=0, le=168), BeforeValidator(whole)]
Form = TypeVar("Form", bound=Strict)
EventType = Literal[
    "picture.changed", "subject.changed", "subject.gone", "report.recorded", "report.held", "report.bound"
]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    Field(description="https://… on the public internet; no user, port or fragment in it."),
]
EventTypes = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=6,
        description=(
            "`picture.changed` brings `picture.corrected` with it, for what this subscription was told. "
            "`subject.gone` is told whatever the crisis, donor and recipient: those are hidden by then."
        ),
    ),
]
Kind = Literal["shipment", "offer", "appeal", "contact", "inquiry", "crisis"]


class FiltersIn(Strict):
    """What the subscription is about. An empty list lets everything through; all of those given must fit."""

    kinds: list[Kind] = Field(default=[], max_length=6, description="Kinds of subject.")
    subjects: References = Field(default=[], description="References of subjects.")
    crises: References = Field(default=[], description="References of crises.")
    donors: References = Field(default=[], description="References of actors that give a shipment or make an offer.")
    recipients: References = Field(default=[], description="References of actors that a shipment or an offer is for.")


class SubscriptionIn(Strict):
    """An address that is to be told, and of what."""

    url: Url
    event_types: EventTypes
    description: ShortWords | None = Field(None, description="For yourselves.")
    filters: FiltersIn = FiltersIn()


def _of_change(schema: dict[str, Any]) -> None:
    """Take the defaults out of a change's JSON Schema: what is left out stays as it is."""
    schema["minProperties"] = 1
    for each in schema["properties"].values():
        each.pop("default", None)


class SubscriptionChange(Strict):
    """The fields to change, one at least; `filters` are replaced as a whole."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _of_change(schema))

    url: Url = ""
    event_types: EventTypes = []
    description: ShortWords | None = Field(None, description="For yourselves; null empties it.")
    filters: FiltersIn = FiltersIn()
    state: Literal["active", "disabled"] = Field("active", description="As `enable/` and `disable/` do it.")


class RotationIn(Strict):
    """How a secret is replaced."""

    overlap_hours: Hours = Field(24, description="How long the secret before signs beside the new one.")


class DisablingIn(Strict):
    """Why a subscription is disabled."""

    note: ShortWords | None = Field(None, description="For yourselves; it is shown with the subscription.")


class NothingIn(Strict):
    """No member: the address says it all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionDraft:
    """A subscription to be made. Empty filters let everything through."""

    url: str
    event_types: tuple[str, ...]
    description: str = ""
    kinds: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    crises: tuple[str, ...] = ()
    donors: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SubscriptionChanges:
    """What is to be otherwise of a subscription: its columns, and whether it is told (None: as it is)."""

    columns: dict[str, Any]
    is_active: bool | None = None


NAMES: dict[tuple[str, ...], list[str]] = {
    (): list(SubscriptionIn.model_fields),
    ("filters",): list(FiltersIn.model_fields),
}


def parse_subscription(data: object) -> SubscriptionDraft:
    """The subscription that ``data`` states. Raises Invalid with every problem found."""
    said = _read(data, SubscriptionIn, NAMES)
    filters = {name: tuple(sorted(set(each))) for name, each in said.filters.model_dump().items()}
    return SubscriptionDraft(
        url=said.url,
        event_types=tuple(sorted(set(said.event_types))),
        description=said.description or "",
        **filters,
    )


def parse_changes(data: object) -> SubscriptionChanges:
    """What ``data`` says of a subscription, and no more than that. Raises Invalid with every problem found."""
    said = _read(data, SubscriptionChange, NAMES | {(): list(SubscriptionChange.model_fields)})
    if not said.model_fields_set:
        raise Invalid([Problem(code="too_few", pointer="", detail="Name at least one field to change.")])
    is_active = said.state == "active" if "state" in said.model_fields_set else None
    columns = {name: each for name, each in said if name in said.model_fields_set - {"state", "filters"}}
    if "event_types" in columns:
        columns["event_types"] = sorted(set(said.event_types))
    if "description" in columns:
        columns["description"] = said.description or ""
    if "filters" in said.model_fields_set:
        columns |= {name: sorted(set(each)) for name, each in said.filters}
    return SubscriptionChanges(columns=columns, is_active=is_active)


def parse_action(data: object, form: type[Form]) -> Form:
    """What ``data`` says of something to be done to a subscription. Raises Invalid with every problem found."""
    return _read(data, form, {(): list(form.model_fields)})


def _read(data: object, form: type[Form], names: dict[tuple[str, ...], list[str]]) -> Form:
    problems = plain_problems(data)
    if problems:
        raise Invalid(problems)
    try:
        return form.model_validate(data)
    except ValidationError as error:
        raise Invalid([problem_of(fault, names) for fault in error.errors(include_url=False)]) from None
