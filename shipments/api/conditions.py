"""What each filter of a kind of subject asks of it. A hidden value finds what a missing one finds: nothing."""

from collections.abc import Callable
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from actors.access import Reader
from actors.api.pages import LookedFor
from actors.models import Actor, Source
from actors.querysets import is_there
from actors.services.entered import entered_as, may_be_told
from shipments.api.searching import few, few_or_each
from shipments.models import Contact, Crisis, Leg, Line, Place, Shipment, ShipmentParty, Subject

Condition = Callable[[Any, Reader], Q | LookedFor]


def _named(said: str, visible: QuerySet, reader: Reader, **which: Any) -> QuerySet:
    """The key of the one row with that reference, or that the reader entered as source:external_id."""
    source, is_own, own_name = said.partition(":")
    if is_own:
        entry = {"entry__source__code": source, "entry__external_id": own_name}
        told = visible.filter(may_be_told(reader, "entry__"), **entry, **which)
        return told.values_list(Coalesce("merged_into_id", "pk"), flat=True)
    return visible.filter(reference=said).values_list("pk", flat=True)


# The key is found first, so that an index over the link finds the rest.
def _actor(link: str) -> Condition:
    return lambda said, reader: Q(**{f"{link}_id": Subquery(_actors(said, reader))})


def _actors(said: str, reader: Reader) -> QuerySet:
    return _named(said, Actor.objects.order_by().visible_to(reader), reader)


def _subject(link: str, kind: str) -> Condition:
    def condition(said: str, reader: Reader) -> Q:
        visible = Subject.objects.order_by().visible_to(reader)
        return Q(**{f"{link}_id": Subquery(_named(said, visible, reader, entry__kind=kind))})

    return condition


def of_source(code: str, reader: Reader) -> Q:
    """What the source of a code said; it is looked up before, so that PostgreSQL knows of how much that is."""
    return Q(source_id__in=list(Source.objects.named_to(reader).filter(code=code).values_list("pk", flat=True)))


def _plain(column: str) -> Condition:
    return lambda said, reader: Q(**{column: said})


def _donor(said: str, reader: Reader) -> Q:
    given = ShipmentParty.objects.order_by().filter(role=ShipmentParty.Role.DONOR)
    return _one_of(given, "shipment_id", said, reader)


def _participant(said: str, reader: Reader) -> Q:
    return _one_of(Contact.participants.through.objects.all(), "contact_id", said, reader)


def _one_of(rows: QuerySet, link: str, said: str, reader: Reader) -> Q:
    """Subjects that ``link`` leads to from those of ``rows`` that name an actor.

    The actor is looked up before, so that PostgreSQL knows how many they are and walks them beside the list: an index
    has them in its order.
    """
    actor = _actors(said, reader).first()
    return Q(pk__in=rows.filter(actor_id=actor).values(link)) if actor else Q(pk=None)


def _place(said: str, reader: Reader) -> Q | LookedFor:
    place = Place.objects.filter(code=said).values_list("pk", flat=True).first()
    if not place:
        return Q(pk=None)
    each = Q(destination=place)
    ways: list[Q] = [each]
    touching: list[QuerySet] = [Shipment.objects.order_by().filter(each).values_list("pk", flat=True)]
    for end in ("origin", "destination"):
        legs = Leg.objects.order_by().filter(**{end: place})
        each |= Q(is_there(legs.filter(shipment=OuterRef("pk"))))
        ways.append(Q(pk__in=legs.values("shipment_id")))
        touching.append(legs.values_list("shipment_id", flat=True))
    first, *others = touching
    found = few(first.union(*others, all=True))
    # Each way by an index that has them in the order of keys.
    return LookedFor(condition=each, among=ways, along=("pk",)) if found is None else Q(pk__in=found)


def _item(said: str, reader: Reader) -> Q | LookedFor:
    lines = Line.objects.order_by().filter(item__icontains=said)
    each = Q(is_there(lines.filter(shipment=OuterRef("pk"))))
    return few_or_each(lines.values_list("shipment_id", flat=True), each)


def _country(said: str, reader: Reader) -> Q | LookedFor:
    named = Q(countries__contains=[said])
    return few_or_each(Crisis.objects.order_by().filter(named).values_list("pk", flat=True), named)


def _external_id(kind: str) -> dict[str, Condition]:
    return {"external_id": lambda said, reader: entered_as(said, Subject, reader, entry__kind=kind)}


_CRISIS = {"crisis": _subject("crisis", "crisis")}
CONDITIONS: dict[str, dict[str, Condition]] = {
    "shipment": {
        **_CRISIS,
        **_external_id("shipment"),
        "mode": _plain("mode"),
        "donor": _donor,
        "recipient": _actor("recipient"),
        "carrier": _actor("carrier"),
        "offer": _subject("offer", "offer"),
        "place": _place,
        "item": _item,
    },
    "offer": {
        **_CRISIS,
        **_external_id("offer"),
        "form": _plain("form"),
        "donor": _actor("donor"),
        "recipient": _actor("recipient"),
        "answers": _subject("answers", "appeal"),
    },
    "appeal": {
        **_CRISIS,
        **_external_id("appeal"),
        "requester": _actor("requester"),
        "addressee": _actor("addressee"),
    },
    "contact": {**_CRISIS, "form": _plain("form"), "participant": _participant},
    "inquiry": {**_CRISIS, "asked": _actor("asked"), "asked_by": _actor("asked_by")},
    "crisis": {**_CRISIS, "country": _country},
}
