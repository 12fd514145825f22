import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Q
from django.db.models.functions import Now

from shipments.models import Due
from shipments.services.reconciling import count_due, reconcile_due

TELL_EVERY = 5.0


class Command(BaseCommand):
    help = "Fold what is due, here and now; or wait until the workers have done it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", action="store_true", help="leave the work to the workers and wait for them")
        parser.add_argument("--timeout", type=int, default=120, metavar="SECONDS", help="wait no longer than this")

    def handle(self, *args: Any, wait: bool, timeout: int, **options: Any) -> None:
        if wait:
            self._wait(timeout)
            return
        done = 0
        while claimed := reconcile_due(limit=settings.RECONCILE_BATCH_SIZE):
            done += claimed
            if options["verbosity"]:
                self.stderr.write(f"  {done} folded")
        self.stdout.write(f"{done} subjects folded, {count_due()} due")

    def _wait(self, timeout: int) -> None:
        began = told = time.monotonic()
        while count_due():
            now = time.monotonic()
            if now > began + timeout:
                raise CommandError(f"After {timeout} s {_what_is_due()}. Due in the admin tells of each.")
            if now > told + TELL_EVERY:
                told = now
                self.stderr.write(f"  {_what_is_due()}")
            time.sleep(0.1)


def _what_is_due() -> str:
    waiting = Due.objects.filter(quarantined=False, not_before__lte=Now()).aggregate(
        due=Count("pk"),
        in_hand=Count("pk", filter=Q(leased_until__gte=Now())),
        again=Count("pk", filter=Q(attempts__gt=1)),
    )
    if not waiting["in_hand"]:
        return "{due} subjects are due and none is being worked out: is a worker running?".format(**waiting)
    return "{due} subjects are due, {in_hand} being worked out, {again} tried before".format(**waiting)
