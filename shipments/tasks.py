"""Celery's part: a doorbell and a clock. What is to be done is in the database, so a lost task loses nothing."""

import time
from datetime import timedelta
from math import ceil

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from shipments.services import doorbell
from shipments.services.answers import forget_answers
from shipments.services.erasing import erase_payloads
from shipments.services.flows.checking import drift_of_flows
from shipments.services.flows.keeping import fold_flows
from shipments.services.reconciling import count_due, count_free, reconcile_due
from shipments.services.relaying import AT_ONCE as NUMBERED_AT_ONCE
from shipments.services.relaying import drop_old_events, relay_outbox
from shipments.services.verifying import verify
from shipments.services.webhooks.delivering import deliver_due, is_due
from shipments.services.webhooks.fanning_out import AT_ONCE, fan_out
from shipments.services.webhooks.forgetting import drop_old_deliveries

log = structlog.get_logger(__name__)

# A worker lets go after so many batches and rings for the next, so that a deploy need not wait long.
BATCHES_A_RING = 50
# What is due is let gather before it is claimed: of ten reports of one subject that come one after the other the
# picture is then made once, and a batch takes as many statements as one subject does. Where batches take longer, so
# long, but never so long that somebody who waits would notice.
GATHER_AT_MOST = 0.15
# Of the last that are due each worker takes half of what is left, so that all are done at nearly the same time and
# none stands idle beside a full batch. So few are one batch: by itself it costs what five subjects do.
NOT_SHARED = 40


@shared_task(name=doorbell.TASK)
def ring_answered() -> None:
    """Work off what is due, batch by batch. While less than a batch is due, more of it is waited for."""
    doorbell.heard()
    full = settings.RECONCILE_BATCH_SIZE
    claimed, some_are_left, took = 0, False, 0.0
    for _ in range(BATCHES_A_RING):
        free = count_free(most=2 * full)
        if free < full and claimed < full and not some_are_left:
            time.sleep(min(max(took, doorbell.GATHER_SECONDS), GATHER_AT_MOST))
            free = count_free(most=2 * full)
        began = time.monotonic()
        share = min(full, max(ceil(free / 2), NOT_SHARED))
        some_are_left = free > share
        if some_are_left:
            doorbell.ring()  # for whoever else is there: this one has its hands full
        claimed = reconcile_due(limit=share)
        numbered = relay_outbox()
        _announce()
        if not claimed and numbered is not None and numbered < NUMBERED_AT_ONCE:
            return
        took = time.monotonic() - began
    doorbell.ring()


def _announce() -> None:
    """Make webhooks of what is committed, and have them sent. Where the message is lost, the clock's own one comes."""
    # What comes while it works is the next batch's, else it would go on for as long as reports come.
    while fan_out() >= AT_ONCE:
        pass
    if is_due():
        try:
            send_webhooks.delay()
        except OperationalError as error:
            log.warning("webhooks.not_rung", error=type(error).__name__)


@shared_task(name="shipments.send_webhooks")
def send_webhooks() -> None:
    """Send what is due; a process that does so while another one does returns at once."""
    if deliver_due() and is_due():
        send_webhooks.delay()


@shared_task(name="shipments.sweep")
def sweep() -> None:
    """Find what a lost message left behind: due subjects, leases that ran out, events not relayed. Add up flows."""
    if due := count_due():
        log.info("sweep.found", due=due)
    ring_answered()
    for _ in range(BATCHES_A_RING):
        # Flows are read without it just as well: what somebody waits for goes first.
        full = settings.RECONCILE_BATCH_SIZE
        if count_free(most=full) == full or not fold_flows():
            return


@shared_task(name="shipments.drop_old_events")
def drop_events() -> None:
    """Forget events that everybody has had the time to read, and messages that came to an end as long ago."""
    if dropped := drop_old_events(timezone.now()):
        log.info("outbox.dropped", events=dropped)
    if dropped := drop_old_deliveries(timezone.now()):
        log.info("webhooks.dropped", deliveries=dropped)


@shared_task(name="shipments.forget_answers")
def forget_old_answers() -> None:
    """Forget the answers to requests of more than a day ago."""
    if forgotten := forget_answers():
        log.info("answers.forgotten", answers=forgotten)


@shared_task(name="shipments.erase_payloads")
def erase_old_payloads() -> None:
    """Erase quotes and messages that were kept for as long as the operator says; none, if they say nothing."""
    kept = timedelta(days=settings.PAYLOADS_KEPT_DAYS)
    if kept and (erased := erase_payloads(timezone.now(), kept=kept)):
        log.info("payloads.erased", payloads=erased)


@shared_task(name="shipments.verify_nightly")
def verify_nightly() -> None:
    """Fold everything again from the evidence, add up flows anew, and report any drift."""
    drift = verify()
    log.log(40 if drift else 20, "verify.done", drifted=len(drift), subjects=drift[:20])
    subjects, totals = drift_of_flows()
    log.log(40 if subjects or totals else 20, "verify.flows_done", subjects=subjects[:20], totals=totals[:20])
