import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from shipments.services.reconciling import count_due, reconcile_due


class Command(BaseCommand):
    help = "Fold what is due, here and now; or wait until the workers have done it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", type=int, metavar="SECONDS", help="only wait for the workers, at most so long")

    def handle(self, *args: Any, wait: int | None, **options: Any) -> None:
        if wait is None:
            done = 0
            while claimed := reconcile_due(limit=settings.RECONCILE_BATCH_SIZE):
                done += claimed
                self.stderr.write(f"  {done} folded", ending="\r")
            self.stdout.write(f"{done} subjects folded, {count_due()} due")
            return
        deadline = time.monotonic() + wait
        while left := count_due():
            if time.monotonic() > deadline:
                self.stderr.write(f"{left} subjects are still due after {wait} s: is a worker running?")
                raise SystemExit(1)
            time.sleep(0.1)
        self.stdout.write("nothing is due")
