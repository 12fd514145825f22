"""How costs grow from each size to the next, and from the smallest to the largest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench.meter import Figures

READS = ("list", "list by status", "list by donor and status", "list by what is contested", "list at a past moment")
DETAILS = ("detail", "timeline", "detail at a past moment")
# Reports come in and are reconciled: ours, and what the floor has for it.
WRITES = {"ingest": "ingest", "reconcile": "refold"}
PAGES, PROCESSOR, TO_FLOOR = "pages", "processor time", "processor time, over the floor's growth"

Step = tuple[int, int]
Cost = Callable[[int, str, str], float | None]


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How many times as much a path costs at the larger size as at the smaller one; None: not measured at both."""

    path: str
    contender: str
    cost: str
    by_step: dict[Step, float | None]


def steps(sizes: Sequence[int]) -> list[Step]:
    """From each size to the next, and last from the smallest to the largest."""
    return list(dict.fromkeys([*pairwise(sizes), (sizes[0], sizes[-1])])) if len(sizes) > 1 else []


def growth_of_reads(figures: Figures, sizes: Sequence[int]) -> list[Growth]:
    """Of pages touched and of processor time (program and database), by medians: lists and details of ours."""
    return [
        growth
        for path in (*READS, *DETAILS)
        for growth in _of_pages_and_processor(figures, sizes, path, "ours")
    ]  # fmt: skip


def growth_of_writes(figures: Figures, sizes: Sequence[int]) -> list[Growth]:
    """Of a report's processor time, over the floor's own growth."""
    found = []
    for path, beside in WRITES.items():
        ours = _growth(figures.cost_each, sizes, path, "ours", PROCESSOR).by_step
        floor = _growth(figures.cost_each, sizes, beside, "floor", PROCESSOR).by_step
        by_step = {step: ratio(floor[step], ours[step]) for step in ours}
        found.append(Growth(path=path, contender="ours", cost=TO_FLOOR, by_step=by_step))
    return found


def growth_beside(figures: Figures, sizes: Sequence[int]) -> list[Growth]:
    """Of what no bar speaks of: the bare way's reads, flows, and what the growth of writing is made of."""
    found = [
        growth
        for path, contender in (("list", "bare"), ("detail", "bare"), ("flows", "ours"))
        for growth in _of_pages_and_processor(figures, sizes, path, contender)
    ]
    for path, beside in WRITES.items():
        for on, contender in ((path, "ours"), (beside, "floor")):
            found.append(_growth(figures.cost_each, sizes, on, contender, PROCESSOR))
    found.append(_growth(figures.cost_each, sizes, "ingest", "our rows, COPY alone", PROCESSOR))
    return found


def most(growths: Sequence[Growth], sizes: Sequence[int]) -> float | None:
    """The worst of them from the smallest size to the largest."""
    known = [value for each in growths if (value := each.by_step[sizes[0], sizes[-1]]) is not None]
    return round(max(known), 3) if known else None


def _of_pages_and_processor(figures: Figures, sizes: Sequence[int], path: str, contender: str) -> list[Growth]:
    costs = ((PAGES, figures.buffers_each), (PROCESSOR, figures.cost_each))
    return [_growth(each, sizes, path, contender, name) for name, each in costs]


def _growth(each: Cost, sizes: Sequence[int], path: str, contender: str, cost: str) -> Growth:
    by_step = {
        (small, large): ratio(each(small, path, contender), each(large, path, contender))
        for small, large in steps(sizes)
    }
    return Growth(path=path, contender=contender, cost=cost, by_step=by_step)


def ratio(small: float | None, large: float | None) -> float | None:
    """How many times ``small`` goes into ``large``."""
    return large / small if small and large else None
