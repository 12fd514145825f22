"""The names that partners gave to what they entered, and the one policy of who is told them.

A row that a partner entered has an ``entry`` with its ``external_id``. It is told to the organisation whose source
entered it, and to analysts; to everybody else it would name a source that may be protected.
"""

from typing import Any, cast

from django.db.models import Model, OneToOneRel, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from actors.access import Reader


def may_be_told(reader: Reader, link: str = "") -> Q:
    """Which entries, at the end of ``link``, ``reader`` may know by the names that they were given."""
    if reader.is_analyst:
        return Q(**{f"{link}pk__isnull": False})
    # A source may be nobody's; it is not that of a reader who is of no organisation.
    return Q(**{f"{link}source__actor": reader.actor_id, f"{link}source__actor__isnull": False})


def external_id_of(model: type[Model], reader: Reader) -> Coalesce:
    """The name of a row, or else of what was merged into it; null where the reader may not know any."""
    entry = cast(OneToOneRel, model._meta.get_field("entry"))
    # By its own key, without the row that it is about once more.
    entries = entry.related_model._default_manager.order_by()
    own = entries.filter(may_be_told(reader), **{entry.field.name: OuterRef("pk")})
    merged = _named(model, reader).filter(merged_into=OuterRef("pk")).order_by("pk").values("entry__external_id")
    return Coalesce(Subquery(own.values("external_id")), Subquery(merged[:1]))


def entered_as(said: str, model: type[Model], reader: Reader, **which: Any) -> Q:
    """Rows that were entered by that name, or that such a row was merged into."""
    named = _named(model, reader).filter(entry__external_id=said, **which)
    return Q(pk__in=named.values(kept=Coalesce("merged_into_id", "pk")))


def _named(model: type[Model], reader: Reader) -> QuerySet:
    return model._default_manager.order_by().filter(may_be_told(reader, "entry__"))
