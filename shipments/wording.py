"""Typed values and times in words, for every page, table and answer. Pure: JSON forms in, text out."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# UNECE Recommendation 20 codes that people read in another way.
UNITS = {"TNE": "t", "KGM": "kg", "DAY": "days", "LTR": "l", "MTQ": "m³", "H87": "pieces"}
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
QUALIFIERS = {"about": "about ", "at_least": "at least ", "up_to": "up to "}


def value_in_words(value: dict[str, Any] | None) -> str:
    """A typed value (the JSON form in intake.draft.FactDraft) as a person says it; empty for none."""
    match value:
        case None:
            return ""
        case {"text": said} | {"place": said} | {"actor": said}:
            return str(said)
        case {"code": code}:
            return str(code).replace("_", " ")
        case {"from": _, "to": _}:
            return interval_in_words(value)
        case {"low": low, "high": high}:
            unit = value.get("unit") or value.get("currency") or ""
            return amount_in_words(low, high, unit=unit, qualifier=value.get("qualifier", ""))
    return ""


def amount_in_words(low: object, high: object, *, unit: str, qualifier: str = "") -> str:
    """An interval of amounts: about 50 t; at least 691,170 people; 1,900,000 to 2,000,000 people."""
    unit = UNITS.get(unit, unit)
    if low is None and high is None:
        return "unknown"
    if low is None or high is None or low == high:
        said = QUALIFIERS.get(qualifier) or ("at most " if low is None else "at least " if high is None else "")
        return f"{said}{_number(low if low is not None else high)} {unit}".strip()
    said = QUALIFIERS["about"] if qualifier == "about" else ""
    return f"{said}{_number(low)} to {_number(high)} {unit}".strip()


def interval_in_words(at: dict[str, Any] | None) -> str:
    """A time as finely as it was said: 16 May 2022; May 2022; 16 May 2022 09:00 UTC; from when to when."""
    if at is None:
        return ""
    begin, end = (datetime.fromisoformat(at[name]).astimezone(UTC) for name in ("from", "to"))
    match at.get("precision", "instant"):
        case "day" if begin.date() == end.date():
            return f"{begin:%-d %b %Y}"
        case "day":
            # A day elsewhere touches two days in UTC; its noon lies in the day that was meant.
            return f"{begin + (end - begin) / 2:%-d %b %Y}"
        case "month":
            return f"{begin + (end - begin) / 2:%B %Y}"
        case "year":
            return f"{begin + (end - begin) / 2:%Y}"
    if end > begin and (end - begin + TICK) % DAY == timedelta():
        # Whole days, counted somewhere: the noons of the first and the last lie in the days that were meant.
        return f"{begin + DAY / 2:%-d %b} to {end - DAY / 2:%-d %b %Y}"
    if begin == end:
        return time_in_words(begin)
    if begin.date() == end.date():
        return f"{begin:%-d %b %Y %H:%M} to {end:%H:%M} UTC"
    return f"{time_in_words(begin)} to {time_in_words(end)}"


def time_in_words(moment: datetime) -> str:
    """16 May 2022 09:00 UTC."""
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M} UTC"


def as_of_in_words(as_of: str) -> str:
    """The moment that a figure holds for; midnight in UTC stands for the day."""
    moment = datetime.fromisoformat(as_of).astimezone(UTC)
    return f"{moment:%-d %b %Y}" if moment.time() == time() else time_in_words(moment)


def _number(amount: object) -> str:
    number = Decimal(str(amount))
    whole = number == number.to_integral_value()
    return f"{int(number):,}" if whole else f"{number.normalize():,f}"
