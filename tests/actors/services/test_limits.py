"""Budgets are exact: however many requests come at once, as many get through as the quota says."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import RequestCount
from actors.services import limits
from actors.services.keys import find_and_count, issue_key
from actors.services.limits import WINDOW, Budget, forget_old_counts, spend
from actors.services.prepared import run
from tests.threads import all_at_once

BUDGET = Budget(name="writes", whose="key:one", quota=3)


def at_once(work: Callable[[], bool], *, threads: int, each: int) -> Counter[bool]:
    """How many of ``threads * each`` calls were granted; the threads begin together."""
    answers: list[bool] = []
    all_at_once(*[lambda: answers.extend(work() for _ in range(each))] * threads)
    return Counter(answers)


@pytest.mark.usefixtures("committed_db")
def test_eight_threads_get_exactly_the_quota_through():
    budget = Budget(name="writes", whose="key:busy", quota=20)
    assert at_once(lambda: spend(budget).is_granted, threads=8, each=25) == {True: 20, False: 180}
    RequestCount.objects.update(begun_at=F("begun_at") - WINDOW)
    assert at_once(lambda: spend(budget).is_granted, threads=8, each=25) == {True: 20, False: 180}


@pytest.mark.usefixtures("committed_db")
def test_eight_threads_that_show_a_key_get_exactly_its_quota_through():
    _, token = issue_key(
        name="busy", actor=ActorFactory(), scopes=["read"], clearance=Marking.GREEN, reads_per_minute=20
    )

    def is_counted() -> bool:
        found = find_and_count(token, kind="reads", quota=1000)
        assert found
        return found.spent is not None

    assert at_once(is_counted, threads=8, each=25) == {True: 20, False: 180}


@pytest.mark.django_db
def test_an_allowance_counts_down_and_then_refuses():
    told = [spend(BUDGET) for _ in range(5)]
    assert [(each.is_granted, each.left) for each in told] == [
        (True, 2), (True, 1), (True, 0), (False, 0), (False, 0)
    ]  # fmt: skip
    assert all(1 <= each.seconds <= 60 for each in told)


@pytest.mark.django_db
def test_a_window_lasts_from_its_first_request():
    for _ in range(4):
        spend(BUDGET)
    RequestCount.objects.update(begun_at=F("begun_at") - WINDOW + timedelta(seconds=5))
    refused = spend(BUDGET)
    assert (refused.is_granted, refused.seconds in (4, 5)) == (False, True)
    RequestCount.objects.update(begun_at=F("begun_at") - timedelta(seconds=5))
    assert spend(BUDGET).left == 2


@pytest.mark.django_db
def test_a_request_as_the_window_ends_is_counted_in_the_next(monkeypatch):
    for _ in range(4):
        spend(BUDGET)

    def run_and_end_the_window(sql, asked):
        rows = run(sql, asked)
        RequestCount.objects.update(begun_at=F("begun_at") - WINDOW)
        return rows

    monkeypatch.setattr(limits, "run", run_and_end_the_window)
    told = spend(BUDGET)
    assert (told.is_granted, told.left) == (True, 2)


@pytest.mark.django_db
def test_a_clock_that_is_set_back_keeps_nobody_out():
    for _ in range(4):
        spend(BUDGET)
    RequestCount.objects.update(begun_at=F("begun_at") + timedelta(days=1))
    assert spend(BUDGET).left == 2


@pytest.mark.django_db
def test_callers_and_kinds_are_counted_apart():
    for _ in range(4):
        spend(BUDGET)
    assert spend(Budget(name="reads", whose="key:one", quota=3)).is_granted
    assert spend(Budget(name="writes", whose="key:two", quota=3)).is_granted


@pytest.mark.django_db
def test_a_quota_that_is_raised_holds_at_once():
    for _ in range(4):
        spend(BUDGET)
    assert spend(Budget(name="writes", whose="key:one", quota=5)).left == 1


@pytest.mark.django_db
def test_a_flood_of_refused_requests_leaves_the_row_as_it_is():
    for _ in range(3):
        spend(BUDGET)
    where = "SELECT ctid, spent FROM actors_requestcount"
    with connection.cursor() as cursor:
        cursor.execute(where)
        before = cursor.fetchall()
        for _ in range(10):
            spend(BUDGET)
        cursor.execute(where)
        assert cursor.fetchall() == before


@pytest.mark.django_db
def test_a_request_costs_one_query(django_assert_num_queries):
    for _ in range(3):
        with django_assert_num_queries(1):
            spend(BUDGET)
    with django_assert_num_queries(2):
        spend(BUDGET)


@pytest.mark.django_db
def test_counts_do_not_wait_for_the_disk():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'actors_requestcount'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db
def test_old_counts_are_forgotten():
    spend(BUDGET)
    spend(Budget(name="reads", whose="key:old", quota=3))
    RequestCount.objects.filter(caller="key:old:reads").update(begun_at=timezone.now() - timedelta(hours=2))
    assert forget_old_counts() == 1
    assert list(RequestCount.objects.values_list("caller", flat=True)) == ["key:one:writes"]
