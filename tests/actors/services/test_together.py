"""Whoever is first waits for those of its kind that are on their way, and is otherwise served at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from actors.services.together import Together

LONG = 60


@pytest.fixture
def shared():
    sizes = []

    def work(asked):
        sizes.append(len(asked))
        return asked

    made = Together(name="test", work=work, most=16, patience=LONG, gather=LONG)
    made.sizes = sizes
    return made


@contextmanager
def another_on_the_way(shared, whose, *, comes):
    """A thread of ``whose`` that is on its way inside, and afterwards has come, or has gone elsewhere."""
    is_there, may_come = threading.Event(), threading.Event()

    def go():
        with shared.on_the_way(whose):
            is_there.set()
            assert may_come.wait(timeout=LONG)
            if comes:
                shared.give("another", like="rights")

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(go)
        assert is_there.wait(timeout=LONG)
        try:
            yield may_come.set
        finally:
            may_come.set()
            running.result(timeout=LONG)


def until_one_waits(shared):
    deadline = time.monotonic() + LONG
    while not shared.waiting and time.monotonic() < deadline:
        time.sleep(0.001)


@pytest.mark.parametrize(("comes", "sizes"), [(True, [2]), (False, [1])])
def test_whoever_is_first_waits_for_another_of_its_own_until_that_has_come_or_gone(shared, comes, sizes):
    def first():
        with shared.on_the_way("own"):
            return shared.give("first", like="rights")

    with another_on_the_way(shared, "own", comes=comes) as let_go, ThreadPoolExecutor(1) as threads:
        running = threads.submit(first)
        until_one_waits(shared)
        assert shared.sizes == []
        let_go()
        assert running.result(timeout=LONG) == "first"
    assert shared.sizes == sizes
    assert not shared.coming
    assert not shared.at_work


@pytest.mark.parametrize("own", ["own", None])
def test_nobody_waits_for_those_of_others(shared, own):
    with another_on_the_way(shared, "others'", comes=False):
        with shared.on_the_way(own) if own else contextmanager(lambda: iter([None]))():
            assert shared.give("first", like="rights") == "first"
        assert shared.sizes == [1]


def test_whoever_comes_twice_waits_for_nobody_the_second_time(shared):
    with shared.on_the_way("own"):
        assert [shared.give(n, like="rights") for n in range(2)] == [0, 1]


def test_one_that_does_not_come_is_waited_for_for_a_moment(shared):
    shared.gather = 0.05
    with another_on_the_way(shared, "own", comes=False), shared.on_the_way("own"):
        assert shared.give("first", like="rights") == "first"
    assert shared.sizes == [1]


def test_one_that_was_ended_while_it_waited_for_others_leaves_nothing_behind(shared, monkeypatch):
    def end(*_):
        raise KeyboardInterrupt

    with another_on_the_way(shared, "own", comes=False):
        with monkeypatch.context() as patch, shared.on_the_way("own"):
            patch.setattr(shared.gathered, "wait_for", end)
            with pytest.raises(KeyboardInterrupt):
                shared.give("ended", like="rights")
        assert shared.give("next", like="rights") == "next"
    assert shared.sizes == [1]
    assert not shared.waiting
    assert not shared.at_work


def test_one_that_is_ended_when_its_turn_has_come_leaves_it_to_the_next(shared, monkeypatch):
    def end(*_):
        shared.at_work.clear()
        raise KeyboardInterrupt

    shared.at_work.add("rights")
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(shared.give, "next", like="rights")
        until_one_waits(shared)
        with shared.lock:
            pass  # it waits, and does not only stand in the list
        with monkeypatch.context() as patch:
            patch.setattr(threading.Condition, "wait", end)
            with pytest.raises(KeyboardInterrupt):
                shared.give("ended", like="rights")
        assert running.result(timeout=LONG / 2) == "next"
    assert not shared.waiting
