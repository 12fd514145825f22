"""Celery's part of this app: what is to be thrown away in time."""

import structlog
from celery import shared_task

from actors.services.limits import forget_old_counts
from actors.services.tokens import forget_expired_tokens

log = structlog.get_logger(__name__)


@shared_task(name="actors.forget")
def forget() -> None:
    """Delete what has served its time. A task that is lost costs a little room until the next."""
    log.info("forgotten", counts=forget_old_counts(), tokens=forget_expired_tokens())
