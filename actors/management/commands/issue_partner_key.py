"""Give a partner's system a key, printed once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from actors.marking import Marking
from actors.models import Actor, PartnerKey, Source
from actors.services.keys import issue_key


class Command(BaseCommand):
    help = "Issue a partner's key. The key is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scopes = [scope.value for scope in PartnerKey.Scope]
        parser.add_argument("actor", help="Whose key it is: the actor's reference (ACT-…) or name.")
        parser.add_argument("--name", default="", help="What the key is for. Left out: the actor's name.")
        parser.add_argument("--source", help="Code of the source that speaks for the partner's own reports.")
        parser.add_argument(
            "--scope", action="append", choices=scopes, dest="scopes", help="May be given again. Left out: read."
        )
        parser.add_argument(
            "--clearance", default="GREEN", choices=[each.code for each in Marking], help="The highest it reads."
        )
        parser.add_argument("--days", type=int, help="How long it is valid. Left out: until revoked.")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self._one(Actor, Q(reference=options["actor"]) | Q(name=options["actor"]), options["actor"])
        source = self._one(Source, Q(code=options["source"]), options["source"]) if options["source"] else None
        try:
            key, token = issue_key(
                name=options["name"] or actor.name[:120],
                actor=actor,
                source=source,
                scopes=options["scopes"] or [PartnerKey.Scope.READ],
                clearance=Marking.from_code(options["clearance"]),
                expires_at=timezone.now() + timedelta(days=options["days"]) if options["days"] else None,
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stderr.write(f"For {actor}, scopes {', '.join(key.scopes)}. It is shown this once:")
        self.stdout.write(token)

    def _one(self, model: Any, condition: Q, said: str) -> Any:
        found = list(model.objects.filter(condition)[:2])
        if len(found) != 1:
            many, none = "more than one has that name; use the reference", "there is none yet; enter it in the admin"
            reason = many if found else none
            raise CommandError(f"{model._meta.verbose_name.capitalize()} {said}: {reason}.")
        return found[0]
