"""Rounds in which the sizes take turns at every step, so that a slow minute of the machine falls on all of them.

round 0 warms up    step 1: 10,000, 100,000, 1,000,000    step 2: 10,000, 100,000, 1,000,000 ...
round 1             step 1: 100,000, 1,000,000, 10,000    step 2: ...
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

One = TypeVar("One")


def take_turns(
    each: Sequence[One],
    steps: Sequence[Callable[[One], None]],
    *,
    rounds: int,
    begin: Callable[[int], None],
) -> None:
    """Have each take every step in every round, after one that warms up, whose number is 0.

    Who begins changes from round to round: in as many rounds as there are, each has had every place once.
    """
    for number in range(rounds + 1):
        begin(number)
        first = number % len(each)
        for step in steps:
            for one in (*each[first:], *each[:first]):
                step(one)
