"""Whoever was told something that is not believed any more is told so, and nobody else is.

Reaching a further step corrects nothing: "departed" stays true of what has arrived. A status that was told is
corrected where the picture that the subscription may read now does not hold that step any more.

Both orders end the same. A message that arrives before the picture turns is corrected when the turn is fanned out;
one that arrives after is corrected when its arrival is settled. Both hold the subscription's row meanwhile.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from shipments.models import Delivery, EventType, OutboxEvent, Subscription
from shipments.services.webhooks.audience import Batch, message
from shipments.services.webhooks.telling import about, believed

TOLD = Q(type=EventType.PICTURE_CHANGED, state=Delivery.State.DELIVERED) | Q(
    type=EventType.PICTURE_CORRECTED, state__in=(Delivery.State.PENDING, Delivery.State.DELIVERED)
)


def corrections(subscriptions: Iterable[Subscription], batch: Batch, *, at: datetime) -> list[Delivery]:
    """Unsaved deliveries that take back the last status told of the batch's subjects. The caller holds the rows."""
    by_id = {each.pk: each for each in subscriptions}
    last_told = (
        Delivery.objects.filter(TOLD, subscription__in=by_id, subject__in=batch.subjects)
        .order_by("subject_id", "subscription_id", "-told_at")
        .distinct("subject_id", "subscription_id")
    )
    found = []
    for told in last_told:
        assert told.subject_id is not None
        subscription = by_id[told.subscription_id]
        was = json.loads(told.payload)["data"]
        eyes = batch.eyes(subscription.key)
        now = batch.standing(told.subject_id, eyes)
        if now is None or not was["status"] or was["status"] in now.held:
            continue
        data = {
            # Another picture may have the number of the one that was told.
            **about(was["kind"], was["subject"], now.version if now.version != was["version"] else None),
            **believed(now.columns),
            "was": {"webhook_id": told.webhook_id, "version": was["version"], "status": was["status"]},
        }
        found.append(
            Delivery(
                subscription=subscription,
                event_uid=_turn(told.subject_id),
                type=EventType.PICTURE_CORRECTED,
                subject_id=told.subject_id,
                marking=now.tier,
                told_at=at,
                payload=message(EventType.PICTURE_CORRECTED, at=at, data=data),
            )
        )
    return found


def _turn(subject_id: UUID) -> UUID | None:
    """The event that turned the picture, so that no two workers correct one message for the same turn."""
    later = OutboxEvent.objects.filter(type=EventType.PICTURE_CHANGED, subject_id=subject_id)
    return later.order_by("-id").values_list("uid", flat=True).first()
