from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shipments.services.flows.checking import drift_of_flows, forget_flows
from shipments.services.flows.keeping import fold_flows


class Command(BaseCommand):
    help = "Add up what is due of flows, or check that what is kept is what offers and shipments add."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="name what differs, and change nothing")
        parser.add_argument("--rebuild", action="store_true", help="drop what is kept, and add everything up again")

    def handle(self, *args: Any, check: bool, rebuild: bool, **options: Any) -> None:
        if check:
            subjects, totals = drift_of_flows()
            if subjects or totals:
                raise CommandError(f"kept otherwise than it is: {', '.join([*subjects[:20], *totals[:20]])}")
            self.stdout.write("every flow is what offers and shipments add up to")
            return
        if rebuild and not forget_flows():
            raise CommandError("Somebody else adds up just now; try again.")
        done = 0
        while added := fold_flows():
            done += added
            self.stderr.write(f"  {done} added up", ending="\r")
        self.stdout.write(f"{done} added up")
