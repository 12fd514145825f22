"""Times as every answer writes them: in UTC, ending in Z, however they were sent or are stored."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

STORED = "+00:00"


def instant(moment: datetime) -> str:
    """A time: 2022-05-17T09:00:00Z."""
    return in_utc(moment.astimezone(UTC).isoformat())


def in_utc(said: str) -> str:
    """The same of a time as a text in any zone."""
    # Nearly all are stored in UTC, and a page of pictures holds thousands: those are not taken apart.
    return said[:-6] + "Z" if said.endswith(STORED) else instant(datetime.fromisoformat(said))


def period(at: Mapping[str, Any]) -> dict[str, Any]:
    """From its first to its last moment, with what else there is of it."""
    return {**at, "from": in_utc(at["from"]), "to": in_utc(at["to"])}


def timed(value: Any) -> Any:
    """A typed value with its times in that form: a time itself, or since when something is so."""
    if not isinstance(value, Mapping):
        return value
    if "from" in value:
        return period(value)
    return {**value, "since": period(value["since"])} if "since" in value else value


def step(said: Mapping[str, Any]) -> dict[str, Any]:
    """What has a time, a value or both: a step, what was planned, an alternative."""
    shown = {**said, "at": period(said["at"])} if said["at"] else dict(said)
    if shown.get("value"):
        shown["value"] = timed(shown["value"])
    return shown


def put_in_utc(said: dict[str, Any]) -> None:
    """Make of ``said`` what ``step`` would give. For what is nobody else's, as it was just read."""
    if at := said["at"]:
        at["from"], at["to"] = in_utc(at["from"]), in_utc(at["to"])
    if value := said.get("value"):
        said["value"] = timed(value)
