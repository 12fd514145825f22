"""Short-lived tokens that a key was exchanged for (OAuth2 client credentials)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from actors.models.accounts import PartnerKey


class AccessToken(models.Model):
    """A token of ``key``; only its SHA-256 is kept. What the key may no longer do, its tokens may not either."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    key = models.ForeignKey(PartnerKey, models.CASCADE, related_name="tokens")
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"token of {self.key}, until {self.expires_at}"
