"""Give a partner's key a new secret, printed once; the old one stays good for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from actors.management.commands.revoke_partner_key import key_of
from actors.services.keys import rotate_key


class Command(BaseCommand):
    help = "Rotate a partner's key. The new one is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="The part after aid_live_, as list_partner_keys shows it.")
        parser.add_argument("--reason", required=True, help="Why, for the audit trail.")
        parser.add_argument(
            "--overlap-days", type=int, default=7, help="For how long both are good. 0: the old one ends now."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["overlap_days"] < 0:
            raise CommandError("--overlap-days counts from now on.")
        key = key_of(options["prefix"])
        try:
            token = rotate_key(key, overlap=timedelta(days=options["overlap_days"]), reason=options["reason"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stderr.write(f"For {key.actor}. The old one ends in {options['overlap_days']} days. Shown this once:")
        self.stdout.write(token)
