"""Flows out of what is kept added up: totals, less what is due added to them, more what the due ones add now.

                              totals of a flow, up to the reader's clearance
    less  what was kept of    ┐ subjects that are due, and those of which this reader sees something else
    more  what is true of     ┘ than their clearance alone lets them (grants; what they sent themselves)

So a page tells what it would if it read every offer and shipment, at any moment, and reads as many rows as there are
flows. While more is due than can be read beside them, as in a large import, it is left out and named (see ``late``).
Where totals do not tell what is asked for, nothing is told, and it is to be read subject by subject.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from actors.access import Reader
from actors.models import Actor
from shipments.models import FlowDue, FlowShare, FlowTotal, Line, ReadingGrant, Subject
from shipments.querysets import own_above
from shipments.services.flows.families import families_of
from shipments.services.flows.keeping import WAITING, key_of, shares_for
from shipments.services.flows.late import Late, left_out
from shipments.services.flows.reading import Narrowing, Row
from shipments.services.flows.rows import actors_named
from shipments.services.flows.summing import MOST_WAITING, Flow, Key, flow_of, period_in
from shipments.services.flows.sums import Sums, add, contested_at, is_contested, read
from shipments.services.flows.told import Waiting

# As many subjects are read beside the totals; where more are due, they are left out and named.
MOST_BESIDE = 5_000
# Rows of FlowDue that are looked at for each of these: a subject may have several.
ROWS_OF_ONE = 4


def are_kept(reader: Reader, narrowing: Narrowing, group_by: Collection[str]) -> bool:
    """Whether totals tell what is asked for, once they are up to date."""
    if narrowing.item is not None or "item" in group_by:
        return False
    # Totals know an actor as what it was merged into, and as its clearance shows it.
    merged = Q(reference__in={narrowing.donor, narrowing.recipient} - {None}, merged_into__isnull=False)
    hidden_from_others = Q(pk=reader.actor_id, marking__gt=reader.clearance)
    return not Actor.objects.filter(merged | hidden_from_others).exists()


def kept_for(reader: Reader, narrowing: Narrowing, group_by: Collection[str]) -> "KeptFlows | None":
    """The flows that are kept for ``reader``; None where they cannot be told from totals."""
    if not are_kept(reader, narrowing, group_by):
        return None
    due, seen = _due(), _seen_otherwise(reader)
    if due is not None:
        beside = families_of(due | seen)
        if len(beside) <= MOST_BESIDE:
            return KeptFlows(reader, narrowing, group_by, beside)
    beside = families_of(seen)
    if len(beside) <= MOST_BESIDE:
        return KeptFlows(reader, narrowing, group_by, beside, leaves_out_late=True)
    return None


def _due() -> set[UUID] | None:
    """What waits to be added up; None where it is more than is read beside the totals."""
    # By key, so that what was worked off and is not cleared away yet is passed by in the index.
    rows = FlowDue.objects.order_by("pk").values_list("subject_id", flat=True)[: ROWS_OF_ONE * MOST_BESIDE + 1]
    due = set(rows)
    # All rows are known, or none is told.
    return due if len(due) <= MOST_BESIDE and len(rows) <= ROWS_OF_ONE * MOST_BESIDE else None


def _seen_otherwise(reader: Reader) -> set[UUID]:
    """Subjects of which ``reader`` may see something else than another one of the same clearance."""
    if not (reader.actor_id or reader.user_id):
        return set()
    named = Q(actor_id=reader.actor_id) if reader.actor_id else Q(user_id=reader.user_id)
    granted = ReadingGrant.objects.filter(named, withdrawn_at=None).values("subject_id")
    # What is counted is told in reports, of which they may have sent some that only they see.
    counted = Line.objects.filter(shipment_id=OuterRef("pk"), receipts__isnull=False)
    every = Subject.objects.order_by()
    found = every.filter(pk__in=granted).union(
        every.filter(as_shipment__offer_id__in=granted),
        every.filter(crisis_id__in=granted),
        *(every.filter(Exists(counted), pk__in=own.values("subject_id")) for own in own_above(reader)),
    )
    return set(found.values_list("pk", flat=True)[: MOST_BESIDE + 1])


class KeptFlows:
    """Flows as they are kept, ``beside`` which some subjects are read as they are now.

    All others that wait to be added up are left out of them where ``leaves_out_late``.
    """

    def __init__(
        self,
        reader: Reader,
        narrowing: Narrowing,
        group_by: Collection[str],
        beside: Collection[UUID],
        *,
        leaves_out_late: bool = False,
    ) -> None:
        self._reader, self._group_by, self._beside = reader, group_by, list(beside)
        self._leaves_out_late = leaves_out_late
        self._late: Late | None = None
        self._contested = narrowing.contested
        self._levels = _levels(reader, narrowing)
        self._totals = FlowTotal.objects.filter(_asked_for(narrowing), sums__has_any_keys=list(self._levels))
        shares = shares_for(reader, beside) if beside else ()
        self._shares = [share for share in shares if _is_asked_for(share.key, narrowing) and self._tells(share.sums)]

    def flows(self, first: str, *, at_once: int) -> tuple[list[Flow], str | None]:
        """The flows to some recipients from ``first`` on, and the recipient after those.

        Of whole recipients, of one at least: as many as ``at_once`` totals are of.
        """
        found, ahead = self._read(first, at_once)
        totals = {total.pk: (self._flow(key_of(total)), total) for total in found}
        sums: defaultdict[Key, Sums] = defaultdict(dict)
        for key, total in totals.values():
            for level, times in self._levels.items():
                add(sums[key], read(total.sums.get(level, "{}")), times=times)
        for total_id, kept in self._kept(totals):
            if self._tells(held := read(kept)):
                add(sums[totals[total_id][0]], held, times=-1)
        passed_over = list(self._beside)
        if self._leaves_out_late:
            out = left_out(self._reader, totals, beside=self._beside)
            self._late = out.late
            for taken in out.taken:
                if self._tells(held := read(taken.sums)):
                    add(sums[totals[taken.total][0]], held, times=-taken.times)
                passed_over += taken.waiting
        waiting: defaultdict[Key, list[Waiting]] = defaultdict(list)
        for share in self._shares:
            if share.key.recipient < first or (ahead is not None and share.key.recipient >= ahead):
                continue
            key = self._flow(share.key)
            add(sums[key], share.sums)
            waiting[key] += [share.waiting] if share.waiting else []
        silent = [pk for pk, (key, _) in totals.items() if "unanswered" in sums[key]]
        for total_id, each in self._waiting(silent, passed_over):
            waiting[totals[total_id][0]].append(each)
        return [flow_of(key, sums[key], waiting[key]) for key in sorted(sums) if sums[key]], ahead

    def _read(self, first: str, at_once: int) -> tuple[list[FlowTotal], str | None]:
        """The totals of a page, each of which is read once, and the recipient after them."""
        rows = self._totals.filter(recipient__gte=first).order_by("recipient")
        found = list(rows[: at_once + 1])
        if len(found) <= at_once:
            return found, None
        last = found[-1].recipient
        if whole := [total for total in found if total.recipient != last]:
            return whole, last
        following = rows.filter(recipient__gt=last).values_list("recipient", flat=True).first()
        return list(rows.filter(recipient=last)), following

    def actors(self, flows: Collection[Flow]) -> Mapping[str, Row]:
        """What is told of those who take part, by reference."""
        return actors_named(self._reader, {each for flow in flows for each in (flow.key.recipient, *flow.key.donors)})

    def late(self) -> Late | None:
        """Who is left out of the flows that were read."""
        return self._late

    def _tells(self, share: Sums) -> bool:
        """Whether what one subject adds is asked for."""
        return self._contested in (None, is_contested(share))

    def _flow(self, key: Key) -> Key:
        """The flow that is asked for, of one as finely as it is kept."""
        crisis = key.crisis if "crisis" in self._group_by else ""
        return replace(key, crisis=crisis, period=period_in(key.period, self._group_by))

    def _kept(self, totals: Collection[UUID]) -> Iterable[tuple[UUID, str]]:
        """What is in these totals of the subjects that are read beside them."""
        held = Q(least__lte=self._reader.clearance, above__gt=self._reader.clearance)
        rows = FlowShare.objects.filter(held, subject_id__in=self._beside, total_id__in=totals)
        return rows.values_list("total_id", "sums") if self._beside else ()

    def _waiting(self, totals: Collection[UUID], passed_over: list[UUID]) -> Iterable[tuple[UUID, Waiting]]:
        """The offers that wait longest in each of these totals, but for those that are ``passed_over``."""
        if not totals:
            return
        contested = [False, True] if self._contested is None else [self._contested]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT total.id, longest.*
                  FROM unnest(%s::uuid[]) AS total (id), unnest(%s) AS asked (contested), LATERAL (
                       SELECT {", ".join(WAITING)} FROM shipments_flowshare
                        WHERE total_id = total.id AND offer <> '' AND is_contested = asked.contested
                          AND least <= %s AND above > %s
                          AND subject_id <> ALL(%s)
                        ORDER BY since, offer LIMIT %s
                       ) AS longest
                """,  # noqa: S608
                [list(totals), contested, *[int(self._reader.clearance)] * 2, passed_over, MOST_WAITING],
            )
            for total_id, *told in cursor.fetchall():
                yield total_id, Waiting(**dict(zip(WAITING, told, strict=True)))


def _levels(reader: Reader, narrowing: Narrowing) -> dict[str, int]:
    """What of a total tells ``reader`` what is asked for, and how many times it is added."""
    levels = range(reader.clearance + 1)
    every, contested = [str(level) for level in levels], [contested_at(level) for level in levels]
    if narrowing.contested:
        return dict.fromkeys(contested, 1)
    return dict.fromkeys(every, 1) | (dict.fromkeys(contested, -1) if narrowing.contested is False else {})


def _asked_for(narrowing: Narrowing) -> Q:
    """The totals that are asked for."""
    asked = Q()
    if narrowing.recipient is not None:
        asked &= Q(recipient=narrowing.recipient)
    if narrowing.donor is not None:
        asked &= Q(donors__contains=[narrowing.donor])
    if narrowing.crisis is not None:
        asked &= Q(crisis=narrowing.crisis)
    if narrowing.period is not None:
        asked &= Q(period__startswith=narrowing.period)
    return asked


def _is_asked_for(key: Key, narrowing: Narrowing) -> bool:
    """The same of one flow."""
    return (
        narrowing.recipient in (None, key.recipient)
        and (narrowing.donor is None or narrowing.donor in key.donors)
        and narrowing.crisis in (None, key.crisis)
        and key.period.startswith(narrowing.period or "")
    )
