"""Two workers at once, on rows that are really committed."""

from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from shipments.factories import ShipmentFactory
from shipments.services.queue import BEGINNING, claim, mark_due


def test_two_workers_share_what_is_due_and_do_not_wait(committed_db):
    mark_due(dict.fromkeys((ShipmentFactory().pk for _ in range(6)), BEGINNING))
    with transaction.atomic():
        one = {each.subject_id for each in claim(limit=3)}
        with ThreadPoolExecutor(1) as pool:
            two = pool.submit(lambda: {each.subject_id for each in claim(limit=3)}).result(timeout=10)
    assert len(one) == len(two) == 3
    assert not one & two
