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


def external_ids(model: type[Model], reader: Reader) -> list[tuple[str, QuerySet, str]]:
    """Where the names of a model's rows are that the reader may know: (link to the row, rows, column), in order.

    First the row's own name, then those of what was merged into it.
    """
    entry = cast(OneToOneRel, model._meta.get_field("entry"))
    # By its own key, without the row that it is about once more.
    entries = entry.related_model._default_manager.order_by()
    merged = _named(model, reader).order_by("pk")
    return [
        (f"{entry.field.name}_id", entries.filter(may_be_told(reader)), "external_id"),
        ("merged_into_id", merged, "entry__external_id"),
    ]


def external_id_of(model: type[Model], reader: Reader) -> Coalesce:
    """The name of a row, or else of what was merged into it; null where the reader may not know any."""
    names = external_ids(model, reader)
    return Coalesce(*(Subquery(rows.filter(**{link: OuterRef("pk")}).values(name)[:1]) for link, rows, name in names))


def entered_as(said: str, model: type[Model], reader: Reader, **which: Any) -> Q:
    """Rows that were entered by that name, or that such a row was merged into."""
    named = _named(model, reader).filter(entry__external_id=said, **which)
    return Q(pk__in=named.values(kept=Coalesce("merged_into_id", "pk")))


def _named(model: type[Model], reader: Reader) -> QuerySet:
    return model._default_manager.order_by().filter(may_be_told(reader, "entry__"))
