"""What the API is asked: every address with each of its parameters and orders, and with values of many, few and none.

The addresses and their parameters are those that the views declare, so that a new one is asked here by being
there; a filter of which it is not known what to ask for fails until VALUES says it.
"""

from typing import Any

from django.db.models import Count
from rest_framework import serializers

from actors.api.parameters import Moment, Span
from actors.models import Actor, Source
from shipments.models import Conflict, Document, Picture, Report, Subject, Subscription
from shipments.models.shipment import Shipment, ShipmentParty
from tests.aidtracker.api.test_doors import WORDS
from tests.aidtracker.api.test_queries import views
from tests.growth.asking import Cell
from tests.growth.base import OUTLET

# Not filters: where a page begins, how long it is, and what of a row is shown.
PAGING = {"cursor", "after", "fields", "limit"}
LIMIT = 5
# What to ask for by a filter's name: something that many rows have.
VALUES = {
    "external_id": "S-881",
    "item": "Cholera",
    "q": "for",
    "country": "KP",
    "within": "KP",
    "event_id": "evt-1",
    "place": "LIBR",
    "contested": "true",
    "kept_open": "false",
    "held": "false",
    "asked_by": "",
    "type": "picture.changed",
    "status": "arrived",
    "milestone": "departed",
    "attribute": "quantity",
    "period": "2022-05",
}
# By kind of subject, where most rows have another one.
MOSTLY = {
    "offers/status": "made",
    "appeals/status": "made",
    "reports/kind": "observe",
    "documents/q": "news",
    "offers/q": "gift",
    "appeals/q": "request",
    "contacts/q": "call",
    "inquiries/q": "question",
    "crises/q": "flood",
    "contacts/form": "call",
    "offers/form": "in_kind",
    "places/kind": "country",
    "sources/kind": "outlet",
    "shipments/state": "corroborated",
    "conflicts/q": "for",
    "reports/q": "a",
    "places/q": "air",
    "conflicts/kind": "exclusive_branch",
}
SINCE, UNTIL, KNOWN_AT, SPAN = "2022-05-01", "2030-01-01", "2026-06-02", "2022-05-16..2100-01-01"
# What nothing has, and where many things are before it and after it.
NONE = {
    "reports/": [
        "milestone=nothing",
        "event_id=nothing",
        "since=2099-01-01",
        "until=1999-01-01",
        "since=2022-06-16&until=2022-06-16",
        "marking=AMBER",
    ],
    "shipments/": [
        *("since=2099-01-01", "until=1999-01-01", "marking=AMBER", "mode=sea"),
        "since=2021-06-16&until=2021-06-16",
    ],
    "contacts/": ["contested=false", "since=2099-01-01", "until=1999-01-01"],
    "inquiries/": ["since=2099-01-01", "until=1999-01-01"],
    "crises/": ["since=2099-01-01", "until=1999-01-01", "country=AQ"],
    "conflicts/": ["kept_open=true", "known_at=2020-01-01"],
    "documents/": ["marking=RED"],
}
# Addresses of one subject: one view serves every kind.
LIKE_SHIPMENTS = tuple(f"{plural}/SHP-" for plural in ("appeals", "contacts", "crises", "inquiries", "offers"))


def questions() -> dict[Cell, str]:
    """Every address with each of its parameters, and each order; details of one of the newest."""
    names = _names()
    asked: dict[Cell, str] = {}
    for path, view in views():
        address = _address(path)
        fields = view.parameters().fields
        needed = [f"known_at={SPAN}"] if isinstance(fields.get("known_at"), Span) else []
        if "limit" in fields:
            needed.append(f"limit={LIMIT}")
        asked[path, ""] = f"{address}?{'&'.join(needed)}"
        # Once is enough where the view is that of shipments.
        if path.startswith(LIKE_SHIPMENTS):
            continue
        for name, field in fields.items():
            if name in PAGING or isinstance(field, Span):
                continue
            values = list(field.choices) if name == "ordering" else [_common(path, name, field, names)]
            for value in values:
                asked[path, f"{name}={value}"] = f"{address}?{'&'.join([*needed, f'{name}={value}'])}"
    # Of few shipments, but more at the larger size than are found first there: no other's are passed over.
    given = Actor.objects.filter(shipmentparty__role="donor").annotate(given=Count("shipmentparty"))
    verified = Picture.objects.filter(known_to=None, tier=0, status="verified", subject__marking=0)
    few = given.filter(shipmentparty__shipment__in=verified.values("subject")).order_by("given")[0]
    asked["shipments/", "of a small donor"] = f"shipments/?limit={LIMIT}&status=verified&donor={few.reference}"
    asked["shipments/", "by two letters that nothing has"] = f"shipments/?limit={LIMIT}&q=zq"
    asked["shipments/", "a full page"] = "shipments/?limit=100"
    asked["shipments/", "of which nothing is contested"] = f"shipments/?limit={LIMIT}&contested=false"
    asked["shipments/", "before everything"] = f"shipments/?limit={LIMIT}&known_at=2020-01-01"
    # Of a source between rare and common all were put in order for a page; of one that was silent since, all that
    # others said was passed over.
    told = Source.objects.annotate(told=Count("reports")).filter(told__gt=20).order_by("told")[0]
    asked["reports/", "of a small source"] = f"reports/?limit={LIMIT}&source={told.code}"
    asked["reports/", "of a silent source"] = f"reports/?limit={LIMIT}&source={OUTLET}"
    asked["reports/", "of a kind that none has"] = f"reports/?limit={LIMIT}&kind=decide"
    asked["changes/", "of a kind that none has"] = f"changes/?limit={LIMIT}&subject_kind=crisis"
    asked["reports/", "of a marking that none has"] = f"reports/?limit={LIMIT}&marking=RED"
    # What nothing has was looked for in all there is.
    for path, none in NONE.items():
        asked |= {(path, f"none has {one}"): f"{path}?limit={LIMIT}&{one}" for one in none}
    return asked


def rare_questions(values: dict[str, str]) -> dict[Cell, str]:
    """Each filter of a list with a value that one row has."""
    return {
        (path, f"rare {name}"): f"{path}?limit={LIMIT}&{name}={values[name]}"
        for path, view in views()
        for name in view.parameters().fields.keys() & values.keys()
        if "limit" in view.parameters().fields and not any(word in path for word in WORDS.values())
        if values[name] in getattr(view.parameters().fields[name], "choices", [values[name]])
    }


def _address(path: str) -> str:
    """``path`` with the name of a row in place of the name that nothing has."""
    plural = path.partition("/")[0]
    if WORDS["stable_id"] in path:
        row: str = Conflict.objects.filter(known_to=None, tier=0, subject__marking=0).values_list("stable_id")[0][0]
        return path.replace(WORDS["stable_id"], row)
    if plural in ("sources", "places"):
        return path.replace(WORDS["code"], {"sources": OUTLET, "places": "KPFNJ"}[plural])
    rows: Any = {
        "actors": ShipmentParty.objects.values_list("actor__reference"),
        "documents": Document.objects.values_list("reference"),
        "reports": Report.objects.filter(marking=0, subject__marking=0).values_list("reference"),
        "subscriptions": Subscription.objects.values_list("reference"),
    }.get(plural)
    if rows is None:
        kind = {"crises": "crisis", "inquiries": "inquiry"}.get(plural, plural.removesuffix("s"))
        rows = Subject.objects.filter(kind=kind, marking=0).values_list("reference")
    return path.replace(WORDS["reference"], rows[0][0]) if WORDS["reference"] in path else path


def _names() -> dict[str, str]:
    """References that many rows have, by list and filter."""
    shipment = Shipment.objects.filter(marking=0).select_related("recipient", "carrier", "crisis")[0]
    offer = Subject.objects.filter(kind="offer")[0].as_offer
    # Found in the list itself at both sizes; a donor between rare and common is found first at the smaller one only.
    donors = Actor.objects.filter(shipmentparty__role="donor").annotate(given=Count("shipmentparty"))
    donor = donors.order_by("-given")[0]
    return {
        "shipments/donor": donor.reference,
        "shipments/recipient": shipment.recipient.reference,
        "shipments/carrier": shipment.carrier.reference,
        "shipments/crisis": shipment.crisis.reference,
        "shipments/offer": offer.reference,
        "donor": offer.donor.reference,
        "crisis": offer.crisis.reference,
        "recipient": offer.recipient.reference,
        "requester": offer.recipient.reference,
        "addressee": offer.donor.reference,
        "participant": offer.donor.reference,
        "asked": offer.donor.reference,
        "answers": offer.answers.reference,
        "actor": offer.donor.reference,
        "subject": shipment.reference,
        "asked_by": Subject.objects.filter(kind="inquiry")[0].as_inquiry.asked_by.reference,
        "source": Report.objects.filter(subject=shipment)[0].source.code,
        "documents/source": OUTLET,
    }


def _common(path: str, name: str, field: serializers.Field, names: dict[str, str]) -> str:
    if isinstance(field, Moment):
        # The one that a detail is asked of may have come later than the moment that lists go back to.
        return {"since": SINCE, "until": UNTIL}.get(name, KNOWN_AT if path.count("/") == 1 else UNTIL)
    for values in (MOSTLY, names):
        if f"{path}{name}" in values:
            return values[f"{path}{name}"]
    choices = list(getattr(field, "choices", ()))
    if choices and VALUES.get(name) not in choices:
        return str(choices[0])
    return names.get(name) or VALUES[name]
