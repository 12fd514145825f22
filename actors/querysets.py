"""The querysets that hold the access policy for actors and sources."""

from typing import TYPE_CHECKING, Self

from django.db.models import BooleanField, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from actors.access import Reader


def is_there(row: QuerySet) -> Coalesce:
    """Whether ``row``, found by its key, is there: looked up row by row.

    Where EXISTS is one of several conditions, PostgreSQL notes every key there is, even for a page of a hundred.
    """
    return Coalesce(Subquery(row.order_by().values(found=Value(True))[:1]), False, output_field=BooleanField())


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
