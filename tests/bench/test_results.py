"""The arithmetic of the bench: what a ratio is made of. Samples are made up, and nothing is run."""

from typing import Any

from tests.bench.growth import DETAILS, READS
from tests.bench.meter import Figures, Sample
from tests.bench.results import document, ratios, table

SIZES = [10_000, 100_000, 1_000_000]
LARGE = SIZES[-1]


def figures_of(**larger: tuple[float, int]) -> Figures:
    """Every read with three rounds at each size: 20 ms and 100 pages each, or what ``larger`` has at the largest."""
    figures = Figures()
    for size in SIZES:
        for path in (*READS, *DETAILS):
            cost, pages = larger.get(path, (0.02, 100)) if size == LARGE else (0.02, 100)
            # One round among three in which the machine was slow: the median leaves it out.
            for times in (1, 5, 1):
                sample = Sample(units=2, seconds=1, cpu=cost * times, database_cpu=cost * times, buffers=2 * pages)
                figures.add(size, path, "ours", sample)
    return figures


def report_of(figures: Figures, sizes: list[int] = SIZES) -> dict[str, Any]:
    return document(figures, sizes, missing={}, servers=[], load=(0, 0))


def test_a_read_that_costs_the_same_at_all_sizes_has_not_grown() -> None:
    assert ratios(figures_of(), SIZES)[0]["growth_reads"] == 1


def test_growth_of_reads_is_the_worst_of_pages_and_of_processor_time() -> None:
    assert ratios(figures_of(timeline=(0.03, 120)), SIZES)[0]["growth_reads"] == 1.5
    assert ratios(figures_of(timeline=(0.03, 160)), SIZES)[0]["growth_reads"] == 1.6


def test_growth_is_told_from_each_size_to_the_next_and_over_all() -> None:
    told = report_of(figures_of(timeline=(0.03, 160)))
    (pages, processor) = [one for one in told["growth"] if one["path"] == "timeline"]
    assert [pages[span] for span in ("10000 to 100000", "100000 to 1000000", "10000 to 1000000")] == [1, 1.6, 1.6]
    assert processor["10000 to 100000"] == 1
    assert "| timeline | ours | pages | 1.0 | 1.6 | 1.6 |" in table(told)


def test_growth_of_writes_is_that_of_ours_over_that_of_the_floor() -> None:
    figures = Figures()
    for size, ours, floor in ((10_000, 10, 2), (100_000, 12, 2), (1_000_000, 18, 3)):
        for path, contender, cost in (("ingest", "ours", ours), ("ingest", "floor", floor)):
            figures.add(size, path, contender, Sample(units=1, seconds=1, cpu=cost))
    assert ratios(figures, SIZES)[0]["growth_writes"] == 1.2


def test_one_size_alone_tells_of_no_growth() -> None:
    told = report_of(figures_of(), SIZES[:1])
    assert told["growth"] == []
    assert told["ratios_not_measured"]["growth_reads"] == "only one size was measured"


def test_figures_are_told_from_the_smallest_size_on_whichever_began() -> None:
    figures = figures_of()
    figures.samples = dict(reversed(figures.samples.items()))
    told = [(one["shipments"], one["path"]) for one in report_of(figures)["figures"]]
    assert [size for size, _ in told] == sorted(size for size, _ in told)
    assert next(path for size, path in told if size == LARGE) == DETAILS[-1]
