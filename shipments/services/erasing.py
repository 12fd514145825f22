"""Erase what policy lets us forget: quotes and senders' own messages, some time after we stored them.

What was said stays: the report with its facts, its source, its times and the hash of what is erased, by which
whoever still has the words can prove them. Nothing that is believed rests on them.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from shipments.models import ReportPayload

AT_A_TIME = 5000
# In one run; what is left waits for the next, so that a worker is not held for hours.
MOST_AT_ONCE = 500_000


def erase_payloads(now: datetime, *, kept: timedelta) -> int:
    """Erase each quote and message that was stored longer ago than ``kept``, some at a time; returns how many."""
    erased = 0
    before = _first_key(now - kept)
    while erased < MOST_AT_ONCE:
        count = _erase_some(now, before, because=f"kept for {kept.days} days, by policy")
        erased += count
        if count < AT_A_TIME:
            break
    return erased


@transaction.atomic
def _erase_some(now: datetime, before: UUID, *, because: str) -> int:
    # Others that erase at the same time take the next ones.
    old = ReportPayload.objects.filter(erased_at=None, report_id__lt=before).order_by("report_id")
    keys = list(old.select_for_update(skip_locked=True).values_list("report_id", flat=True)[:AT_A_TIME])
    return ReportPayload.objects.filter(pk__in=keys).update(quote="", raw=None, erased_at=now, erased_because=because)


def _first_key(moment: datetime) -> UUID:
    """The least key of that millisecond: keys of version 7 begin with it (RFC 9562), and so tell when we stored."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
