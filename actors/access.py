"""The one policy: who may read what. Every edge asks it, through the querysets.

A reader is a person or a partner's key, reduced to what the rule needs. The rule:

    a row is readable  if  its marking is within the reader's clearance
                       or  it is the reader's own (sent by their organisation)
                       or  it is about a subject that was granted to them by name

Hidden and missing are one answer: querysets leave hidden rows out, so that every edge says
"not found" in the same words for both.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from actors.marking import Marking
from actors.models import PartnerKey, User


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who is asking: how far they are cleared, and whose own and granted rows they read beyond that."""

    clearance: Marking
    actor_id: UUID | None = None
    user_id: int | None = None

    @property
    def reads_held(self) -> bool:
        """Cleared for what is about no subject yet, so that nobody knows how far it may be shown."""
        return self.clearance >= Marking.AMBER

    @property
    def is_analyst(self) -> bool:
        """One of ours, cleared for what analysts read. A partner is none, however far it is cleared."""
        return self.actor_id is None and self.reads_held

    @classmethod
    def of_user(cls, user: User | AnonymousUser) -> "Reader":
        """An analyst's reading rights; nobody signed in reads only what is public."""
        if not user.is_authenticated or not user.is_active:
            return cls(clearance=Marking.CLEAR)
        return cls(clearance=Marking(user.clearance), user_id=user.pk)

    @classmethod
    def of_key(cls, key: PartnerKey) -> "Reader":
        """A partner's reading rights."""
        return cls(clearance=Marking(key.clearance), actor_id=key.actor_id)
