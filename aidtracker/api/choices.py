"""Lists of words in the OpenAPI document: each that stands in more than one place is named once.

So a generated client has one Marking, not one for each form that carries it, and the page does not say of every
word that it means itself.
"""

import re
from typing import Any

from actors.models import Actor, Source
from shipments.models import Document, EventType, Leg, OutboxEvent, Place, Report, Shipment, ShipmentParty, Subject
from shipments.models.diplomacy import Contact, Offer
from shipments.models.picture import State
from shipments.models.quantity import Basis, Qualifier
from shipments.reconciliation.vocabulary import Marking

NAMED: dict[str, Any] = {
    "ActorKind": Actor.Kind,
    "Basis": Basis,
    "ChangeType": OutboxEvent.Type,
    "ContactForm": Contact.Form,
    "Directness": Report.Directness,
    "DocumentKind": Document.Kind,
    "EventType": EventType,
    "Hedge": Report.Hedge,
    "LegRole": Leg.Role,
    "Marking": Marking,
    "Mode": Shipment.Mode,
    "OfferForm": Offer.Form,
    "PartyRole": ShipmentParty.Role,
    "PlaceKind": Place.Kind,
    "Polarity": Report.Polarity,
    "Precision": Report.Precision,
    "Qualifier": Qualifier,
    "SourceKind": Source.Kind,
    "State": State,
    "SubjectKind": Subject.Kind,
    "TimeClass": Report.TimeClass,
}
NAMES = {frozenset(str(word) for word in words): name for name, words in NAMED.items()}
# What drf-spectacular says of each word of a list.
LINES = re.compile(r"(?:\n*\* `.*?` - .*)+\Z")
LINE = re.compile(r"\* `(.*?)` - (.*)")


def name_choices(document: dict[str, Any]) -> None:
    """Put each list of NAMED among the components, refer to it wherever it stands, and drop what says nothing."""
    schemas = document["components"]["schemas"]
    lists = {name: {"type": "string", "enum": [str(word) for word in words]} for name, words in NAMED.items()}
    for part in (document["paths"], document["webhooks"], schemas):
        _walk(part)
    document["components"]["schemas"] = dict(sorted((schemas | lists).items()))


def _walk(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _walk(each)
    elif isinstance(part, dict):
        _name(part)
        for name, each in part.items():
            if name not in ("example", "examples"):
                _walk(each)


def _name(part: dict[str, Any]) -> None:
    """Name the list of words that ``part`` is, if it is one of ours, and shorten what is said of it."""
    part.pop("x-spec-enum-id", None)
    description = part.get("description")
    if isinstance(description, str) and (lines := LINES.search(description)) and _says_nothing(lines[0]):
        if shorter := description[: lines.start()].rstrip():
            part["description"] = shorter
        else:
            part.pop("description")
    words = part.get("enum")
    if isinstance(words, list) and (name := NAMES.get(frozenset(words))):
        for known in ("enum", "type", "minLength"):
            part.pop(known, None)
        part["$ref"] = f"#/components/schemas/{name}"


def _says_nothing(lines: str) -> bool:
    return all(_plain(word) == _plain(label) for word, label in LINE.findall(lines))


def _plain(text: str) -> str:
    return re.sub(r"\W|_", "", text.casefold())
