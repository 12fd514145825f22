"""manage.py load_case: read a case file into the database, with every fault of it named."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shipments.intake.draft import Invalid
from shipments.services.cases import load_case, read_case_file
from shipments.services.errors import UnknownCase


class Command(BaseCommand):
    help = "Load a case: actors, sources, documents, subjects and reports. Loading it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", help="its name (dprk-covid-2022), or the path of a file")

    def handle(self, *args: Any, case: str, **options: Any) -> None:
        def progress(section: str, done: int, all_of_it: int) -> None:
            if options["verbosity"]:
                end = "\n" if done == all_of_it else "\r"
                self.stderr.write(f"  {done} of {all_of_it} {section}", ending=end)

        try:
            loaded = load_case(read_case_file(case), progress=progress)
        except UnknownCase as error:
            raise CommandError(error.detail) from error
        except Invalid as error:
            faults = "\n".join(f"  {each.pointer or '/'}  {each.detail}" for each in error.problems)
            raise CommandError(f"{len(error.problems)} faults, and nothing was loaded:\n{faults}") from error
        if options["verbosity"]:
            subjects = ("crises", "appeals", "offers", "shipments", "contacts", "inquiries")
            new, known = loaded.new.total(), loaded.known.total()
            about = sum(loaded.new[name] + loaded.known[name] for name in subjects)
            said = loaded.new["reports"] + loaded.known["reports"]
            self.stdout.write(f"{loaded.name}: {said} reports on {about} subjects; {new} new, {known} known.")
