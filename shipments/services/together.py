"""Reports that come one by one and at the same time are recorded together, by one transaction.

A transaction, its commit and its statements cost a report ten times what storing it does. What arrives while one
transaction is at work is the next one's (actors.services.together). A report that comes alone is recorded alone, at
once: only those of the same key that are already in this process are waited for, for a moment. Only what was handed in
with the same rights is recorded together.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from actors.models import PartnerKey
from actors.services.together import Together
from shipments.intake.canonical import content_hash
from shipments.intake.draft import ReportDraft
from shipments.services.inserting import FEW
from shipments.services.recording import Outcome, Sender, record, record_each

# One report that waits for somebody's row keeps no other one waiting for longer than this.
PATIENCE_SECONDS = 0.5
# From its arrival until it comes to be recorded a request takes a few milliseconds, and longer where its key is waited
# for: those that are there before wait for it no longer than this.
GATHER_SECONDS = 0.016
APART = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class _Handed:
    draft: ReportDraft
    sender: Sender


def on_the_way(credential: str) -> AbstractContextManager[None]:
    """Inside, a report may come that is shown with ``credential``: others that are will wait for it a moment."""
    return _recorded.on_the_way(credential)


def record_together(draft: ReportDraft, *, key: PartnerKey) -> Outcome:
    """What became of ``draft``, once it is committed; recorded with whatever waits at that moment.

    Raises what recording it alone raises. Not to be called inside a transaction.
    """
    return _recorded.give(_Handed(draft=draft, sender=Sender(key=key)), like=_rights_of(key))


def _rights_of(key: PartnerKey) -> Hashable:
    """All that recording asks of a key."""
    return key.pk, key.actor_id, key.clearance, *sorted(key.scopes)


def _record(handed: Sequence[_Handed]) -> list[Outcome]:
    drafts, sender = [each.draft for each in handed], handed[0].sender
    if len(drafts) == 1:
        return record(drafts, sender=sender)
    return record_each(_arrivals(drafts), sender=sender, patience=PATIENCE_SECONDS)


def _arrivals(drafts: Iterable[ReportDraft]) -> list[tuple[datetime, ReportDraft]]:
    """Drafts as of one moment, as a batch is, for each moment of a subject is folded by itself.

    Alike ones without an event id are apart, so that they are one that was sent again, as one after the other.
    """
    now, alike = timezone.now(), Counter[bytes]()
    arrivals = []
    for draft in drafts:
        said = content_hash(draft) if not draft.event_id else b""
        arrivals.append((now + alike[said] * APART, draft))
        alike[said] += bool(said)
    return arrivals


_recorded = Together[_Handed, Outcome](
    # As many as are stored by one statement.
    name="recording",
    work=_record,
    most=FEW,
    patience=PATIENCE_SECONDS,
    gather=GATHER_SECONDS,
)
