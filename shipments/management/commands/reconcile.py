import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shipments.services.reconciling import count_due, reconcile_due


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
        deadline = time.monotonic() + timeout
        while left := count_due():
            if time.monotonic() > deadline:
                raise CommandError(f"{left} subjects are still due after {timeout} s: is a worker running?")
            time.sleep(0.1)
