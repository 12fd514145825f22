"""Every partner's key: whose it is, what it may do, when it was last used and whether it still works."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from actors.models import PartnerKey
from actors.services.keys import is_usable


class Command(BaseCommand):
    help = "List partners' keys, by name."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for key in PartnerKey.objects.select_related("actor"):
            standing = "usable" if is_usable(key, now) else "revoked" if key.revoked_at else "expired"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
            said = [key.prefix, standing, f"used {used}", ",".join(key.scopes), key.name, str(key.actor)]
            self.stdout.write("  ".join(said))
