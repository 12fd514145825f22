"""A subscription as a partner asks for it, checked for form before anything is looked up."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from shipments.intake.draft import Invalid
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

    url: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="https://… on the public internet; no user, port or fragment in it."
    )
    event_types: list[EventType] = Field(
        min_length=1,
        max_length=6,
        description=(
            "`picture.changed` brings `picture.corrected` with it, for what this subscription was told. "
            "`subject.gone` is told whatever the crisis, donor and recipient: those are hidden by then."
        ),
    )
    description: ShortWords | None = Field(None, description="For yourselves.")
    filters: FiltersIn = FiltersIn()


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
