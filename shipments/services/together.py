"""Reports that come one by one and at the same time are recorded together, by one transaction.

    POST ─┐              nobody records ─> takes all that wait ─ one transaction ─ commit ─> to each its outcome
    POST ─┼─ waiting ─┤
    POST ─┘              somebody does  ─> waits to be taken by whoever records next

A transaction, its commit and its statements cost a report ten times what storing it does. What arrives while one
transaction is at work is the next one's. A report that comes alone is recorded alone, at once: only where several were
recorded together the last time, more are waited for for a moment. Only what was handed in with the same rights is
recorded together.

Whoever was taken and has no outcome records by itself, as if there were nobody else: where the shared transaction
failed, whatever the reason, and where the thread that had it in hand was ended.
"""

import threading
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from actors.models import PartnerKey
from shipments.intake.canonical import content_hash
from shipments.intake.draft import ReportDraft
from shipments.services.inserting import FEW
from shipments.services.recording import Outcome, Sender, record, record_each

log = structlog.get_logger(__name__)

# One report that waits for somebody's row keeps no other one waiting for longer than this.
PATIENCE_SECONDS = 0.5
# As many as are stored by one statement.
MOST = FEW
# So long whoever was not alone the last time waits for company.
GATHER_SECONDS = 0.003
APART = timedelta(microseconds=1)


@dataclass(eq=False, kw_only=True)
class _Handed:
    """A report that one thread waits for. ``is_settled`` without an outcome: it is that thread's to record."""

    draft: ReportDraft
    sender: Sender
    rights: Hashable
    outcome: Outcome | None = None
    is_settled: bool = False


# Guards the two below, and tells of each change of them. Held while they are read or changed, never during a query.
_changed = threading.Condition()
_waiting: list[_Handed] = []
_recording: set[Hashable] = set()
# Of which rights several were recorded together the last time.
_crowded: set[Hashable] = set()


def record_together(draft: ReportDraft, *, key: PartnerKey) -> Outcome:
    """What became of ``draft``, once it is committed; recorded with whatever waits at that moment.

    Raises what recording it alone raises. Not to be called inside a transaction.
    """
    own = _Handed(draft=draft, sender=Sender(key=key), rights=_rights_of(key))
    if taken := _take(own):
        try:
            _record(taken)
        finally:
            _settle(taken)
    return own.outcome or _alone(own)


def _rights_of(key: PartnerKey) -> Hashable:
    """All that recording asks of a key."""
    return key.pk, key.actor_id, key.clearance, *sorted(key.scopes)


def _take(own: _Handed) -> list[_Handed]:
    """Those that are the caller's to record, ``own`` first; none where another has taken it, or it waited too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    with _changed:
        _waiting.append(own)
        try:
            while not own.is_settled:
                is_taken = own not in _waiting
                if not is_taken and own.rights not in _recording:
                    break
                left = None if is_taken else until - time.monotonic()
                if left is not None and left <= 0:
                    return []
                _changed.wait(left)
            else:
                return []
            if own.rights in _crowded:
                _gather(own.rights)
        finally:
            # Whoever is ended while it waits leaves nothing behind.
            if own in _waiting:
                _waiting.remove(own)
        taken = [own, *[each for each in _waiting if each.rights == own.rights][: MOST - 1]]
        _waiting[:] = [each for each in _waiting if each not in taken]
        (_crowded.add if len(taken) > 1 else _crowded.discard)(own.rights)
        _recording.add(own.rights)
        return taken


def _gather(rights: Hashable) -> None:
    """Wait for more of the same rights, which nobody else takes meanwhile. ``_changed`` is held but for waiting."""
    _recording.add(rights)
    until = time.monotonic() + GATHER_SECONDS
    try:
        while (left := until - time.monotonic()) > 0:
            _changed.wait(left)
    except BaseException:
        _recording.discard(rights)
        _changed.notify_all()
        raise


def _settle(taken: Sequence[_Handed]) -> None:
    """Wake those that were taken, and whoever records next."""
    with _changed:
        for each in taken:
            each.is_settled = True
        _recording.discard(taken[0].rights)
        _changed.notify_all()


def _record(taken: Sequence[_Handed]) -> None:
    """Give each its outcome; none of several where they cannot be recorded together."""
    if len(taken) == 1:
        taken[0].outcome = _alone(taken[0])
        return
    arrivals = _arrivals([each.draft for each in taken])
    try:
        outcomes = record_each(arrivals, sender=taken[0].sender, patience=PATIENCE_SECONDS)
    except Exception as error:
        log.warning("recording.apart", reports=len(taken), error=type(error).__name__)
        return
    for each, outcome in zip(taken, outcomes, strict=True):
        each.outcome = outcome


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


def _alone(one: _Handed) -> Outcome:
    (outcome,) = record([one.draft], sender=one.sender)
    return outcome
