from actors.models.accounts import PartnerKey, User
from actors.models.actor import Actor, ActorIdentifier, ActorName
from actors.models.audit import AuditEntry
from actors.models.counts import RequestCount
from actors.models.source import Source, SourceInterest, SourceRating
from actors.models.tokens import AccessToken

__all__ = [
    "AccessToken",
    "Actor",
    "ActorIdentifier",
    "ActorName",
    "AuditEntry",
    "PartnerKey",
    "RequestCount",
    "Source",
    "SourceInterest",
    "SourceRating",
    "User",
]
