"""The querysets that hold the access policy for actors and sources."""

from typing import TYPE_CHECKING, Self

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from actors.access import Reader


class ActorQuerySet(QuerySet):
    """Actors; ``visible_to`` leaves out what the reader may not know of."""

    def visible_to(self, reader: "Reader") -> Self:
        own = Q(pk=reader.actor_id) if reader.actor_id else Q()
        return self.filter(Q(marking__lte=reader.clearance) | own)


class SourceQuerySet(QuerySet):
    """Sources; ``visible_to`` leaves out what the reader may not know of."""

    def visible_to(self, reader: "Reader") -> Self:
        own = Q(actor_id=reader.actor_id) if reader.actor_id else Q()
        return self.filter(Q(marking__lte=reader.clearance) | own)

    def named_to(self, reader: "Reader") -> Self:
        """Visible sources whose name may be told: a protected one to analysts and its own organisation alone."""
        if reader.is_analyst:
            return self.visible_to(reader)
        own = Q(actor_id=reader.actor_id) if reader.actor_id else Q()
        return self.visible_to(reader).filter(Q(protected=False) | own)
