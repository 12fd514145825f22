"""Keys while others work on them: with real commits, in real threads."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.keys import find_key, issue_key, revoke_key

pytestmark = pytest.mark.usefixtures("committed_db")


def issue():
    return issue_key(name="Logistics", actor=ActorFactory(), scopes=["read"], clearance=Marking.GREEN)


def test_noting_the_use_waits_for_nobody_who_holds_the_row():
    key, token = issue()
    is_held, may_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            PartnerKey.objects.select_for_update().get(pk=key.pk)
            is_held.set()
            may_go.wait(20)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait(20)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1ms'")
        assert find_key(token) == key
    finally:
        may_go.set()
        holder.join()
        connection.close()
    assert PartnerKey.objects.get().last_used_at is None


def test_a_key_that_is_revoked_while_it_is_used_opens_nothing_that_begins_afterwards():
    for _ in range(10):
        key, token = issue()
        asked: list[tuple[float, bool]] = []
        is_over = threading.Event()

        def use(token=token, asked=asked, is_over=is_over):
            while not is_over.is_set():
                begun = time.monotonic()
                asked.append((begun, find_key(token) is not None))
            connections.close_all()

        users = [threading.Thread(target=use) for _ in range(4)]
        for user in users:
            user.start()
        while len(asked) < 20:
            time.sleep(0.001)
        revoke_key(key, reason="lost")
        revoked = time.monotonic()
        while sum(begun > revoked for begun, _ in asked) < 20:
            time.sleep(0.001)
        is_over.set()
        for user in users:
            user.join()
        assert any(was_good for _, was_good in asked)
        assert not any(was_good for begun, was_good in asked if begun > revoked)
