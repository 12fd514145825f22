"""Times as senders write them. Every one has a time zone or is a whole day, month or year in UTC.

    2022-05-16T09:00:00+09:00   an instant        2022-05-16   that day
    2022-05-16T09:00+09:00      that minute       2022-05      that month       2022   that year

TOML's own dates and times are taken as well. Seconds hold at most six decimals; no leap second.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from pydantic_core import PydanticCustomError

from actors.moments import CLOCK, DAY
from actors.wording import shown
from shipments.intake.draft import Occurred

# Aid of our kind is reported from the end of the Second World War on; a plan reaches ten years ahead.
EARLIEST_YEAR = 1945
YEARS_AHEAD = 10
TICK = timedelta(microseconds=1)
# A source's clock may be wrong by as much; what is said to have been said later is not so yet.
CLOCK_SKEW = timedelta(hours=24)

INSTANT = re.compile(r"(\d{4})-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::(\d{2})(?:\.(\d+))?)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
CALENDAR = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# A pattern can give the years a beginning; their end goes with the clock.
YEAR = "(19(4[5-9]|[5-9][0-9])|20[0-9]{2})"
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time", "pattern": f"^{YEAR}{DAY}{CLOCK}$"}
_DAY: dict[str, Any] = {"type": "string", "format": "date", "pattern": f"^{YEAR}{DAY}$"}
_WINDOW = "from 1945 to ten years from now"
NAMED: dict[str, dict[str, Any]] = {
    "Moment": {**_MOMENT, "description": f"RFC 3339, with a zone; {_WINDOW}."},
    "Day": {**_DAY, "description": f"A day in UTC; {_WINDOW}."},
    "Time": {
        "anyOf": [_MOMENT, _DAY, {"type": "string", "pattern": f"^{YEAR}(-(0[1-9]|1[0-2]))?$"}],
        "description": f"RFC 3339 with a zone, or a day, month or year alone (in UTC); {_WINDOW}.",
        "examples": ["2022-05-16T09:00:00+09:00", "2022-05-16", "2022-05"],
    },
}


class Window(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The years that a time can plausibly be in. ``now`` None: no end, for files that are older than the reader."""

    now: datetime | None = None

    def check(self, year: int, said: object) -> None:
        latest = self.now.year + YEARS_AHEAD if self.now else 9998
        if not EARLIEST_YEAR <= year <= latest:
            raise PydanticCustomError(
                "implausible_time",
                "{said} is not between {earliest} and {latest}.",
                {"said": shown(said), "earliest": EARLIEST_YEAR, "latest": latest},
            )

    def is_to_come(self, moment: datetime) -> bool:
        """Whether nobody can have said anything at ``moment`` yet."""
        return self.now is not None and moment > self.now + CLOCK_SKEW


def read_moment(said: object, window: Window) -> datetime:
    """The aware moment. Raises PydanticCustomError for a date alone, a naive time or an implausible one."""
    if isinstance(said, str) and (matched := INSTANT.fullmatch(said)):
        return _moment(said, matched, window)
    period = read_period(said, window)
    if period.precision not in ("instant", "minute"):
        raise _invalid(said, "A date and a time with a zone are needed, for example 2022-05-16T09:00:00+09:00.")
    return period.earliest


def read_period(said: object, window: Window) -> Occurred:
    """The time from its first to its last microsecond, with the precision that it was said in."""
    if not isinstance(said, str):
        if isinstance(said, datetime):
            if said.tzinfo is None:
                raise _zone(said)
            window.check(said.year, said)
            return Occurred(earliest=said, latest=said)
        if not isinstance(said, date):
            raise PydanticCustomError("string_required", "A time is a string, for example 2022-05-16T09:00:00+09:00.")
        said = said.isoformat()
    if matched := INSTANT.fullmatch(said):
        return _instant(said, matched, window)
    if matched := CALENDAR.fullmatch(said):
        window.check(int(matched[1]), said)
        return _calendar(said, *matched.groups())
    raise _invalid(said, "Write it as 2022-05-16T09:00:00+09:00, or 2022-05-16 where only the day is known.")


def read_end(said: object, window: Window) -> datetime:
    """The last microsecond of the time."""
    return read_period(said, window).latest


def _instant(said: str, matched: re.Match[str], window: Window) -> Occurred:
    moment = _moment(said, matched, window)
    if matched[2] is None:
        return Occurred(earliest=moment, latest=moment + timedelta(minutes=1) - TICK, precision="minute")
    return Occurred(earliest=moment, latest=moment)


def _moment(said: str, matched: re.Match[str], window: Window) -> datetime:
    year, _, fraction, zone = matched.groups()
    if zone is None:
        raise _zone(said)
    if fraction and len(fraction) > 6:
        raise PydanticCustomError("too_precise", "Seconds hold at most six decimals.")
    window.check(int(year), said)
    try:
        moment = datetime.fromisoformat(said.upper())
        if moment.tzinfo is not UTC:
            _check_offset(zone)
    except ValueError as error:
        raise _invalid(said, "There is no such day or time.") from error
    return moment


def _check_offset(zone: str) -> None:
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError(zone)


# Of a year's days each is said again and again.
@lru_cache(1000)
def _calendar(said: str, *parts: str | None) -> Occurred:
    year, month, day = (int(part) if part else 0 for part in parts)
    try:
        first = date(year, month or 1, day or 1)
    except ValueError as error:
        raise _invalid(said, "There is no such day.") from error
    if day:
        precision, after = "day", first + timedelta(days=1)
    elif month:
        precision, after = "month", (first + timedelta(days=31)).replace(day=1)
    else:
        precision, after = "year", date(year + 1, 1, 1)
    midnight = datetime.combine(first, time(tzinfo=UTC))
    return Occurred(earliest=midnight, latest=datetime.combine(after, time(tzinfo=UTC)) - TICK, precision=precision)


def _zone(said: object) -> PydanticCustomError:
    return PydanticCustomError(
        "timezone_required",
        "{said} has no time zone; add Z or an offset such as +09:00.",
        {"said": shown(said)},
    )


def _invalid(said: object, advice: str) -> PydanticCustomError:
    return PydanticCustomError("invalid_time", "Not a time: {said}. {advice}", {"said": shown(said), "advice": advice})
