"""The words in which the tests of flows are told: offers and shipments that got so far, as they are believed."""

from typing import Any
from unittest.mock import patch

from actors.models import Actor
from shipments.factories import (
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    PictureFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
)
from shipments.models import Offer, Picture, Shipment
from shipments.services.flows import kept
from shipments.services.flows.keeping import fold_flows
from tests.people import Caller

RUNGS = ["floated", "offered", "accepted", "committed", "dispatched", "arrived", "received"]
MAY = {"from": "2022-05-10T00:00:00+00:00", "to": "2022-05-10T23:59:59+00:00", "precision": "day"}


def believe(subject: Any, *milestones: str, state: str = "single_source", **columns: Any) -> Picture:
    """That this is the best story of ``subject``, accepted to its end unless ``status`` says otherwise."""
    steps = [{"milestone": each, "state": state, "at": MAY, "because": []} for each in milestones]
    columns = {"status": milestones[-1], "state": state, "contested": state == "contested", **columns}
    return PictureFactory(subject=subject.subject, timeline=steps, **columns)


def offer(*milestones: str, doses: int | None = 500_000, **given: Any) -> Offer:
    """An offer of vaccines that got so far."""
    columns = {name: given.pop(name) for name in ("state", "status", "alternatives", "tier") if name in given}
    made = OfferFactory(**given)
    OfferLineFactory(offer=made, category="vaccines", quantity_low=doses, quantity_high=doses, qualifier="exact")
    believe(made, *milestones, **columns)
    return made


def shipment(*milestones: str, donors: list[Actor], tonnes: int | None = 9, **given: Any) -> Shipment:
    """A shipment of medicines that got so far."""
    columns = {name: given.pop(name) for name in ("state", "status", "alternatives", "tier") if name in given}
    made = ShipmentFactory(**given)
    for donor in donors:
        ShipmentPartyFactory(shipment=made, actor=donor)
    LineFactory(shipment=made, quantity_low=tonnes, quantity_high=tonnes)
    believe(made, *milestones, **columns)
    return made


def flows(caller: Caller, **asked: Any) -> list[Any]:
    """What is answered: the same before it is added up, when it is, and where every subject is read."""
    found = [_results(caller, asked)]
    while fold_flows():
        pass
    found.append(_results(caller, asked))
    with patch.object(kept, "are_kept", return_value=False):
        found.append(_results(caller, asked))
    assert found[0] == found[1] == found[2]
    return found[0]


def _results(caller: Caller, asked: Any) -> list[Any]:
    answer = caller.get("flows/", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def flow(caller: Caller, **asked: Any) -> Any:
    (found,) = flows(caller, **asked)
    return found


def counts(flow: Any) -> list[int]:
    return [flow[rung]["count"] for rung in RUNGS]


def amount(flow: Any, rung: str) -> Any:
    (total,) = flow[rung]["amounts"]
    return total
