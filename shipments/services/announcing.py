"""Events of the outbox in bulk: what readers may be told, written in the transaction that makes it true."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from actors.identifiers import new_key
from shipments.models import OutboxEvent
from shipments.services.inserting import copy_in

JSON = msgspec.json.Encoder()
COLUMNS = ("uid", "type", "subject_id", "marking", "actor_id", "body")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event that readers of ``marking`` may be told, and ``actor_id`` whatever their clearance."""

    type: str
    subject_id: UUID | None
    marking: int
    body: dict[str, Any]
    actor_id: UUID | None = None


def add_events(events: Iterable[Event]) -> None:
    """Write ``events`` in order; the relay numbers them once they are committed."""
    if rows := rows_of(events):
        copy_in(OutboxEvent._meta.db_table, COLUMNS, rows)


def rows_of(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    """The values of COLUMNS for each."""
    return [
        (new_key(), str(each.type), each.subject_id, int(each.marking), each.actor_id, JSON.encode(each.body).decode())
        for each in events
    ]
