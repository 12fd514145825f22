"""What names an actor, a place or a subject: rows of plans, and what was said. After a merge it reads otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models

from actors.models import Actor, SourceInterest
from shipments.models import (
    Appeal,
    Contact,
    Inquiry,
    Leg,
    Line,
    Offer,
    Place,
    Report,
    Shipment,
    ShipmentParty,
    Subject,
)
from shipments.services.reaching import speaking_of, subjects_of

Row = Actor | Place | Subject
Link = tuple[type[models.Model], str]
PARTICIPANTS: type[models.Model] = Contact.participants.through
# The plan rows that name an actor, a place or a subject. Evidence, grants, keys and sources keep the name they have.
LINKS: Mapping[str, tuple[Link, ...]] = {
    "actor": (
        (Appeal, "requester"),
        (Appeal, "addressee"),
        (Offer, "donor"),
        (Offer, "recipient"),
        (Shipment, "recipient"),
        (Shipment, "carrier"),
        (ShipmentParty, "actor"),
        (Leg, "carrier"),
        (Line, "donor"),
        (Inquiry, "asked"),
        (Inquiry, "asked_by"),
        (PARTICIPANTS, "actor"),
        (Actor, "parent"),
    ),
    "place": (
        (Shipment, "destination"),
        (Leg, "origin"),
        (Leg, "destination"),
        (Contact, "place"),
        (Place, "within"),
    ),
    "crisis": ((Subject, "crisis"),),
    "appeal": ((Offer, "answers"),),
    "offer": ((Shipment, "offer"),),
    "shipment": ((Shipment, "parent"),),
}
# Rows that would stand twice, once both names are one: (model, column) -> what else makes them the same.
ONCE: Mapping[Link, tuple[str, ...]] = {
    (ShipmentParty, "actor"): ("shipment_id", "role"),
    (PARTICIPANTS, "actor"): ("contact_id",),
}
# Legs and lines come along with a shipment.
PARTS: tuple[Link, ...] = ((Leg, "shipment"), (Line, "shipment"))


@dataclass(frozen=True, kw_only=True)
class Named:
    """A column of a plan row of ``owner`` that names another row by its key."""

    owner: UUID
    model: type[models.Model]
    column: str
    key: UUID


def kind_of(row: Row) -> str:
    """actor, place, or the kind of subject."""
    return row.kind if isinstance(row, Subject) else "place" if isinstance(row, Place) else "actor"


def touched_by(row: Row) -> set[UUID]:
    """Subjects that read otherwise once the row is another: those whose plan names it, and whose evidence does."""
    return _spoken_of(row) | _named_by(row)


def names_in(owners: Collection[UUID], rows: Sequence[Row]) -> set[Named]:
    """Each place where a plan of ``owners`` names one of ``rows``, all of one kind, or is a part of one."""
    found: set[Named] = set()
    for model, column in LINKS.get(kind_of(rows[0]), ()) if rows else ():
        own = owner_column(model) or "pk"
        named = model._default_manager.filter(**{f"{own}__in": owners, f"{column}__in": rows}).order_by()
        found |= {
            Named(owner=owner, model=model, column=column, key=key)
            for owner, key in named.values_list(own, f"{column}_id")
        }
    return found


def owner_column(model: type[models.Model]) -> str:
    """The column of a plan row that names its subject; empty where it is no subject's."""
    if issubclass(model, Subject):
        return "pk"
    names = {field.attname for field in model._meta.concrete_fields}
    return next((name for name in ("shipment_id", "contact_id") if name in names), "")


def label_of(model: type[models.Model], column: str) -> str:
    """By what the audit trail calls a link."""
    return f"{model._meta.model_name}.{column}"


def link_of(label: str) -> Link:
    """The link of ``label_of``."""
    links = {label_of(*link): link for each in (*LINKS.values(), PARTS) for link in each}
    return links[label]


def _spoken_of(row: Row) -> set[UUID]:
    if isinstance(row, Subject):
        return {row.pk}
    if isinstance(row, Place):
        return subjects_of(speaking_of(row))
    interested = SourceInterest.objects.filter(actor=row).values("source")
    return subjects_of(Report.objects.filter(source__in=interested))


def _named_by(row: Row) -> set[UUID]:
    found: set[UUID] = set()
    for model, column in LINKS.get(kind_of(row), ()):
        if own := owner_column(model):
            found |= set(model._default_manager.filter(**{column: row.pk}).values_list(own, flat=True))
    return found
