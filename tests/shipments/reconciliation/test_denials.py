"""What layers of denials add to one another: the difference that they make to all that is denied."""

from collections.abc import Iterator
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shipments.reconciliation import denials, weights
from shipments.reconciliation.denials import collect
from shipments.reconciliation.lifecycles import SHIPMENT
from shipments.reconciliation.weights import Vote, edges, value
from tests.shipments.reconciliation.reading import fold
from tests.shipments.reconciliation.telling import Grade, say

LENGTH = 3
NAMES = ["departed", "arrived", "received"]
SPEAKERS = ["wfp", "ngo", "wire"]


def vote(name: str, latest: int, speaker: str, origin: str, weight: int) -> Vote:
    word: Any = SimpleNamespace(name=name, latest=latest, key=(speaker, latest))
    return Vote(origin, speaker, weight, word, origin)


def votes_of(quotes: bool) -> Any:
    pairs = [(speaker, origin) for speaker in SPEAKERS for origin in SPEAKERS if quotes or speaker == origin]
    said = (some.sampled_from(NAMES), some.integers(0, 4), some.sampled_from(pairs), some.integers(0, 900))
    return some.lists(some.tuples(*said).map(lambda each: vote(each[0], each[1], *each[2], each[3])), max_size=12)


def added_layer_by_layer(votes: list[Vote]) -> Iterator[tuple[str, int, int]]:
    """As the rule has it: what is denied up to a layer, less what is denied without it, all of it weighed each time."""
    lower: list[Any] = []
    for name in NAMES:
        said = sorted((each for each in votes if each.word.name == name and each.weight), key=lambda v: -v.word.latest)
        holding: list[Vote] = []
        for until, layer in groupby(said, key=lambda v: v.word.latest):
            before = value([*lower, *([edges(holding)] if holding else [])], length=LENGTH)
            holding += layer
            yield name, until, value([*lower, edges(holding)], length=LENGTH) - before
        if holding:
            lower.append(edges(holding))


@pytest.mark.parametrize("quotes", [False, True])
def test_a_layer_weighs_the_difference_that_it_makes(quotes: bool) -> None:
    @given(votes_of(quotes))
    def holds(votes: list[Vote]) -> None:
        found = [(each.milestone, each.until, each.weight) for each in collect(votes, SHIPMENT, length=LENGTH)]
        assert found == list(added_layer_by_layer(votes))

    holds()


def test_a_thousand_sources_that_deny_each_as_of_another_time_take_time_by_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, summed = weights.halving_sum, 0

    def counting(*args: Any, **more: Any) -> int:
        nonlocal summed
        summed += 1
        return real(*args, **more)

    for module in (weights, denials):
        monkeypatch.setattr(module, "halving_sum", counting)
    sources = {f"paper-{n}": Grade.C for n in range(1000)}
    denying = [say(source, "arrived", 21 + n / 100, denies=True) for n, source in enumerate(sources)]
    fold(say("customs", "arrived", 20), *denying, grades=sources)
    assert summed < 10 * len(sources)
