"""What there is to do, for whoever looks after the service."""

import pytest

from actors.models import AuditEntry
from shipments.factories import ShipmentFactory
from shipments.models import Due
from shipments.services.queue import DIED, MAX_ATTEMPTS, claim, mark_due_now
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

DUE = "/admin/shipments/due/"


def test_a_subject_that_is_set_aside_says_why_and_begins_anew_when_an_operator_says_so():
    shipment = ShipmentFactory()
    mark_due_now([shipment.pk])
    Due.objects.update(attempts=MAX_ATTEMPTS, quarantined=True, last_error=DIED, not_before="2096-05-21T00:00Z")
    operator = signed_in(operator=True)
    assert DIED in operator.get(f"{DUE}?quarantined__exact=1").content.decode()

    operator.post(DUE, {"action": "try_again", "_selected_action": str(shipment.pk), "index": 0})
    (each,) = claim(limit=1)
    assert (each.subject_id, each.attempts) == (shipment.pk, 1)
    assert AuditEntry.objects.get(action="try_again").changes == {"last_error": DIED}
