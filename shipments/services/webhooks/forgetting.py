"""Drop messages that came to an end long ago, but for what each subscription was told last of a subject.

That one is kept as long as the subscription: without it nobody would know to whom a correction is owed.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef

from shipments.models import Delivery
from shipments.services.relaying import KEPT_FOR
from shipments.services.webhooks.audience import PICTURES


def drop_old_deliveries(now: datetime) -> int:
    """Delete deliveries that were finished longer ago than events are kept, with their log; returns how many."""
    pictures = Delivery.objects.filter(type__in=PICTURES, state=Delivery.State.DELIVERED)
    later = pictures.filter(
        subscription=OuterRef("subscription"), subject=OuterRef("subject"), told_at__gt=OuterRef("told_at")
    )
    last_told = pictures.exclude(Exists(later))
    old = Delivery.objects.filter(finished_at__lt=now - KEPT_FOR).exclude(pk__in=last_told.values("pk"))
    _, counts = old.delete()
    return counts.get(Delivery._meta.label, 0)
