"""A migration beside a running service: what its connections had planned before does not fail."""

import psycopg
import pytest
from django.db import OperationalError, transaction

from actors.services.prepared import run
from shipments.factories import ShipmentFactory
from tests.people import make_partner
from tests.servers import addresses

pytestmark = pytest.mark.usefixtures("committed_db")


def migrate():
    where = addresses()
    with psycopg.connect(where.superuser_url(where.database), autocommit=True) as server:
        server.execute("ALTER TABLE shipments_subject ALTER COLUMN title TYPE varchar(600)")


def titles():
    return run("SELECT title FROM shipments_subject")


def test_a_request_after_a_migration_is_answered():
    partner, shipment = make_partner(), ShipmentFactory()
    paths = ["shipments/", f"shipments/{shipment.reference}/", f"shipments/{shipment.reference}/reports/", "flows/"]
    answers = [partner.get(path).json() for path in paths]
    migrate()
    assert [partner.get(path).json() for path in paths] == answers


def test_a_transaction_of_before_a_migration_is_to_be_tried_again():
    shipment = ShipmentFactory()
    assert titles() == [(shipment.title,)]
    migrate()
    with pytest.raises(OperationalError), transaction.atomic():
        titles()
    with transaction.atomic():
        assert titles() == [(shipment.title,)]
