"""The arithmetic of the bench: what a ratio is made of. Samples are made up, and nothing is run."""

from tests.bench.meter import Figures, Pace, Sample
from tests.bench.results import DETAILS, READS, growth_of_reads, ratios

SMALL, LARGE = SIZES = [10_000, 1_000_000]


def figures_of(**larger: tuple[float, int]) -> Figures:
    """Every read with three rounds at both sizes: 20 ms and 100 pages each, or what ``larger`` has at the large one."""
    figures = Figures()
    for size in SIZES:
        for path in (*READS, *DETAILS):
            cost, pages = larger.get(path, (0.02, 100)) if size == LARGE else (0.02, 100)
            # One round among three in which the machine was slow: the median leaves it out.
            for times in (1, 5, 1):
                sample = Sample(units=2, seconds=1, cpu=cost * times, database_cpu=cost * times, buffers=2 * pages)
                figures.add(size, path, "ours", sample)
    return figures


def test_a_read_that_costs_the_same_at_both_sizes_has_not_grown() -> None:
    assert growth_of_reads(figures_of(), SIZES)["list"] == (1, 1)
    assert ratios(figures_of(), SIZES)[0]["growth_reads"] == 1


def test_growth_of_reads_is_the_worst_of_pages_and_of_processor_time() -> None:
    assert ratios(figures_of(timeline=(0.03, 120)), SIZES)[0]["growth_reads"] == 1.5
    assert ratios(figures_of(timeline=(0.03, 160)), SIZES)[0]["growth_reads"] == 1.6


def test_how_fast_the_machine_was_is_told_for_each_size_by_itself() -> None:
    pace = Pace()
    pace.taken += [0.04, 0.05, 0.09]
    assert {round(value) for value in pace.told().values()} == {40, 50, 90}
    pace.take()
    assert len(set(pace.told().values())) == 1
