"""Keep flows added up: work off what is due, so that a page of flows reads sums and not every offer and shipment.

    whatever flows are made of ── trigger, same transaction ──> FlowDue        appended, nobody waits
    fold_flows: takes FlowDue ─> what the subjects add now, for each clearance  (read as a page reads them)
                                 less what they added (FlowShare) ─> FlowTotal  one transaction, one folder at a time

A change and its row of FlowDue are committed together; a share and the total that holds it likewise. So a total is
always the sum of its shares, and whoever is killed has done nothing or all of it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import connection, transaction

from actors.access import Reader
from actors.marking import Marking
from shipments.models import FlowDue, FlowShare, FlowTotal
from shipments.services.flows.families import families_of, markings_of
from shipments.services.flows.gathering import Gathered
from shipments.services.flows.reading import Among, Narrowing
from shipments.services.flows.summing import Key, Share, shares_of
from shipments.services.flows.sums import Sums, add, contested_at, is_contested, read, written
from shipments.services.flows.told import Waiting
from shipments.services.inserting import copy_in

log = structlog.get_logger(__name__)

# How finely flows are kept apart. Not by item: a shipment of two items counts once where they are together.
FINELY = ("crisis", "period")
# Above the highest clearance.
TOP = max(Marking) + 1
# A worker that does a batch does nothing else for a quarter of a second.
BATCH = 500
# What a share holds of an offer that waits.
WAITING = ("offer", "earliest", "since", "is_said", "is_contested")
COLUMNS = ("subject_id", "total_id", "least", "above", "sums", *WAITING)
# Which flow it is a share of.
FLOW = ("total__recipient", "total__donors", "total__crisis", "total__period")
# The names of flows are told apart from all else that has such a key.
OF_FLOWS = UUID("6b8f5b0e-6a3f-4c53-9d0e-0f1d6c9f7a11")
# Any number that no other lock of the database has.
LOCK = 0x666C6F77
# What is kept of a share: all that tells a share from another one of its subject.
Kept = tuple[Key, int, int, str, Waiting | None]


def fold_flows() -> int:
    """Add up some of what is due; of how many rows. One process at a time does."""
    try:
        return _fold(limit=BATCH)
    except Exception as error:
        # One subject must not keep the others from their turn: each by itself, and who fails comes last next time.
        log.warning("flows.batch_failed", error=type(error).__name__)
        due = list(FlowDue.objects.order_by("pk")[:BATCH].values_list("pk", flat=True))
        return sum(map(_fold_alone, due))


def _fold_alone(pk: int) -> int:
    try:
        return _fold(limit=1, pk=pk)
    except Exception:
        with transaction.atomic():
            for subject, since in FlowDue.objects.filter(pk=pk).values_list("subject_id", "since"):
                log.exception("flows.failed", subject=str(subject))
                FlowDue.objects.create(subject_id=subject, since=since)
            FlowDue.objects.filter(pk=pk).delete()
        return 0


def _fold(*, limit: int, **narrowed: int) -> int:
    with transaction.atomic():
        if not FlowDue.objects.exists() or not only_folder():
            return 0
        due = list(FlowDue.objects.filter(**narrowed).order_by("pk")[:limit].values_list("pk", "subject_id"))
        # What changes from here on has a row of its own.
        FlowDue.objects.filter(pk__in=[pk for pk, _ in due]).delete()
        keep(families_of({subject for _, subject in due}))
    return len(due)


def only_folder() -> bool:
    """Whether nobody else adds up; then nobody does until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def keep(subjects: Collection[UUID]) -> None:
    """Have shares and totals hold what whole families of ``subjects`` add to flows."""
    wanted, stored = wanted_of(subjects), kept_of(subjects)
    gone = [(key, pk) for subject, there in stored.items() for key, pk in there.items() if key not in wanted[subject]]
    new = [(subject, each) for subject, shares in wanted.items() for each in shares if each not in stored[subject]]
    if gone or new:
        _add_to_totals([(share, -1) for share, _ in gone] + [(share, 1) for _, share in new])
        FlowShare.objects.filter(pk__in=[pk for _, pk in gone]).delete()
        copy_in(FlowShare._meta.db_table, COLUMNS, (_row(subject, share) for subject, share in new))


def kept_of(subjects: Collection[UUID]) -> defaultdict[UUID, dict[Kept, int]]:
    """What is kept of ``subjects``, each share with its key."""
    stored: defaultdict[UUID, dict[Kept, int]] = defaultdict(dict)
    columns = ("id", "subject_id", *FLOW, "least", "above", "sums", *WAITING)
    for pk, subject, recipient, donors, crisis, period, least, above, sums, *told in FlowShare.objects.filter(
        subject_id__in=subjects
    ).values_list(*columns):
        key = Key(recipient=recipient, donors=tuple(donors), crisis=crisis, period=period)
        waiting = Waiting(**dict(zip(WAITING, told, strict=True))) if told[0] else None
        stored[subject][key, least, above, sums, waiting] = pk
    return stored


def wanted_of(subjects: Collection[UUID]) -> defaultdict[UUID, set[Kept]]:
    """What ``subjects`` add, each share for the clearances that have it."""
    found: defaultdict[UUID, set[Kept]] = defaultdict(set)
    steps = markings_of(subjects)
    open_since: dict[tuple[UUID, Key, str, Waiting | None], int] = {}
    for level in Marking:
        turning = set(subjects) if level == 0 else families_of(steps[level])
        if not turning:
            continue
        shares = {
            (each.pk, each.key, written(each.sums), each.waiting)
            for each in shares_for(Reader(clearance=level), turning)
        }
        for ended in [each for each in open_since if each[0] in turning and each not in shares]:
            subject, key, sums, waiting = ended
            found[subject].add((key, open_since.pop(ended), int(level), sums, waiting))
        for share in shares:
            open_since.setdefault(share, int(level))
    for (subject, key, sums, waiting), least in open_since.items():
        found[subject].add((key, least, TOP, sums, waiting))
    return found


def shares_for(reader: Reader, subjects: Collection[UUID]) -> Iterator[Share]:
    """What whole families of ``subjects`` add to flows for ``reader``, as finely as flows are kept apart."""
    return shares_of(Gathered(reader, Narrowing(), Among(subjects=subjects)).told, FINELY)


def key_of(total: FlowTotal) -> Key:
    """The flow that a total is of."""
    return Key(recipient=total.recipient, donors=tuple(total.donors), crisis=total.crisis, period=total.period)


def _row(subject: UUID, share: Kept) -> tuple[Any, ...]:
    key, least, above, sums, waiting = share
    told = [getattr(waiting, name) for name in WAITING] if waiting else ["", None, None, False, False]
    return (subject, id_of(key), least, above, sums, *told)


def add_share(total: defaultdict[str, Sums], least: int, above: int, sums: Sums, *, times: int = 1) -> None:
    """Add a share to what a total holds at each clearance, and to what it holds of contested ones alone."""
    for level, many in ((least, times), (above, -times)):
        if level < TOP:
            add(total[str(level)], sums, times=many)
            if is_contested(sums):
                add(total[contested_at(level)], sums, times=many)


def _add_to_totals(changes: Iterable[tuple[Kept, int]]) -> None:
    """Add each share so many times to the total of its flow, made where there is none."""
    changed: defaultdict[Key, defaultdict[str, Sums]] = defaultdict(lambda: defaultdict(dict))
    for (key, least, above, text, _), times in changes:
        add_share(changed[key], least, above, read(text), times=times)
    totals = FlowTotal.objects.in_bulk([id_of(key) for key in changed])
    new = [_total(key) for key in changed if id_of(key) not in totals]
    FlowTotal.objects.bulk_create(new)
    totals |= {each.pk: each for each in new}
    for key, levels in changed.items():
        kept = totals[id_of(key)].sums
        for level, change in levels.items():
            sums = read(kept.pop(level, "{}"))
            add(sums, change)
            kept |= {level: written(sums)} if sums else {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE shipments_flowtotal AS total SET sums = added.sums
              FROM unnest(%s::uuid[], %s::jsonb[]) AS added (id, sums) WHERE total.id = added.id
            """,
            [list(totals), [json.dumps(each.sums) for each in totals.values()]],
        )


def _total(key: Key) -> FlowTotal:
    return FlowTotal(
        pk=id_of(key), recipient=key.recipient, donors=list(key.donors), crisis=key.crisis, period=key.period
    )


@lru_cache(10_000)
def id_of(key: Key) -> UUID:
    return uuid5(OF_FLOWS, json.dumps([key.recipient, key.donors, key.crisis, key.period]))
