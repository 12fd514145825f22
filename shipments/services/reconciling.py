"""Work off the queue: claim due subjects, fold them, write what changed. Safe to kill at any point.

    claim ──(committed)──> read, in one snapshot ──> fold (pure) ──> one transaction:
      lease by the            evidence as of now         lock the claims that are still ours
      database's clock                                   raise each version that is still the one read
                                                         write the difference, the outbox, settle

A worker killed before the last commit leaves nothing; its lease runs out and another claims the
subjects. A worker that slept past its lease finds its claims gone and writes nothing, and one that
folds for half as long gives up: else all workers would fold one subject without end. A subject that was
marked due meanwhile stays due.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from math import inf
from time import monotonic
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from actors.services.prepared import run
from shipments.models import Due, OutboxEvent
from shipments.services.announcing import Event, add_events
from shipments.services.dossiers import Dossier, Readable, read_dossiers
from shipments.services.merging import bring_strays
from shipments.services.picturing import Row, Span, TookTooLong, differing, rows_of, spans_of
from shipments.services.queue import (
    DIED,
    IS_FREE,
    Claim,
    claim,
    claim_tried,
    give_back,
    lock_still_ours,
    mark_due_later,
    settle,
)
from shipments.services.rules import micros, moment_of, read_rules
from shipments.services.snapshots import snapshot
from shipments.services.storing import Difference, difference, is_same, stored_rows, write

log = structlog.get_logger(__name__)

# Most of what a worker took with it did it no harm: a deploy killed it. What comes meanwhile waits no longer than this.
TRIED_SECONDS = 0.5
# Of subjects that are folded together one that takes longer is left until the others are written.
PATIENCE_SECONDS = 2.0
TOLD = ("version", "status", "leading", "state", "contested")


@dataclass(kw_only=True)
class Folded:
    """A subject's new picture from ``since`` on (None: all of it), ready to be compared and written."""

    dossier: Dossier
    rows: list[Row] = field(default_factory=list)
    since: int | None = None
    turns_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The last picture of one tier before a moment; not ``in_force``: it had ended by then."""

    version: int
    output_hash: str
    in_force: bool = True


def reconcile_due(*, limit: int) -> int:
    """Fold and write one batch of at most ``limit`` due subjects, and after it, one by one and for TRIED_SECONDS at
    most, what was tried before; returns how many were claimed.
    """
    claims = claim(limit=limit)
    claimed = len(claims)
    together = [each for each in claims if not each.is_tried_again]
    tried = [each for each in claims if each.is_tried_again]
    if len(together) > 1:
        try:
            together = reconcile(together)
        except Exception as error:
            # One subject must not keep the others from their turn: try each by itself, and let the
            # one that fails rest, be counted and, in the end, be shown to an operator.
            log.warning("reconcile.batch_failed", subjects=len(together), error=type(error).__name__)
    for each in together:
        _reconcile_alone(each)
    # After the others are written, and the next claimed once one is: what takes its worker with it takes nothing else.
    until = monotonic() + TRIED_SECONDS
    while tried:
        _reconcile_alone(*tried)
        tried = claim_tried(limit=limit) if monotonic() < until else []
        claimed += len(tried)
    return claimed


def _reconcile_alone(each: Claim) -> None:
    if each.is_hopeless:
        give_back(each, error=DIED)
        return
    try:
        reconcile([each])
    except Exception as error:
        log.exception("reconcile.failed", subject=str(each.subject_id))
        give_back(each, error=f"{type(error).__name__}: {error}")


def reconcile(claims: Sequence[Claim]) -> list[Claim]:
    """Fold the claimed subjects and write what changed, guarded by claim and version.

    Returns those that were left, as they kept the others waiting; none where one is folded alone.
    """
    # Half of the lease: what is given up has to be its own still, else nobody gives it back and no try is the last.
    deadline = monotonic() + settings.RECONCILE_LEASE_SECONDS / 2
    since: dict[UUID, int | None] = {each.subject_id: micros(each.from_moment) for each in claims}
    folded = fold_subjects(since, deadline=deadline, patience=PATIENCE_SECONDS if len(claims) > 1 else inf)
    for subject_id, one in folded.items():
        if one.dossier.has_strays:
            bring_strays(subject_id)
    with transaction.atomic():
        ours = lock_still_ours(claims, {subject_id: one.dossier.version for subject_id, one in folded.items()})
        # Every write raises the version, so at the first one nothing is there to be compared.
        stored = stored_rows({key: folded[key].since for key in ours if folded[key].dossier.version})
        differences = [
            difference(key, folded[key].rows, stored.get(key, ()), since=folded[key].since) for key in sorted(ours)
        ]
        write(differences, kinds={key: folded[key].dossier.kind for key in ours})
        add_events(event for each in differences for event in _events(folded[each.subject_id].dossier, each))
        settle([each for each in claims if each.subject_id in ours])
        mark_due_later({key: at for key in ours if (at := folded[key].turns_at)})
    return [each for each in claims if each.subject_id not in folded]


def fold_subjects(since: dict[UUID, int | None], *, deadline: float = inf, patience: float = inf) -> dict[UUID, Folded]:
    """Fold subjects from a snapshot of the evidence, each from its moment on (None: from the beginning).

    Those are left out that take longer than ``patience`` (seconds), or come no more before the ``deadline``
    (monotonic). Without patience raises TookTooLong where the deadline passes before.
    """
    with snapshot():
        until = _now()
        rules = read_rules()
        dossiers = read_dossiers(since, rules)
        standing = _standing({key: at for key in dossiers if (at := since[key]) is not None and dossiers[key].version})
    folded = {}
    for subject_id, dossier in dossiers.items():
        try:
            folded[subject_id] = fold_dossier(
                dossier,
                since=since[subject_id],
                until=until,
                standing=standing.get(subject_id, {}),
                deadline=min(deadline, monotonic() + patience),
            )
        except TookTooLong:
            if patience == inf:
                raise
    return folded


def fold_dossier(
    dossier: Dossier,
    *,
    since: int | None,
    until: int,
    standing: Mapping[int, Standing] | None = None,
    deadline: float = inf,
) -> Folded:
    """The rows that tell what each tier of readers believed of the subject, from ``since`` on.

    ``standing`` is what was in force just before, by tier. A tier without a picture of its own had the one of the
    tier below. Where one had its own and lost it, its version is not known: the fold is from the beginning then,
    as it is where nothing was in force.
    """
    before = _before(dossier.tiers, standing or {}) if since is not None else {}
    folded = Folded(dossier=dossier, since=since if before else None, turns_at=_next_turn(dossier, until))
    below: list[Span] = []
    for tier in dossier.tiers:
        spans = spans_of(dossier, Readable(tier), start=folded.since, until=until, deadline=deadline)
        first = 1
        if before:
            goes_on = spans and spans[0].picture.output_hash == before[tier].output_hash
            first = before[tier].version + (0 if goes_on else 1)
        folded.rows.extend(rows_of(differing(spans, below, first=first), tier=tier))
        below = spans
    return folded


def _before(tiers: Sequence[int], standing: Mapping[int, Standing]) -> dict[int, Standing]:
    """What each tier's readers believed just before; nothing where that cannot be told of all of them."""
    found: dict[int, Standing] = {}
    below: Standing | None = None
    for tier in tiers:
        below = standing.get(tier, below)
        if below is None or not below.in_force:
            return {}
        found[tier] = below
    return found


def _events(dossier: Dossier, change: Difference) -> Iterable[Event]:
    """One event for each tier whose current picture is a new one, or the one of the tier below again.

    The same picture in another form, as after a release that stores it otherwise, is no news. Without ``version`` is
    what may have the number of the picture that its readers had: one that takes the place of the one of the tier
    below or makes room for it, each of which counts its own, and one that a late report changed.
    """
    begun = {row.tier: row.columns for row in change.create if row.table == "picture" and row.end is None}
    ended = {row.tier: row.columns for row in change.ended if row.table == "picture"}
    for tier in sorted(begun.keys() | ended.keys()):
        before, now = ended.get(tier), begun.get(tier)
        if before and now and is_same(before, now, names=("version", "output_hash")):
            continue
        told = {name: now[name] for name in TOLD} if now else {}
        if now and (before["version"] == now["version"] if before else tier):
            told["version"] = None
        yield Event(
            type=OutboxEvent.Type.PICTURE_CHANGED,
            subject_id=dossier.subject_id,
            marking=max(tier, dossier.marking),
            body={"subject": dossier.plan.key, "kind": dossier.kind, **told},
        )


def _standing(since: Mapping[UUID, int]) -> dict[UUID, dict[int, Standing]]:
    """The stored picture of each tier just before each subject's moment, or the last one that a higher tier had."""
    found: dict[UUID, dict[int, Standing]] = {subject_id: {} for subject_id in since}
    if not since:
        return found
    with connection.cursor() as cursor:
        # Planned at each use: a plan that was made while pictures were few walks them all.
        cursor.execute(
            """
            SELECT picture.subject_id, tier, version, encode(output_hash, 'hex'), coalesce(known_to >= moment, true)
              FROM unnest(%s::uuid[], %s::timestamptz[]) AS asked (subject_id, moment)
              JOIN shipments_picture AS picture
                ON picture.subject_id = asked.subject_id AND known_from < moment
               AND (known_to IS NULL OR known_to >= moment OR tier > 0)
             ORDER BY known_from
            """,
            [list(since), [moment_of(at) for at in since.values()]],
        )
        for subject_id, tier, version, output_hash, in_force in cursor.fetchall():
            found[subject_id][tier] = Standing(version=version, output_hash=output_hash, in_force=in_force)
    return found


def _next_turn(dossier: Dossier, now: int) -> datetime | None:
    """When a decision in force will expire, or evidence dated ahead will count: the picture turns by itself."""
    decided = [said.decision.expires_at for said in dossier.reports if said.decision and said.decision.expires_at]
    # By a clock ahead of the database's, or by a case file.
    dated = [said.row.received_at for said in dossier.reports] + [rating.recorded_at for rating in dossier.ratings]
    ahead = min([at for at in chain(decided, dated, dossier.turns) if at > now], default=None)
    return None if ahead is None else moment_of(ahead)


def _now() -> int:
    ((now,),) = run("SELECT clock_timestamp()")
    return micros(now)


def count_due() -> int:
    """How many subjects wait to be folded now or are being folded; quarantined ones and later turns not counted."""
    return Due.objects.filter(quarantined=False, not_before__lte=Now()).count()


def count_free(*, most: int) -> int:
    """How many subjects wait to be folded of which nobody has begun; up to ``most``, so as to see no more rows."""
    ((found,),) = run(
        f"SELECT count(*) FROM (SELECT FROM shipments_due WHERE {IS_FREE} LIMIT %s) AS free",  # noqa: S608
        [most],
    )
    return int(found)
