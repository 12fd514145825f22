"""Flows page by page: whole recipients at a time, so that no page reads more than it must."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from actors.access import Reader
from shipments.services.flows.gathering import Gathered
from shipments.services.flows.reading import Actors, Narrowing, Row, recipients_of
from shipments.services.flows.summing import Flow, Key, flows_of

# Offers and shipments that are read for one page; a recipient of more is still read whole.
AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some flows in the order of their keys, the actors in them by reference, and the key the next page begins with.

    A page may hold fewer flows than asked for, and none; it is the last one only where ``following`` is None.
    """

    flows: Sequence[Flow]
    actors: Mapping[str, Row]
    following: Key | None


def read_flows(
    reader: Reader,
    *,
    now: datetime,
    known_at: datetime | None = None,
    narrowing: Narrowing | None = None,
    group_by: Collection[str] = (),
    period: str | None = None,
    start: Key | None = None,
    limit: int = 100,
) -> Page:
    """The flows from ``start`` on that ``reader`` may know of (now, or as known at ``known_at``).

    ``period`` is a month (2022-05) or a year (2022). Silence is counted up to ``known_at``, else ``now``.
    A fixed number of queries.
    """
    narrowing = narrowing or Narrowing()
    counts = recipients_of(reader, known_at, narrowing)
    ahead = _by_reference(reader, counts, start)
    to: list[UUID] = []
    room = AT_ONCE
    while ahead and room > 0:
        _, keys = ahead.pop(0)
        to += keys
        room -= sum(counts[key] for key in keys)
    gathered = Gathered(reader, narrowing, to, known_at=known_at, now=now)
    told = [each for each in gathered.told if period is None or period in (each.month, each.year)]
    flows = [flow for flow in flows_of(told, group_by) if start is None or flow.key >= start]
    following = flows[limit].key if len(flows) > limit else Key(recipient=ahead[0][0], donors=()) if ahead else None
    return Page(flows=flows[:limit], actors=gathered.actors.named(), following=following)


def _by_reference(reader: Reader, counts: Mapping[UUID, int], start: Key | None) -> list[tuple[str, list[UUID]]]:
    """The recipients from ``start`` on, each with its keys; those whom the reader may not know are one, and first."""
    actors = Actors(reader, counts.keys())
    found: dict[str, list[UUID]] = {}
    for key in counts:
        found.setdefault(actors.reference(key), []).append(key)
    return [(name, sorted(found[name])) for name in sorted(found) if start is None or name >= start.recipient]
