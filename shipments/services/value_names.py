"""What places and actors are called where a value tells them by their code, for whoever may know."""

from collections.abc import Iterable, Mapping
from typing import Any

from actors.access import Reader
from actors.models import Actor
from shipments.models import Place
from shipments.services.vocabularies import OWN


def names_of(values: Iterable[Any], reader: Reader) -> dict[str, str]:
    """The names of the places and actors among ``values`` (as a finding or a step has them), by their codes."""
    told = [value for value in values if isinstance(value, dict)]
    places = {value["place"] for value in told if value.get("place")}
    actors = {value["actor"] for value in told if value.get("actor")}
    names = dict(Place.objects.filter(code__in=places).values_list("code", "name")) if places else {}
    if actors:
        known = Actor.objects.visible_to(reader).filter(identifiers__scheme=OWN, identifiers__value__in=actors)
        names |= dict(known.values_list("identifiers__value", "name"))
    return names


def named(value: Any, label: str, names: Mapping[str, str]) -> str:
    """A value in words: a place or an actor by its name, anything else by its ``label``."""
    match value or {}:
        case {"place": code} | {"actor": code} if code in names:
            return names[code]
    return label
