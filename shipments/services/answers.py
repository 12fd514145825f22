"""Answers that are kept to be given again, byte for byte; after a day they are forgotten."""

from datetime import timedelta

from django.db.models.functions import Now

from shipments.models import IdempotentRequest

KEPT_FOR = timedelta(hours=24)
AT_A_TIME = 5000


def forget_answers() -> int:
    """Delete every answer that is older than a day by the database's clock; returns how many."""
    forgotten = 0
    while True:
        old = IdempotentRequest.objects.filter(created_at__lt=Now() - KEPT_FOR).values("pk")[:AT_A_TIME]
        count, _ = IdempotentRequest.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        forgotten += count
        if count < AT_A_TIME:
            return forgotten
