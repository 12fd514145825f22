"""Make deliveries of committed outbox events: one for each subscription that asked for it and may know.

One transaction with the mark that an event was fanned out, so that a killed worker leaves it whole or not at all.
Locks: events that nobody else holds, then all active subscriptions in order of their key (see correcting).
"""

from django.db import connection, transaction
from django.db.models.functions import Now

from shipments.models import Delivery, EventType, OutboxEvent, Subscription
from shipments.services.webhooks.audience import PICTURES, Batch, Standing, asked_for, is_usable
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.correcting import corrections
from shipments.services.webhooks.telling import delivery_of

# Fewer than so many: nothing that was committed before is left.
AT_ONCE = 1000


def fan_out() -> int:
    """Fan out up to AT_ONCE numbered events in their order; returns how many.

    What is not numbered yet is left to the relay, which comes here afterwards. Where nobody subscribes, the relay marks
    an event as told as it numbers it; marked here before, it would be written once more.
    """
    with transaction.atomic():
        if not Subscription.objects.active().exists():
            return _pass_over()
        numbered = OutboxEvent.objects.exclude(sequence=None).filter(fanned_out_at=None)
        waiting = numbered.select_for_update(skip_locked=True, no_key=True)
        events = list(waiting.order_by("sequence")[:AT_ONCE])
        if events:
            deliveries = _deliveries(events)
            # One that exists was made by another worker for the same turn of a picture.
            Delivery.objects.bulk_create(deliveries, ignore_conflicts=True, batch_size=1000)
            OutboxEvent.objects.filter(pk__in=[each.pk for each in events]).update(fanned_out_at=Now())
        return len(events)


def _deliveries(events: list[OutboxEvent]) -> list[Delivery]:
    active = Subscription.objects.active().select_for_update(no_key=True, of=("self",)).select_related("key")
    at = moment()
    subscriptions = [each for each in active.order_by("pk") if is_usable(each.key, at=at)]
    batch = Batch((each.subject_id for each in events), (each.body.get("report", "") for each in events))
    found = [delivery for subscription in subscriptions for delivery in _for_one(subscription, events, batch)]
    turned = [each.subject_id for each in events if each.type == EventType.PICTURE_CHANGED]
    return found + (corrections(subscriptions, Batch(turned), at=at) if turned else [])


def _for_one(subscription: Subscription, events: list[OutboxEvent], batch: Batch) -> list[Delivery]:
    asked = [
        event
        for event in events
        if event.type in subscription.event_types and event.created_at >= subscription.created_at
    ]
    if not asked:
        return []
    eyes = batch.eyes(subscription.key)
    wanted = asked_for(subscription, batch.subjects, eyes.reader)
    found: dict[tuple[object, ...], tuple[OutboxEvent, Standing | None]] = {}
    for event in asked:
        if event.type == EventType.SUBJECT_GONE:
            if not _asks_for_loss(subscription, event):
                continue
        elif wanted is not None and event.subject_id not in wanted:
            continue
        report = event.body.get("report", "")
        if not eyes.reaches(event):
            continue
        if not eyes.may_know(event.type, subject_id=event.subject_id, marking=event.marking, report=report):
            continue
        standing = batch.standing(event.subject_id, eyes)
        if event.type in PICTURES and (standing is None or standing.tier > event.marking):
            continue  # they read a picture of a higher tier, which did not turn with this one
        # A tier that turned and the one above it that ended are told of in one breath, and are one picture now.
        found.setdefault((event.type, event.subject_id, report, event.created_at), (event, standing))
    return [delivery_of(event, subscription, standing) for event, standing in found.values()]


def _asks_for_loss(subscription: Subscription, event: OutboxEvent) -> bool:
    """Whether the filters let a loss through, asked by kind and reference alone: all else is hidden by then."""
    return all(
        not said or event.body[name] in said
        for name, said in (("kind", subscription.kinds), ("subject", subscription.subjects))
    )


def _pass_over() -> int:
    """Mark events that nobody is told of; more at once, as nothing is made of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE shipments_outboxevent SET fanned_out_at = statement_timestamp()
             WHERE id IN (SELECT id FROM shipments_outboxevent WHERE fanned_out_at IS NULL AND sequence IS NOT NULL
                           ORDER BY sequence LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
            """,
            [5 * AT_ONCE],
        )
        return cursor.rowcount
