"""manage.py load_vocabularies: bring the tables of codes, attributes, places and rules to what the files say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shipments.services.errors import ChangedEvidence
from shipments.services.vocabularies import load_vocabularies


class Command(BaseCommand):
    help = "Load the vocabularies of shipments/vocabularies. Loading them again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_vocabularies()
        except ChangedEvidence as error:
            raise CommandError(error.detail) from error
        if options["verbosity"]:
            tables = ", ".join(f"{count} {name}" for name, count in loaded.rows.items())
            self.stdout.write(f"Vocabularies: {tables}; {loaded.new} new, {loaded.changed} changed.")
