"""Send what is due: claim rows, ask whether they may still be told, send outside of any transaction, settle.

    claim ──(committed)──> may know? ──no──> withheld, nothing is sent
      lease by the             │yes
      database's clock       send ────> settle, where the token is still ours: delivered │ again later │ failed

A worker killed before it settles leaves a lease that runs out; the message is sent again under the same webhook-id.
One process sends at a time, many requests at once. No endpoint has more than a few of them, and one that fails has
one, so that what never answers holds up nobody else.
"""

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from actors.identifiers import new_id
from actors.services.sealing import InvalidToken
from shipments.models import Delivery, DeliveryAttempt, Subscription, SubscriptionSecret
from shipments.services.webhooks.audience import PICTURES, Batch, is_usable
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.correcting import corrections
from shipments.services.webhooks.schedule import GIVE_UP_AFTER, wait_after
from shipments.services.webhooks.sending import Answer, post
from shipments.services.webhooks.signing import open_secrets, signature
from shipments.services.webhooks.subscribing import disable
from shipments.services.webhooks.telling import report_of

log = structlog.get_logger(__name__)

REQUESTS_AT_ONCE = 32
EACH_AT_ONCE = 4
# A sender lets go after so long and rings for the next, so that a deploy need not wait.
RUN_SECONDS = 30.0
# One sender at a time; the number is the project's own for this lock.
SENDER_LOCK = 7_120_523
USER_AGENT = "aidtracker-webhooks/1"
GONE = 410
OUTCOME = ["state", "finished_at", "attempts", "failures", "next_attempt_at", "claim_token", "leased_until"]
SLOW_DOWN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One delivery that this process has leased, and when by the database's clock."""

    delivery_id: UUID
    token: UUID
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Request:
    """A message as it goes out."""

    claim: Claim
    url: str
    webhook_id: str
    payload: bytes
    secrets: tuple[SubscriptionSecret, ...]


def deliver_due(*, now: datetime | None = None) -> int:
    """Send whatever is due, until nothing is or the time of a run is over; returns how many requests were made.

    Returns 0 at once where another process is sending: it takes up what comes meanwhile.
    """
    made = 0
    ends = time.monotonic() + RUN_SECONDS
    with _only_sender() as is_ours, ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        flying: dict[Future[Answer], Request] = {}
        while is_ours:
            if time.monotonic() < ends:
                for request in requests_of(claim(limit=REQUESTS_AT_ONCE - len(flying), now=now), now=now):
                    flying[pool.submit(send, request)] = request
            if not flying:
                break
            # Not longer than a second: what falls due meanwhile waits for no slow endpoint.
            for future in wait(flying, timeout=1.0, return_when=FIRST_COMPLETED).done:
                settle(flying.pop(future), future.result(), now=now)
                made += 1
    return made


def is_due() -> bool:
    """Whether there is anything to send now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM shipments_delivery AS delivery JOIN shipments_subscription AS subscription
                         ON subscription.id = delivery.subscription_id
                 WHERE state = 'pending' AND next_attempt_at <= statement_timestamp() AND disabled_at IS NULL
                   AND (leased_until IS NULL OR leased_until < statement_timestamp())
                   AND (paused_until IS NULL OR paused_until <= statement_timestamp()))
            """
        )
        return bool(cursor.fetchone()[0])


def claim(*, limit: int, now: datetime | None = None) -> list[Claim]:
    """Lease up to ``limit`` due deliveries, each subscription's first ones before anybody's second ones."""
    if limit <= 0:
        return []
    token = new_id()
    at = moment(now)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH first AS (
                SELECT waiting.id, waiting.place, waiting.next_attempt_at
                  FROM shipments_subscription AS subscription
                 CROSS JOIN LATERAL (
                    SELECT count(*) AS flying FROM shipments_delivery AS sent
                     WHERE sent.subscription_id = subscription.id AND sent.state = 'pending'
                       AND sent.leased_until >= %(at)s
                 ) AS busy
                 CROSS JOIN LATERAL (
                    SELECT id, next_attempt_at, row_number() OVER (ORDER BY next_attempt_at, id) AS place
                      FROM shipments_delivery AS due
                     WHERE due.subscription_id = subscription.id AND due.state = 'pending'
                       AND due.next_attempt_at <= %(at)s
                       AND (due.leased_until IS NULL OR due.leased_until < %(at)s)
                     ORDER BY next_attempt_at, id
                     LIMIT greatest(0, CASE WHEN failing_since IS NULL THEN %(each)s ELSE 1 END - busy.flying)
                 ) AS waiting
                 WHERE disabled_at IS NULL AND (paused_until IS NULL OR paused_until <= %(at)s)
                 ORDER BY waiting.place, waiting.next_attempt_at LIMIT %(limit)s
            ), free AS (
                SELECT delivery.id FROM shipments_delivery AS delivery JOIN first USING (id)
                 WHERE delivery.state = 'pending'
                   AND (delivery.leased_until IS NULL OR delivery.leased_until < %(at)s)
                   FOR UPDATE OF delivery SKIP LOCKED
            )
            UPDATE shipments_delivery AS delivery
               SET claim_token = %(token)s, leased_until = %(at)s + make_interval(secs => %(lease)s)
              FROM free WHERE delivery.id = free.id
            RETURNING delivery.id
            """,
            {
                "at": at,
                "each": EACH_AT_ONCE,
                "limit": limit,
                "token": token,
                # Longer than any request takes, the time of a name server included.
                "lease": 2 * settings.WEBHOOK_TIMEOUT_SECONDS + 1,
            },
        )
        return [Claim(delivery_id=delivery_id, token=token, at=at) for (delivery_id,) in cursor.fetchall()]


def requests_of(claims: Sequence[Claim], *, now: datetime | None = None) -> Iterator[Request]:
    """The requests to make for ``claims``. What a subscription may not know any more is withheld instead."""
    by_id = {each.delivery_id: each for each in claims}
    rows = list(
        Delivery.objects.filter(pk__in=by_id)
        .select_related("subscription__key")
        .prefetch_related("subscription__secrets")
    )
    reports = {row.pk: report_of(row) for row in rows}
    batch = Batch((row.subject_id for row in rows), reports.values())
    for row in rows:
        each, subscription = by_id[row.pk], row.subscription
        if not is_usable(subscription.key, at=each.at):
            _withhold(each, at=each.at)
            disable(subscription, reason=Subscription.Reason.KEY, now=now)
            continue
        eyes = batch.eyes(subscription.key)
        if not eyes.may_know(row.type, subject_id=row.subject_id, marking=row.marking, report=reports[row.pk]):
            _withhold(each, at=each.at)
            continue
        yield Request(
            claim=each,
            url=subscription.url,
            webhook_id=row.webhook_id,
            payload=row.payload.encode(),
            secrets=tuple(subscription.secrets.all()),
        )


def _withhold(each: Claim, *, at: datetime) -> None:
    Delivery.objects.filter(pk=each.delivery_id, claim_token=each.token).update(
        state=Delivery.State.WITHHELD, finished_at=at, claim_token=None, leased_until=None
    )


def send(request: Request) -> Answer:
    """Sign and send. Asks no database, so that a thread may do it."""
    try:
        keys = open_secrets(request.secrets, at=request.claim.at)
    except InvalidToken:
        return Answer(error="secret_not_readable")
    timestamp = int(request.claim.at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": request.webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(
            keys, webhook_id=request.webhook_id, timestamp=timestamp, payload=request.payload
        ),
    }
    return post(request.url, request.payload, headers, seconds=settings.WEBHOOK_TIMEOUT_SECONDS)


def settle(request: Request, answer: Answer, *, now: datetime | None = None) -> bool:
    """Write what came of a request; False where the lease is another's by now, or the subscription is gone.

    What arrived although it was cancelled meanwhile was told, and may have to be corrected.
    Locks the subscription, then the delivery.
    """
    each = request.claim
    ours = Q(claim_token=each.token)
    if answer.is_success:
        ours |= Q(state=Delivery.State.CANCELLED)
    with transaction.atomic():
        rows = Delivery.objects.filter(ours, pk=each.delivery_id)
        subscriptions = Subscription.objects.select_for_update(no_key=True, of=("self",)).select_related("key")
        subscription = subscriptions.filter(pk__in=rows.values("subscription")).first()
        delivery = rows.select_for_update().first()
        if subscription is None or delivery is None:
            log.info("webhook.lease_lost", delivery=str(each.delivery_id))
            return False
        at = moment(now)
        DeliveryAttempt.objects.create(
            delivery=delivery,
            number=delivery.attempts + 1,
            at=each.at,
            duration_ms=answer.duration_ms,
            status=answer.status,
            error=answer.error,
            response=answer.response,
        )
        delivery.attempts = F("attempts") + 1
        delivery.claim_token = delivery.leased_until = None
        if answer.is_success:
            _delivered(delivery, subscription, at)
        else:
            _failed(delivery, subscription, answer, at)
    log.info("webhook.sent", delivery=str(each.delivery_id), status=answer.status, error=answer.error)
    return True


def _delivered(delivery: Delivery, subscription: Subscription, at: datetime) -> None:
    delivery.state, delivery.finished_at = Delivery.State.DELIVERED, at
    delivery.save(update_fields=OUTCOME)
    if subscription.failing_since or subscription.paused_until:
        Subscription.objects.filter(pk=subscription.pk).update(failing_since=None, paused_until=None)
    if delivery.type in PICTURES and subscription.disabled_at is None:
        # What it tells may have turned while it was on its way. While it is disabled nothing waits to be sent.
        late = corrections([subscription], Batch([delivery.subject_id]), at=at)
        Delivery.objects.bulk_create(late, ignore_conflicts=True)


def _failed(delivery: Delivery, subscription: Subscription, answer: Answer, at: datetime) -> None:
    delivery.failures += 1
    # Not a secret: it spreads the load.
    pause = wait_after(delivery.failures, chance=random.random(), asked=answer.retry_after)  # noqa: S311
    if answer.status == GONE or pause is None:
        delivery.state, delivery.finished_at = Delivery.State.FAILED, at
    else:
        delivery.next_attempt_at = at + pause
    delivery.save(update_fields=OUTCOME)
    since = subscription.failing_since or at
    changes: dict[str, datetime] = {"failing_since": since}
    if pause is not None and answer.retry_after and answer.status in SLOW_DOWN:
        changes["paused_until"] = at + min(pause, answer.retry_after)
    Subscription.objects.filter(pk=subscription.pk).update(**changes)
    if answer.status == GONE:
        disable(subscription, reason=Subscription.Reason.GONE, now=at)
    elif at - since >= GIVE_UP_AFTER:
        disable(subscription, reason=Subscription.Reason.FAILING, now=at)


@contextmanager
def _only_sender() -> Iterator[bool]:
    """Whether no other process is sending; until the end none can begin. A killed one holds nothing up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SENDER_LOCK])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SENDER_LOCK])
