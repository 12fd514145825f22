"""Work off the queue: claim due subjects, fold them, write what changed. Safe to kill at any point.

    claim ──(committed)──> read, in one snapshot ──> fold (pure) ──> one transaction:
      lease by the            evidence as of now         lock the claims that are still ours
      database's clock                                   raise each version that is still the one read
                                                         write the difference, the outbox, settle

A worker killed before the last commit leaves nothing; its lease runs out and another claims the
subjects. A worker that slept past its lease finds its claims gone and writes nothing. A subject
that was marked due meanwhile stays due.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from shipments.models import Due, OutboxEvent, Picture
from shipments.services.announcing import Event, add_events
from shipments.services.dossiers import Dossier, Readable, read_dossiers
from shipments.services.picturing import Row, Span, differing, rows_of, spans_of
from shipments.services.queue import Claim, claim, give_back, lock_still_ours, mark_due_later, settle
from shipments.services.rules import micros, moment_of, read_rules
from shipments.services.storing import Difference, difference, raise_versions, stored_rows, write

log = structlog.get_logger(__name__)

TOLD = ("version", "status", "leading", "state", "contested")


@dataclass(kw_only=True)
class Folded:
    """A subject's new picture, ready to be compared and written."""

    dossier: Dossier
    rows: list[Row] = field(default_factory=list)
    since: int | None = None
    turns_at: datetime | None = None


def reconcile_due(*, limit: int) -> int:
    """Fold and write one batch of at most ``limit`` due subjects; returns how many were claimed."""
    claims = claim(limit=limit)
    if not claims:
        return 0
    try:
        reconcile(claims)
    except Exception as error:
        # One subject must not keep the others from their turn: try each by itself, and let the
        # one that fails rest, be counted and, in the end, be shown to an operator.
        if len(claims) == 1:
            log.exception("reconcile.failed", subject=str(claims[0].subject_id))
            give_back(claims, error=f"{type(error).__name__}: {error}")
        else:
            log.warning("reconcile.batch_failed", subjects=len(claims), error=type(error).__name__)
            for each in claims:
                _reconcile_alone(each)
    return len(claims)


def _reconcile_alone(each: Claim) -> None:
    try:
        reconcile([each])
    except Exception as error:
        log.exception("reconcile.failed", subject=str(each.subject_id))
        give_back([each], error=f"{type(error).__name__}: {error}")


def reconcile(claims: Sequence[Claim]) -> None:
    """Fold the claimed subjects and write what changed, guarded by claim and version."""
    folded = fold_subjects({each.subject_id: micros(each.from_moment) for each in claims})
    with transaction.atomic():
        ours = lock_still_ours(claims)
        unchanged = raise_versions(
            {subject_id: one.dossier.version for subject_id, one in folded.items() if subject_id in ours}
        )
        stored = stored_rows({subject_id: folded[subject_id].since for subject_id in unchanged})
        differences = {
            subject_id: difference(subject_id, folded[subject_id].rows, rows, since=folded[subject_id].since)
            for subject_id, rows in stored.items()
        }
        write(differences.values())
        add_events(event for each in differences.values() for event in _events(folded[each.subject_id].dossier, each))
        gone = [each for each in claims if each.subject_id not in folded]
        settle([each for each in claims if each.subject_id in unchanged] + gone)
        mark_due_later({key: at for key in unchanged if (at := folded[key].turns_at)})


def fold_subjects(since: dict[UUID, int | None]) -> dict[UUID, Folded]:
    """Fold subjects from a snapshot of the evidence, each from its moment on (None: from the beginning)."""
    with _snapshot():
        until = _now()
        rules = read_rules()
        dossiers = read_dossiers(since, rules)
        numbers = _last_versions(since)
    return {
        subject_id: fold_dossier(dossier, since=since[subject_id], until=until, last=numbers.get(subject_id))
        for subject_id, dossier in dossiers.items()
    }


def fold_dossier(dossier: Dossier, *, since: int | None, until: int, last: tuple[int, bytes] | None = None) -> Folded:
    """The rows that tell what each tier of readers believed of the subject, from ``since`` on.

    ``last`` is the version number and output hash in force before ``since``. A subject with
    evidence above its own marking is folded from the beginning: its tiers must be compared.
    """
    tiers = dossier.tiers
    if len(tiers) > 1 or last is None:
        since, last = None, None
    folded = Folded(dossier=dossier, since=since, turns_at=_next_turn(dossier, until))
    below: list[Span] = []
    for tier in tiers:
        standing = last[1].hex() if last else None
        spans = spans_of(dossier, Readable(tier), start=since, until=until, standing=standing)
        before = last[0] if last else 0
        folded.rows.extend(rows_of(((before + n, span) for n, span in differing(spans, below)), tier=tier))
        below = spans
    return folded


def _events(dossier: Dossier, change: Difference) -> Iterable[Event]:
    """One event for each tier whose current picture is a new one, or the one of the tier below again."""
    begun = {row.tier: row.columns for row in change.create if row.table == "picture" and row.end is None}
    ended = {row.tier for row in change.ended if row.table == "picture"}
    for tier in sorted(begun.keys() | ended):
        told = {name: begun[tier][name] for name in TOLD} if tier in begun else {}
        yield Event(
            type=OutboxEvent.Type.PICTURE_CHANGED,
            subject_id=dossier.subject_id,
            marking=max(tier, dossier.marking),
            body={"subject": dossier.plan.key, "kind": dossier.kind, **told},
        )


def _last_versions(since: dict[UUID, int | None]) -> dict[UUID, tuple[int, bytes]]:
    """The version and output hash in force just before each subject's moment, where one was stored."""
    found: dict[UUID, tuple[int, bytes]] = {}
    rows = Picture.objects.filter(subject_id__in=since).order_by("known_from")
    for subject_id, known_from, version, output_hash in rows.values_list(
        "subject_id", "known_from", "version", "output_hash"
    ):
        moment = since[subject_id]
        if moment is not None and micros(known_from) < moment:
            found[subject_id] = (version, bytes(output_hash))
    return found


def _next_turn(dossier: Dossier, now: int) -> datetime | None:
    """When a decision in force will expire, or evidence dated ahead will count: the picture turns by itself."""
    decided = [said.decision.expires_at for said in dossier.reports if said.decision]
    ahead = [moment_of(expires_at) for expires_at in decided if expires_at and expires_at > now]
    return min(ahead, default=None)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One snapshot for all reads of a batch: evidence that arrives meanwhile is seen whole or not at all."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _now() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return micros(cursor.fetchone()[0])


def count_due() -> int:
    """How many subjects wait to be folded now or are being folded; quarantined ones and later turns not counted."""
    return Due.objects.filter(quarantined=False, not_before__lte=Now()).count()
