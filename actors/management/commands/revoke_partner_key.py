"""Stop a partner's key from the next request on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from actors.models import PartnerKey
from actors.services.keys import START, revoke_key


class Command(BaseCommand):
    help = "Revoke a partner's key and every token of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="The part after aid_live_, as list_partner_keys shows it.")
        parser.add_argument("--reason", required=True, help="Why, for the audit trail.")

    def handle(self, *args: Any, **options: Any) -> None:
        key = key_of(options["prefix"])
        revoke_key(key, reason=options["reason"])
        self.stdout.write(f"{key} is revoked.")


def key_of(said: str) -> PartnerKey:
    """The key of a prefix, with or without aid_live_ before it. Raises CommandError where there is none."""
    key = PartnerKey.objects.select_related("actor").filter(prefix=said.removeprefix(START)).first()
    if key is None:
        raise CommandError("There is no key of this prefix.")
    return key
