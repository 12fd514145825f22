"""?q= of subjects: a word is looked for in what this reader is shown of a subject, and nowhere else."""

from uuid import UUID

from django.db.models import Model, OuterRef, Q, QuerySet

from actors.access import Reader
from actors.api.pages import LookedFor
from actors.models import Actor, ActorName
from actors.querysets import is_there
from shipments.models import (
    Appeal,
    Contact,
    Crisis,
    Inquiry,
    Line,
    Offer,
    OfferLine,
    Shipment,
    ShipmentParty,
    Subject,
    SubjectIdentifier,
)

# So many are found first and put in order for a page.
FEW = 2_000
# Indexes know words by so many letters, and by where they begin: what stands before a word that is not the first.
WHOLE, BEFORE = 3, " -(/"
# Links to actors that are shown by name, and columns of the kind that describe it.
ACTORS: dict[str, tuple[type[Subject], tuple[str, ...]]] = {
    "shipment": (Shipment, ("recipient", "carrier")),
    "offer": (Offer, ("donor", "recipient")),
    "appeal": (Appeal, ("requester", "addressee")),
    "inquiry": (Inquiry, ("asked", "asked_by")),
}
DESCRIBED: dict[str, tuple[type[Subject], str]] = {
    "offer": (Offer, "conditions"),
    "appeal": (Appeal, "asked_for"),
    "inquiry": (Inquiry, "question"),
    "crisis": (Crisis, "glide"),
}
# Rows beside a subject: the link to it, and what of them is searched.
ITEMS: dict[str, tuple[type[Model], str]] = {"shipment": (Line, "shipment_id"), "offer": (OfferLine, "offer_id")}
PARTIES: dict[str, tuple[type[Model], str]] = {
    "shipment": (ShipmentParty, "shipment_id"),
    "contact": (Contact.participants.through, "contact_id"),
}


def enough(keys: QuerySet) -> QuerySet:
    """So many of ``keys`` that it is known whether they are few."""
    return keys[: FEW + 1]


def few(keys: QuerySet) -> list[UUID] | None:
    """``keys``, where they are few enough to be put in order; else None."""
    found = list(enough(keys))
    return None if len(found) > FEW else found


def few_or_each(keys: QuerySet, each: Q) -> Q | LookedFor:
    """Rows of ``keys``, where they are few; else those of which ``each`` is true.

    What many rows have is soon met in the order of the list, which then costs the least.
    """
    found = few(keys)
    return LookedFor(condition=each) if found is None else Q(pk__in=found)


def found_by(term: str, kind: str, reader: Reader) -> Q | LookedFor:
    """Subjects of ``kind`` in which ``reader`` would read ``term``.

    Each column is looked into by an index of its own, which knows words by every three letters.
    """
    subjects = Subject.objects.filter(kind=kind)
    own: list[tuple[QuerySet, Q]] = [
        (subjects, _reads("title", term)),
        (subjects, Q(reference=term.upper())),
    ]
    if kind in DESCRIBED:
        model, column = DESCRIBED[kind]
        own.append((model._default_manager.all(), _reads(column, term)))
    actors = _actors(term, reader)
    named = few(actors.values_list("pk", flat=True))

    def is_named(link: str) -> Q:
        return Q(is_there(actors.filter(pk=OuterRef(link)))) if named is None else Q(**{f"{link}__in": named})

    if named != [] and kind in ACTORS:
        model, links = ACTORS[kind]
        own += [(model._default_manager.all(), is_named(f"{link}_id")) for link in links]
    beside: list[tuple[type[Model], str, Q]] = [(SubjectIdentifier, "subject_id", _reads("value", term))]
    if kind in ITEMS:
        beside.append((*ITEMS[kind], _reads("item", term)))
    if named != [] and kind in PARTIES:
        beside.append((*PARTIES[kind], is_named("actor_id")))
    each, keys = Q(), []
    for rows, condition in own:
        each |= condition
        keys.append(rows.filter(condition).values_list("pk", flat=True))
    for table, link, condition in beside:
        rows = table._default_manager.filter(condition)
        each |= Q(is_there(rows.filter(**{link: OuterRef("pk")})))
        keys.append(rows.values_list(link, flat=True))
    if named is None:
        # What names so many has no index to be found by.
        return LookedFor(condition=each)
    first, *others = (some.order_by() for some in keys)
    return few_or_each(first.union(*others, all=True), each)


def _reads(column: str, term: str) -> Q:
    """Rows with ``term`` in ``column``: in any part of a word, or, if it is of one or two letters, where one begins.

    Two letters in the middle of a word are in no index, and nobody who looks for the EU wants a museum.
    """
    if len(term) >= WHOLE:
        return Q(**{f"{column}__icontains": term})
    begins = Q(**{f"{column}__istartswith": term})
    for before in BEFORE:
        begins |= Q(**{f"{column}__icontains": before + term})
    return begins


def _actors(term: str, reader: Reader) -> QuerySet:
    """Those that the reader may see with ``term`` in one of their names."""
    called = ActorName.objects.filter(_reads("name", term)).values("actor_id")
    return Actor.objects.order_by().visible_to(reader).filter(_reads("name", term) | Q(pk__in=called))
