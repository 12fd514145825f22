from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shipments.services.verifying import verify


class Command(BaseCommand):
    help = "Fold everything again from the evidence and name every subject whose stored picture differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="make the drifted subjects due")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        def progress(done: int) -> None:
            self.stderr.write(f"  {done} subjects folded", ending="\r")

        drifted = verify(repair=repair, progress=progress)
        if drifted:
            raise CommandError(f"{len(drifted)} pictures are not what their evidence gives: {', '.join(drifted[:20])}")
        self.stdout.write("every picture is what its evidence gives")
