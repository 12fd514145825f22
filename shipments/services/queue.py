"""The queue of subjects whose picture may be out of date: rows of Due, and the bell that tells of them.

    mark_due ── row ──> claim ──> (fold and write) ──> settle        the row is deleted
                          │                               └ generation moved on: stays due
                          └ lease runs out, or failed: due again after a pause, and tried by itself

Tries are forgotten by success, or by an operator. What was set aside is tried once more when something new is said of
it, after a pause that is twice as long each time: it may be well again, and must not keep a worker busy if it is not.

Every time here is the database's. Locks: rows of Due are always taken in order of their key, and after those of their
subjects and what partners entered of them, by whoever takes both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection

from actors.identifiers import new_id
from actors.services.prepared import run
from shipments.models.queue import EVERYBODY
from shipments.services.doorbell import ring_on_commit

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
# What failed rests 2, 4, 8 ... seconds, and no longer than about an hour.
LONGEST_REST = 12
DIED = "Whoever worked it out died each time, or stood still past the lease: memory, or a crash outside of Python."
# So many subjects at once are an import; what one waits for live is not kept behind it.
BULK_FROM = 50
# Of a batch, a lane of live subjects gets so many times what a lane of imported ones does.
LIVE_SHARE = 3
# Which rows may be claimed: of what is to be folded by now and nobody has begun.
IS_FREE = """NOT quarantined AND not_before <= statement_timestamp()
                      AND (leased_until IS NULL OR leased_until < statement_timestamp())"""
# The number is the project's own for this lock.
JUDGING_LOCK = 7_120_527
# Before any evidence: folding from here is folding everything.
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


# Makes due what ``changed`` (subject_id, from_moment) has, each subject once; see mark_due.
MARK_DUE = f"""
    INSERT INTO shipments_due (subject_id, from_moment, lane, is_bulk, generation, attempts, quarantined, last_error)
    SELECT subject_id, from_moment, %(lane)s, %(is_bulk)s, 1, 0, false, '' FROM changed ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE
       SET generation = shipments_due.generation + 1,
           lane = CASE WHEN shipments_due.lane = excluded.lane THEN excluded.lane ELSE '{EVERYBODY}' END,
           is_bulk = shipments_due.is_bulk AND excluded.is_bulk,
           from_moment = LEAST(shipments_due.from_moment, excluded.from_moment),
           not_before = CASE WHEN shipments_due.attempts = 0
                             THEN LEAST(shipments_due.not_before, statement_timestamp())
                             ELSE shipments_due.not_before END,
           quarantined = false
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One subject that a worker has leased; ``was_lost``: whoever had it before never came back."""

    subject_id: UUID
    token: UUID
    generation: int
    from_moment: datetime
    attempts: int = 1
    was_lost: bool = False

    @property
    def is_tried_again(self) -> bool:
        """It failed before, or took its worker with it: nothing else is in hand while it is folded."""
        return self.attempts > 1

    @property
    def is_hopeless(self) -> bool:
        """It was lost as often as anything is tried."""
        return self.was_lost and self.attempts > MAX_ATTEMPTS


def mark_due(moments: Mapping[UUID, datetime], *, lane: UUID = EVERYBODY) -> None:
    """Make subjects due, each from the earliest moment of knowledge that changed. Part of the caller's transaction.

    ``lane`` is the organisation whose reports did it; a subject that two made due goes to everybody's lane. One of
    BULK_FROM or more stays in the bulk until it is made due by itself as well.
    """
    if not moments:
        return
    subjects = sorted(moments)
    run(
        f"""
        WITH changed AS (
            SELECT * FROM unnest(%(subjects)s::uuid[], %(moments)s::timestamptz[]) AS said (subject_id, from_moment)
        )
        {MARK_DUE}
        """,  # noqa: S608
        {
            "lane": lane,
            "is_bulk": len(subjects) >= BULK_FROM,
            "subjects": subjects,
            "moments": [moments[subject] for subject in subjects],
        },
    )


def hold_claims() -> None:
    """Until the transaction ends nobody claims. For whoever changes what reports are judged by, before it looks which
    subjects that reaches; after the rows that are changed, and before rows of the queue.

    It cannot see a report that is being recorded, and whoever folds that report meanwhile cannot see the change. So
    what was claimed before is found by it, and what is claimed after it is folded with it. Rings: some may be due.
    """
    run("SELECT pg_advisory_xact_lock(%s)", [JUDGING_LOCK])
    ring_on_commit()


def claim(*, limit: int) -> list[Claim]:
    """Lease up to ``limit`` due subjects, a part from each lane, in each the longest due first.

    Where one partner floods the queue, another's subjects wait behind as many of the flood as there are
    of their own, not behind all of it. What was made due by an import is a lane of its own, which gets a third of
    what a live one does: it waits, and is never passed over. Others' leases are passed over. Of what was tried before
    one at most comes besides, the one that was tried least: what takes its worker with it takes nothing else. Fewer
    than ``limit`` does not mean that no more are due; none does, or that what reports are judged by is being changed
    (hold_claims).
    """
    return _claim(limit, fresh=limit)


def claim_tried(*, limit: int) -> list[Claim]:
    """One subject at most, the one that ``claim`` would have come besides: for whoever is done with the last."""
    return _claim(limit, fresh=0)


def _claim(limit: int, *, fresh: int) -> list[Claim]:
    token = new_id()
    rows = run(
        f"""
        WITH RECURSIVE lanes AS (
            -- Each lane by one step in the index, however many subjects are in it.
            (SELECT lane, is_bulk FROM shipments_due
              WHERE NOT quarantined AND (SELECT pg_try_advisory_xact_lock_shared(%s)) ORDER BY lane, is_bulk LIMIT 1)
            UNION ALL
            SELECT following.lane, following.is_bulk
              FROM lanes, LATERAL (
                   SELECT lane, is_bulk FROM shipments_due AS due
                    WHERE NOT quarantined AND (due.lane, due.is_bulk) > (lanes.lane, lanes.is_bulk)
                    ORDER BY lane, is_bulk LIMIT 1
                   ) AS following
        ), part AS (
            SELECT lane, is_bulk, ceil(%s::numeric * share / sum(share) OVER ())::int AS size
              FROM (SELECT lane, is_bulk, CASE WHEN is_bulk THEN 1 ELSE %s END AS share FROM lanes) AS shared
        ), fresh AS (
            SELECT due.subject_id
              FROM part, LATERAL (
                   SELECT subject_id FROM shipments_due
                    WHERE shipments_due.lane = part.lane AND shipments_due.is_bulk = part.is_bulk
                      AND {IS_FREE} AND attempts = 0
                    ORDER BY not_before, due_since LIMIT LEAST(part.size, %s)
                      FOR UPDATE SKIP LOCKED
                   ) AS due
        ), tried AS (
            -- Among the first of each lane, so as not to walk all that is due for what is seldom there.
            SELECT due.subject_id
              FROM part, LATERAL (
                   SELECT subject_id, attempts FROM shipments_due
                    WHERE shipments_due.lane = part.lane AND shipments_due.is_bulk = part.is_bulk AND {IS_FREE}
                    ORDER BY not_before, due_since LIMIT part.size
                   ) AS due
             WHERE attempts > 0 ORDER BY attempts, subject_id LIMIT 1
        ), again AS (
            SELECT subject_id, leased_until IS NOT NULL AS was_lost FROM shipments_due
             WHERE subject_id = (SELECT subject_id FROM tried) AND {IS_FREE} FOR UPDATE SKIP LOCKED
        )
        UPDATE shipments_due AS due
           SET claim_token = %s, attempts = due.attempts + 1,
               -- Of what was lost too often to be tried, the one that was tried last: what came after it is not yet.
               claimed_generation = CASE WHEN due.leased_until IS NOT NULL AND due.attempts >= %s
                                         THEN due.claimed_generation ELSE due.generation END,
               leased_until = statement_timestamp() + make_interval(secs => %s)
         -- By key. A join would read all that is due, for how many are free is not known when it is planned.
         WHERE due.subject_id = ANY(ARRAY(
                   SELECT subject_id FROM fresh UNION ALL SELECT subject_id FROM again
               ))
        RETURNING due.subject_id, due.generation, due.from_moment, due.attempts,
                  due.subject_id = ANY(ARRAY(SELECT subject_id FROM again WHERE was_lost)),
                  -- Not waited for until it is on disk: a claim that a crash takes back leaves the subject as due.
                  set_config('synchronous_commit', 'off', true)
        """,  # noqa: S608
        [JUDGING_LOCK, limit, LIVE_SHARE, fresh, token, MAX_ATTEMPTS, settings.RECONCILE_LEASE_SECONDS],
    )
    return [
        Claim(
            subject_id=subject_id,
            token=token,
            generation=generation,
            from_moment=from_moment,
            attempts=attempts,
            was_lost=was_lost,
        )
        for subject_id, generation, from_moment, attempts, was_lost, _ in sorted(rows)
    ]


def lock_still_ours(claims: Sequence[Claim], versions: Mapping[UUID, int]) -> set[UUID]:
    """Lock the subjects of ``claims`` and their rows, and raise each version; those that are ours to write.

    They are the ones whose lease is still ours and whose version is the one that was read (``versions``): a worker
    that slept past its lease finds another token here and must not write. Call inside a transaction.
    """
    rows = run(
        """
        WITH held AS MATERIALIZED (
            SELECT id FROM shipments_subject WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        ), ours AS MATERIALIZED (
            -- Not before all of the subjects are held: whoever changes one holds it and then makes it due.
            SELECT subject_id FROM shipments_due
             WHERE subject_id = ANY(ARRAY(SELECT id FROM held)) AND claim_token = %s ORDER BY subject_id FOR UPDATE
        )
        UPDATE shipments_subject AS subject SET version = subject.version + 1
          FROM ours JOIN unnest(%s::uuid[], %s::bigint[]) AS seen (id, version) ON seen.id = ours.subject_id
         WHERE subject.id = ours.subject_id AND subject.version = seen.version
        RETURNING subject.id
        """,
        [[claim.subject_id for claim in claims], claims[0].token, list(versions), list(versions.values())],
    )
    return {subject_id for (subject_id,) in rows}


def settle(claims: Sequence[Claim]) -> None:
    """Take folded subjects off the queue; one that was marked due meanwhile stays, free to be claimed."""
    if not claims:
        return
    run(
        """
        WITH folded AS (SELECT * FROM unnest(%s::uuid[], %s::bigint[]) AS claimed (subject_id, generation)),
        done AS (
            DELETE FROM shipments_due AS due USING folded
             WHERE due.subject_id = folded.subject_id AND claim_token = %s AND due.generation = folded.generation
        )
        UPDATE shipments_due AS due
           SET claim_token = NULL, leased_until = NULL, claimed_generation = NULL, attempts = 0, last_error = ''
          FROM folded
         WHERE due.subject_id = folded.subject_id AND claim_token = %s AND due.generation <> folded.generation
        """,
        [
            [claim.subject_id for claim in claims],
            [claim.generation for claim in claims],
            *[claims[0].token] * 2,
        ],
    )


def give_back(claim: Claim, *, error: str) -> None:
    """Return a subject that could not be folded: due again after a pause that doubles, set aside after five tries."""
    rows = run(
        """
        UPDATE shipments_due
           SET claim_token = NULL, leased_until = NULL, claimed_generation = NULL,
               not_before = statement_timestamp() + make_interval(secs => power(2, LEAST(attempts, %s))),
               -- What came meanwhile was not tried yet, and may mend it.
               quarantined = attempts >= %s AND generation = claimed_generation, last_error = left(%s, 200)
         WHERE subject_id = %s AND claim_token = %s
        RETURNING attempts, quarantined
        """,
        [LONGEST_REST, MAX_ATTEMPTS, error, claim.subject_id, claim.token],
    )
    for attempts, is_set_aside in rows:
        if is_set_aside:
            log.error("reconcile.set_aside", subject=str(claim.subject_id), attempts=attempts, error=error[:200])


def mark_due_later(moments: Mapping[UUID, datetime]) -> None:
    """Make subjects due at a moment to come, when their picture will change by itself."""
    if not moments:
        return
    subjects = sorted(moments)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO shipments_due
                   (subject_id, from_moment, not_before, generation, attempts, quarantined, last_error)
            SELECT subject_id, at, at, 1, 0, false, ''
              FROM unnest(%s::uuid[], %s::timestamptz[]) AS turn (subject_id, at)
             ORDER BY subject_id
            ON CONFLICT (subject_id) DO NOTHING
            """,
            [subjects, [moments[subject] for subject in subjects]],
        )


def mark_due_now(subject_ids: Iterable[UUID]) -> None:
    """Make subjects due from the beginning of their evidence: after a repair, or a change of the rules."""
    mark_due(dict.fromkeys(subject_ids, BEGINNING))


def forget_tries(subject_ids: Iterable[UUID]) -> None:
    """Let what failed begin anew at once, as if it had never been tried: an operator says so."""
    run(
        """
        UPDATE shipments_due SET attempts = 0, last_error = '', not_before = statement_timestamp()
         WHERE subject_id = ANY(%s)
        """,
        [sorted(subject_ids)],
    )
