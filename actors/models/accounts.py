"""Who may sign in and who may call us."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from actors.identifiers import new_id
from actors.marking import Marking
from actors.models.actor import Actor
from actors.models.source import Source


class People(UserManager):
    """Accounts; one that the command ``createsuperuser`` makes reads everything.

    Nobody can give more than they read themselves. If the first account read less, nobody could ever be given the rest.
    """

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        more.setdefault("clearance", Marking.RED)
        return super().create_superuser(username, email, password, **more)


class User(AbstractUser):
    """An analyst or an operator. ``clearance`` is the highest marking they read."""

    clearance = models.PositiveSmallIntegerField(choices=Marking.choices, default=Marking.CLEAR)

    objects: ClassVar[People] = People()


def known_scopes() -> list[tuple[str, str]]:
    """Every scope there is, with what it allows. A function, so that a new one needs no migration."""
    return PartnerKey.Scope.choices


class PartnerKey(models.Model):
    """A partner system's key, ``aid_live_<prefix>_<secret>``; only the secret's SHA-256 is kept.

    The secret is 256 random bits, so a plain hash is as strong as a slow one and can be checked
    on every request.
    """

    class Scope(models.TextChoices):
        """What a key may do. The sentences are what the admin, the commands and the OpenAPI document say."""

        READ = "read", "Read whatever the key's clearance allows."
        REPORTS_WRITE = "reports:write", "Send reports in the partner's own voice."
        REPORTS_RELAY = "reports:relay", "Send reports of what other sources said."
        LEDGER_WRITE = "ledger:write", "Enter appeals, offers, shipments, actors and places; change those."
        WEBHOOKS_MANAGE = "webhooks:manage", "Subscribe to webhooks and look after them."

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    # After a rotation the old secret is good beside the new one for a while.
    old_secret_hash = models.BinaryField(max_length=32, null=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    actor = models.ForeignKey(Actor, models.PROTECT, related_name="partner_keys")
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, help_text="The voice of this partner's own reports."
    )
    scopes = ArrayField(models.CharField(max_length=40, choices=known_scopes))
    clearance = models.PositiveSmallIntegerField(choices=Marking.choices, default=Marking.GREEN)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    reads_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as the service is set.")
    writes_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as the service is set.")

    class Meta:
        ordering = ["name", "-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reads_per_minute=0) & ~models.Q(writes_per_minute=0),
                name="partner_key_limits_let_something_through",
            ),
            models.CheckConstraint(
                condition=models.Q(old_secret_hash=None, old_secret_until=None)
                | models.Q(old_secret_hash__isnull=False, old_secret_until__isnull=False),
                name="partner_key_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (aid_live_{self.prefix}_…)"
