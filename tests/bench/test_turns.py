"""The order of a bench's rounds: made-up sizes and steps, and nothing is measured."""

from functools import partial

from tests.bench.turns import take_turns

SIZES = ["small", "middle", "large"]


def taken(rounds: int, sizes: list[str] = SIZES) -> list[list[str]]:
    """Who took which step, round by round."""
    found: list[list[str]] = []

    def step(name: str, size: str) -> None:
        found[-1].append(f"{name} {size}")

    steps = [partial(step, "read"), partial(step, "write")]
    take_turns(sizes, steps, rounds=rounds, begin=lambda number: found.append([]))
    return found


def test_every_size_takes_a_step_before_any_takes_the_next() -> None:
    for told in taken(3):
        assert [each.partition(" ")[0] for each in told] == ["read"] * 3 + ["write"] * 3
        assert (
            {each.partition(" ")[2] for each in told[:3]} == {each.partition(" ")[2] for each in told[3:]} == set(SIZES)
        )


def test_in_three_rounds_each_of_three_sizes_has_every_place_once() -> None:
    _, *counted = taken(3)
    assert [sorted(places) for places in zip(*(told[:3] for told in counted), strict=True)] == [
        ["read large", "read middle", "read small"]
    ] * 3


def test_one_size_alone_takes_all_turns() -> None:
    assert taken(2, ["small"]) == [["read small", "write small"]] * 3
