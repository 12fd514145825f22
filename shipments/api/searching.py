"""?q= of subjects: a word is looked for in what this reader is shown of a subject, and nowhere else."""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q

from actors.access import Reader
from actors.models import Actor, ActorName
from shipments.models import Contact, Line, OfferLine, ShipmentParty, SubjectIdentifier

# Links to actors that are shown by name, and columns of the kind that describe it.
ACTORS = {
    "shipment": ("recipient", "carrier"),
    "offer": ("donor", "recipient"),
    "appeal": ("requester", "addressee"),
    "inquiry": ("asked", "asked_by"),
}
DESCRIBED = {"offer": ("conditions",), "appeal": ("asked_for",), "inquiry": ("question",), "crisis": ("glide",)}
BESIDE: dict[str, Callable[[str, Q], Q]] = {
    "shipment": lambda term, named: (
        Q(Exists(Line.objects.filter(shipment=OuterRef("pk"), item__icontains=term)))
        | Q(Exists(ShipmentParty.objects.filter(named, shipment=OuterRef("pk"))))
    ),
    "offer": lambda term, named: Q(Exists(OfferLine.objects.filter(offer=OuterRef("pk"), item__icontains=term))),
    "contact": lambda term, named: Q(
        Exists(Contact.participants.through.objects.filter(named, contact=OuterRef("pk")))
    ),
}


def found_by(term: str, kind: str, reader: Reader) -> Q:
    """Subjects of ``kind`` in which ``reader`` would read ``term``."""
    identifiers = SubjectIdentifier.objects.filter(subject=OuterRef("pk"), value__icontains=term)
    condition = Q(title__icontains=term) | Q(reference__iexact=term) | Q(Exists(identifiers))
    for column in DESCRIBED.get(kind, ()):
        condition |= Q(**{f"{column}__icontains": term})
    called = ActorName.objects.filter(name__icontains=term).values("actor_id")
    actors = Actor.objects.visible_to(reader).filter(Q(name__icontains=term) | Q(pk__in=called)).values("pk")
    for link in ACTORS.get(kind, ()):
        condition |= Q(**{f"{link}_id__in": actors})
    if kind in BESIDE:
        condition |= BESIDE[kind](term, Q(actor_id__in=actors))
    return condition
