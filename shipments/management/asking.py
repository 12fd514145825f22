"""What commands that show what is believed have in common: as known when, and for whose eyes."""

from datetime import datetime

from django.core.management.base import CommandError, CommandParser

from actors.marking import Marking
from shipments.intake.moments import known_at_of

READERS = {"public": Marking.CLEAR, "partner": Marking.GREEN, "analyst": Marking.AMBER}


def add_known_at(parser: CommandParser) -> None:
    parser.add_argument("--known-at", dest="known_at", help="a moment (ISO 8601) or a day, to its end in UTC")


def add_reader(parser: CommandParser) -> None:
    parser.add_argument("--as", dest="reader", choices=READERS, default="analyst", help="for whose eyes")


def moment_asked(known_at: str | None) -> datetime | None:
    """The moment of ``--known-at``; None is now."""
    try:
        return known_at_of(known_at) if known_at else None
    except ValueError as error:
        raise CommandError(str(error)) from error


def in_words(moment: datetime | None) -> str:
    """The same for a heading."""
    return f"as known at {moment:%-d %B %Y, %H:%M} UTC" if moment else "as known now"
