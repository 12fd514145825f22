"""/changes/ while many write at once: the order in which they commit is the order that is told."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from django.db import connection, transaction

from shipments.factories import ShipmentFactory
from shipments.models import OutboxEvent
from shipments.services.planning import announce_subject
from shipments.services.relaying import relay_outbox
from tests.people import make_partner
from tests.shipments.api.conftest import follow


def test_reader_misses_nothing_while_transactions_commit_out_of_order(committed_db):
    partner = make_partner()
    shipments = [ShipmentFactory() for _ in range(8)]
    following = partner.get("changes/?after=latest").json()["next"]
    done = Event()

    def write(seed):
        chance = random.Random(seed)
        for number in range(12):
            with transaction.atomic():
                announce_subject(shipments[seed])
                # Hold the row's number while others take theirs and commit before.
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [chance.random() / 50])
                if number == 5:
                    transaction.set_rollback(True)
        connection.close()

    def relay():
        while not done.is_set():
            relay_outbox(limit=7)
        connection.close()

    with ThreadPoolExecutor(10) as threads:
        relays = [threads.submit(relay) for _ in range(2)]
        writers = [threads.submit(write, seed) for seed in range(8)]
        seen = []
        while not all(writer.done() for writer in writers):
            found, following = follow(partner, following)
            seen += found
        done.set()
        for each in (*writers, *relays):
            each.result()
    while relay_outbox(limit=7):
        pass
    seen += follow(partner, following)[0]
    committed = OutboxEvent.objects.order_by("sequence").values_list("subject__reference", flat=True)
    assert len(committed) == 8 * 11
    assert [row["subject"] for row in seen] == list(committed)
    assert sorted(OutboxEvent.objects.values_list("sequence", flat=True)) == list(range(1, len(committed) + 1))
    by_insert = list(OutboxEvent.objects.order_by("id").values_list("sequence", flat=True))
    assert by_insert != sorted(by_insert)  # some did commit out of order
