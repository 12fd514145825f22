"""Flows are added up beside those who change what they are made of, and hold nothing of before."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from actors.access import Reader
from actors.factories import StateFactory
from actors.marking import Marking
from actors.models import Actor
from shipments.factories import CrisisFactory
from shipments.models import Offer, Subject
from shipments.services.flows import keeping
from shipments.services.flows.keeping import fold_flows
from tests.shipments.api.flowing import offer, shipment
from tests.shipments.services.flows.both import fold_all, read_both

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.mark.parametrize("what", ["offer", "donor", "crisis", "promise"])
def test_nothing_is_told_of_what_is_restricted_while_others_begin_to_point_at_it(what: str) -> None:
    donor, crisis = StateFactory(), CrisisFactory()
    made = offer("made", donor=donor, crisis=crisis)
    changes = {
        "offer": lambda: Subject.objects.filter(pk=made.pk).update(marking=Marking.RED),
        "donor": lambda: Actor.objects.filter(pk=donor.pk).update(marking=Marking.RED),
        "crisis": lambda: Subject.objects.filter(pk=crisis.pk).update(marking=Marking.RED),
        "promise": lambda: Offer.objects.filter(pk=made.pk).update(donor=StateFactory(marking=Marking.RED)),
    }
    fold_all()

    def meanwhile() -> None:
        shipment("departed", donors=[], offer=made, recipient=made.recipient, crisis=crisis)
        fold_all()
        connection.close()

    with ThreadPoolExecutor(1) as others, transaction.atomic():
        changes[what]()
        others.submit(meanwhile).result()
    # As soon as it is restricted, and when that is added up.
    for _ in range(2):
        for group_by in [(), ("crisis",)]:
            read_both(Reader(clearance=Marking.CLEAR), group_by=group_by)
        fold_all()
    call_command("add_up_flows", check=True)


def test_one_adds_up_at_a_time() -> None:
    offer("made")
    found: list[int] = []

    def other() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")  # who waits for the first to end would wait for ever
        found.append(fold_flows())
        connection.close()

    def meanwhile(subjects: Any) -> None:
        with ThreadPoolExecutor(1) as others:
            others.submit(other).result()

    with patch.object(keeping, "keep", meanwhile):
        assert fold_flows() > 0
    assert found == [0]
