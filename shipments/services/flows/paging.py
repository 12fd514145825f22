"""Flows page by page: whole recipients at a time, so that no page reads more than it must.

From what is kept (see ``kept``), or subject by subject where that does not do: both tell the same.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from actors.access import Reader
from shipments.services.errors import TooMuchToRead
from shipments.services.flows.gathering import Gathered
from shipments.services.flows.kept import kept_for
from shipments.services.flows.late import Late
from shipments.services.flows.reading import Among, Narrowing, Row, recipients_of
from shipments.services.flows.rows import Actors
from shipments.services.flows.summing import Flow, Key, added_up, shares_of
from shipments.services.snapshots import snapshot

# Offers and shipments, or totals, that are read for one page; a recipient of more is still read whole.
AT_ONCE = 2000
# So many are read one by one for a page, which takes three seconds and 120 MB.
MOST_READ = 10_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some flows in the order of their keys, the actors in them by reference, and the key the next page begins with.

    Offers have waited up to ``moment``.
    A page may hold fewer flows than asked for, and none; it is the last one only where ``following`` is None.
    Of all that is not ``late`` it tells what is so at this moment.
    """

    flows: Sequence[Flow]
    actors: Mapping[str, Row]
    following: Key | None
    moment: datetime
    late: Late | None = None


def read_flows(
    reader: Reader,
    *,
    now: datetime,
    known_at: datetime | None = None,
    narrowing: Narrowing | None = None,
    group_by: Collection[str] = (),
    start: Key | None = None,
    limit: int = 100,
) -> Page:
    """The flows from ``start`` on that ``reader`` may know of (now, or as known at ``known_at``).

    Silence is counted up to ``known_at``, else ``now``. A fixed number of queries. Raises TooMuchToRead.
    """
    narrowing = narrowing or Narrowing()
    with snapshot():
        kept = kept_for(reader, narrowing, group_by) if known_at is None else None
        source = kept or _BySubject(reader, narrowing, group_by, known_at=known_at)
        found, ahead = source.flows(start.recipient if start else "", at_once=AT_ONCE)
        flows = [flow for flow in found if start is None or flow.key >= start]
        following = flows[limit].key if len(flows) > limit else Key(recipient=ahead, donors=()) if ahead else None
        return Page(
            flows=flows[:limit],
            actors=source.actors(flows[:limit]),
            following=following,
            moment=known_at or now,
            late=source.late(),
        )


class _BySubject:
    """Flows added up of every offer and shipment that is asked for."""

    def __init__(
        self,
        reader: Reader,
        narrowing: Narrowing,
        group_by: Collection[str],
        *,
        known_at: datetime | None,
    ) -> None:
        self._reader, self._narrowing, self._group_by, self._known_at = reader, narrowing, group_by, known_at

    def flows(self, first: str, *, at_once: int) -> tuple[list[Flow], str | None]:
        """The flows to some recipients from ``first`` on, and the recipient after those.

        Of one whole recipient after the other, until ``at_once`` offers and shipments are read.
        """
        counts, keys = self._recipients()
        ahead = sorted(name for name in counts if name >= first)
        to: list[str] = []
        read = 0
        while ahead and read < at_once:
            to.append(ahead.pop(0))
            read += counts[to[-1]]
        if read > MOST_READ:
            raise TooMuchToRead(
                f"More than {MOST_READ:,} offers and shipments would be read. Name a donor, a recipient or a crisis.",
                is_passing=False,
            )
        among = Among(recipients=[key for name in to for key in keys[name]])
        self._gathered = Gathered(self._reader, self._narrowing, among, known_at=self._known_at)
        flows = added_up(shares_of(self._gathered.told, self._group_by, beside=self._gathered.beside))
        return flows, ahead[0] if ahead else None

    def _recipients(self) -> tuple[Counter[str], defaultdict[str, list[UUID]]]:
        """How many there are to each recipient, and its keys; those whom the reader may not know are one, and first."""
        by_key = recipients_of(self._reader, self._known_at, self._narrowing)
        actors = Actors(self._reader, by_key.keys())
        counts: Counter[str] = Counter()
        keys: defaultdict[str, list[UUID]] = defaultdict(list)
        for key, count in by_key.items():
            counts[actors.reference(key)] += count
            keys[actors.reference(key)].append(key)
        return counts, keys

    def late(self) -> Late | None:
        """Nobody: all are read as they are."""
        return None

    def actors(self, flows: Collection[Flow]) -> Mapping[str, Row]:
        """What is told of those who take part, by reference."""
        return self._gathered.actors.named()
