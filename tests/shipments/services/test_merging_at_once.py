"""An actor is merged while an entry that names it is stored: the entry names the survivor, whichever comes first."""

import pytest

from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.models import Actor
from shipments.factories import PlaceFactory
from shipments.models import Leg, Shipment
from shipments.services.merging import merge
from tests.people import make_partner
from tests.shipments.api.entries import ENTERS, good_entries
from tests.threads import one_after_the_other

BOTH_ORDERS = pytest.mark.parametrize("first", ["the entry", "the merge"])


@pytest.fixture
def sender(committed_db):
    return make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))


def at_once(first, enter, row, into):
    analyst = UserFactory()
    works = {"the entry": enter, "the merge": lambda: merge(row, into, reason="One and the same.", by=analyst)}
    one_after_the_other(works.pop(first), *works.values())


@BOTH_ORDERS
def test_an_entry_names_the_survivor_of_actors_that_are_merged_meanwhile(sender, first):
    body, survivor = good_entries()["shipment"], ActorFactory()
    twin = Actor.objects.get(reference=body["recipient"])
    Actor.objects.filter(pk=twin.pk).update(provisional=True)
    at_once(first, lambda: sender.post("shipments/", body), twin, survivor)
    assert Shipment.objects.get().recipient == survivor


@BOTH_ORDERS
def test_an_entry_that_is_changed_names_the_survivor_too(sender, first):
    where = sender.post("shipments/", good_entries()["shipment"]).headers["Location"]
    twin, survivor = ActorFactory(provisional=True), ActorFactory()
    change = {"parties": [{"role": "donor", "actor": twin.reference}]}
    at_once(first, lambda: sender.send("PATCH", where, change, **{"idempotency-key": "by-whom"}), twin, survivor)
    assert [party.actor for party in Shipment.objects.get().party_rows.all()] == [survivor]


@BOTH_ORDERS
def test_a_leg_that_is_added_goes_to_the_survivor_of_places_that_are_merged_meanwhile(sender, first):
    where = sender.post("shipments/", good_entries()["shipment"]).headers["Location"]
    twin, survivor = PlaceFactory(provisional=True), PlaceFactory()
    leg = {**good_entries()["shipment"]["legs"][0], "key": "out-2", "sequence": 2, "destination": twin.code}
    at_once(first, lambda: sender.post(f"{where}legs/", leg, **{"idempotency-key": "leg"}), twin, survivor)
    assert Leg.objects.get(key="out-2").destination == survivor
