"""Tell the workers that something is due. May fail or be lost: the sweep finds the rows all the same.

One message is enough for a burst, so a key in Redis keeps the bell from being rung again until a
worker has heard it. Nor is Redis asked again for what the worker that hears it will find.
"""

import time
from functools import cache

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

TASK = "shipments.reconcile_due"
KEY = "aidtracker:bell"
# Longer than it takes a free worker to answer; if the message is lost, the bell works again after it.
RUNG_FOR_MS = 1000
# While Redis is away nobody should wait for it twice in a row.
REST_SECONDS = 5.0
# So long a worker that has heard the bell waits, at least, before it looks (tasks.py): what is committed within that
# time of a ring is found by whoever answers it.
GATHER_SECONDS = 0.05

_silent_until = 0.0


def ring_on_commit() -> None:
    """Ring once the current transaction is committed; rung once however often this is called."""
    connection = transaction.get_connection()
    if ring not in [hook for _, hook, *_ in connection.run_on_commit]:
        transaction.on_commit(ring)


def ring() -> None:
    """Send one message to the workers, unless one is on its way. Never raises for a broker that is away."""
    global _silent_until
    now = time.monotonic()
    if now < _silent_until:
        return
    try:
        if _redis().set(KEY, 1, nx=True, px=RUNG_FOR_MS):
            current_app.send_task(TASK)
        _silent_until = now + GATHER_SECONDS
    except (redis.RedisError, OperationalError) as error:
        _silent_until = time.monotonic() + REST_SECONDS
        log.warning("doorbell.failed", error=type(error).__name__)


def heard() -> None:
    """A worker has come: let the bell be rung again."""
    try:
        _redis().delete(KEY)
    except redis.RedisError as error:
        log.warning("doorbell.failed", error=type(error).__name__)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1)
