"""Moments of knowledge as people write them."""

from datetime import UTC, date, datetime, time


def known_at_of(text: str) -> datetime:
    """The moment that ``text`` names: an aware ISO 8601 time, or a bare date, meaning the end of that day in UTC.

    Raises ValueError with a sentence for anything else, a naive time included.
    """
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Give a date (2022-05-17) or a time with its zone (2022-05-17T09:00:00+09:00).") from None
    if moment.tzinfo is None:
        raise ValueError("Give the time zone, for example 2022-05-17T09:00:00Z.")
    return moment
