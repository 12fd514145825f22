"""Keys while others work on them: with real commits, in real threads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import PartnerKey, RequestCount
from actors.services import keys
from actors.services.keys import find_and_count, find_key, issue_key, revoke_key

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
                asked.append((begun, find_and_count(token, kind="reads", quota=10**6) is not None))
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


def count_together(monkeypatch, token, *, threads=7, quota=1000):
    """What as many threads are given that show ``token`` while another's request is being counted; how many pieces of
    work it took."""
    sizes, is_at_work, all_wait = [], threading.Event(), threading.Event()

    def work(shown, count=keys._count):
        sizes.append(len(shown))
        if not is_at_work.is_set():
            is_at_work.set()
            assert all_wait.wait(20)
        return count(shown)

    def show():
        try:
            return find_and_count(token, kind="reads", quota=quota)
        finally:
            connection.close()

    monkeypatch.setattr(keys._counted, "work", work)
    monkeypatch.setattr(keys._counted, "patience", 20)
    with ThreadPoolExecutor(1 + threads) as pool:
        first = pool.submit(show)
        assert is_at_work.wait(20)
        others = [pool.submit(show) for _ in range(threads)]
        while len(keys._counted.waiting) < threads:
            time.sleep(0.001)
        all_wait.set()
        return [first.result(20), *(each.result(20) for each in others)], sizes


def test_what_shows_a_key_at_once_is_looked_up_and_counted_by_one_statement(monkeypatch):
    key, token = issue()
    found, sizes = count_together(monkeypatch, token)
    assert sizes == [1, 7]
    assert {each.key.pk for each in found} == {key.pk}
    assert sorted(each.spent for each in found) == list(range(1, 9))
    assert RequestCount.objects.get().spent == 8


def test_of_what_does_not_fit_the_quota_nothing_is_counted_together(monkeypatch):
    _, token = issue()
    found, sizes = count_together(monkeypatch, token, quota=5)
    assert sizes == [1, 7]
    assert [each.spent for each in found] == [1, *[None] * 7], "each is counted by itself then"
    assert RequestCount.objects.get().spent == 1


def test_what_does_not_fit_a_new_window_is_not_counted_together():
    _, token = issue()
    shown = keys._Shown(*keys._parts(token), "reads", 5)
    assert [each.spent for each in keys._count([shown] * 6)] == [None] * 6
    assert [each.spent for each in keys._count([shown] * 5)] == [1, 2, 3, 4, 5]


def test_what_shows_a_bad_key_at_once_is_given_none_and_counted_for_nobody(monkeypatch):
    _, token = issue()
    found, _ = count_together(monkeypatch, f"{token}x")
    assert found == [None] * 8
    assert not RequestCount.objects.exists()
