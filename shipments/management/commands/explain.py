from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from actors.access import Reader
from actors.marking import Marking
from shipments.management.asking import add_known_at, moment_asked
from shipments.models import Subject
from shipments.services.explaining import explain


class Command(BaseCommand):
    help = "Say of every claim about a subject what became of it, and by how much."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject", help="a reference, for example SHP-7K2M9QXD")
        parser.add_argument("--attribute", help="one fact, milestone or flag")
        add_known_at(parser)
        parser.add_argument("--tier", choices=[marking.code for marking in Marking], default="AMBER")

    def handle(self, *args: Any, subject: str, attribute: str | None, tier: str, **options: Any) -> None:
        known_at = moment_asked(options["known_at"])
        found = Subject.objects.filter(reference=subject).first()
        if found is None:
            raise CommandError(f"no subject {subject}")
        reader = Reader(clearance=Marking.from_code(tier))
        for claim in explain(found, reader, attribute=attribute, known_at=known_at):
            origins = ", ".join(claim.origins) or ("undeclared origin" if claim.unresolved else "")
            short = f", short by {claim.short_by}" if claim.short_by else ""
            reason = f" ({claim.reason})" if claim.reason else ""
            self.stdout.write(
                f"{claim.report}  {claim.source:<12} {claim.about:<28} {claim.fate}{reason}, "
                f"weight {claim.weight}{short}" + (f"  [{origins}]" if origins else "")
            )
