"""What is told of one offer or shipment as far as flows are concerned. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shipments.services.flows.amounts import Amount
from shipments.services.flows.ladder import Reached

# The standing of what no accepted status says anything of.
UNCONFIRMED = "unconfirmed"
DAY = timedelta(days=1)
# After all of whom it is told since when they wait.
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one line (or the whole, where no lines are told) is of. ``donors`` are references; several: jointly.

    ``names`` are its category and its name. ``received`` is what receivers counted, where they did.
    ``is_covered``: its amount is in another part, the total of the whole.
    """

    donors: tuple[str, ...] = ()
    item: str = ""
    names: tuple[str, ...] = ()
    amounts: tuple[Amount, ...] = ()
    received: tuple[Amount, ...] | None = None
    is_covered: bool = False

    def is_of(self, item: str) -> bool:
        """Whether that is a part of its category or of its name."""
        return any(item.lower() in name.lower() for name in self.names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """How long, in whole days; ``most`` is None where it is not known when it began."""

    least: int
    most: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An offer that nobody answered, and between which times it was made.

    ``since`` is the later one, or when it was told of, where nobody says when it was made (``earliest`` is None).
    ``is_said``: somebody says that there was no answer; else only nobody tells of one.
    """

    offer: str
    earliest: datetime | None
    since: datetime | None
    is_said: bool
    is_contested: bool

    def days(self, moment: datetime) -> Days:
        """How long it waited by then."""
        return days_between((self.earliest, self.since or moment), (moment, moment))

    @property
    def turn(self) -> tuple[datetime, str]:
        """By which the longest wait comes first."""
        return self.since or LAST, self.offer


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One offer or shipment as far as flows are concerned.

    ``open_low`` names the rungs that some unknown part of it reached. ``whole`` is what it is a part
    delivery of.
    """

    pk: UUID
    kind: str
    recipient: str = ""
    crisis: str = ""
    month: str = ""
    year: str = ""
    status: str = UNCONFIRMED
    is_contested: bool = False
    reached: Mapping[str, Reached] = field(default_factory=dict)
    parts: tuple[Part, ...] = (Part(),)
    open_low: Collection[str] = ()
    whole: UUID | None = None
    waiting: Waiting | None = None
    is_answered: bool = False
    answered_in: Days | None = None


def days_between(begin: tuple[datetime | None, datetime], end: tuple[datetime, datetime]) -> Days:
    """How many whole days lie between two times, at least and at most."""
    least = max((end[0] - begin[1]) // DAY, 0)
    return Days(least=least, most=None if begin[0] is None else max((end[1] - begin[0]) // DAY, 0))
