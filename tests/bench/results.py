"""From samples to ratios, a table, docs/performance.json and docs/performance.md. What was not measured says so."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.bench.growth import Growth, growth_beside, growth_of_reads, growth_of_writes, most, ratio, steps
from tests.bench.meter import Figures

DOCS = Path(__file__).resolve().parents[2] / "docs"
# Sizes that the bars are about.
WANTED = (10_000, 100_000, 1_000_000)
FEWEST_ROUNDS = 3
BARS = {
    "ingest_to_floor": "at least 0.6",
    "end_to_end_to_floor": "at least 0.2",
    "end_to_end_to_naive": "at least 100",
    "single_to_naive": "at least 3",
    "refold_to_sql_fold": "at most 5",
    "list_to_bare": "at most 4",
    "list_drf_to_ours": "at least 3",
    "detail_to_bare": "at most 4",
    "growth_reads": "at most 1.2",
    "growth_writes": "at most 1.1",
    "two_workers": "at least 1.5",
}


def ratios(figures: Figures, sizes: list[int]) -> tuple[dict[str, float | None], dict[str, str]]:
    """The ratios at the largest size (growth: largest to smallest), and why those that are None are."""
    size = sizes[-1]
    why: dict[str, str] = {}

    def slower(name: str, path: str, one: str, other: str, *, over: str = "") -> float | None:
        """How many times as long ``one`` takes as ``other`` on the same path (or on ``over``)."""
        a, b = figures.seconds_each(size, path, one), figures.seconds_each(size, over or path, other)
        if not a or not b:
            why[name] = f"{path}: {one if not a else other} was not measured"
            return None
        return round(a / b, 3)

    found = {
        "ingest_to_floor": slower("ingest_to_floor", "ingest", "floor", "ours"),
        "end_to_end_to_floor": slower("end_to_end_to_floor", "end to end", "floor", "ours"),
        "end_to_end_to_naive": slower("end_to_end_to_naive", "one report a POST", "naive", "ours", over="end to end"),
        "single_to_naive": slower("single_to_naive", "one report a POST", "naive", "ours"),
        "refold_to_sql_fold": slower("refold_to_sql_fold", "refold", "ours, all written", "floor"),
        "list_to_bare": slower("list_to_bare", "list", "ours", "bare"),
        "list_drf_to_ours": slower("list_drf_to_ours", "list", "DRF", "ours"),
        "detail_to_bare": slower("detail_to_bare", "detail", "ours", "bare"),
        "growth_reads": None,
        "growth_writes": None,
        "two_workers": slower("two_workers", "reconcile", "ours", "ours, two workers"),
    }
    if len(figures.samples.get((size, "reconcile", "ours"), ())) < FEWEST_ROUNDS:
        found["two_workers"] = None
        why["two_workers"] = f"fewer than {FEWEST_ROUNDS} rounds"
    if len(sizes) < 2:
        why |= dict.fromkeys(("growth_reads", "growth_writes"), "only one size was measured")
    else:
        found["growth_reads"] = most(growth_of_reads(figures, sizes), sizes)
        found["growth_writes"] = most(growth_of_writes(figures, sizes), sizes)
        for name in ("growth_reads", "growth_writes"):
            if found[name] is None:
                why[name] = "not measured at two sizes"
    return found, why


def document(
    figures: Figures, sizes: list[int], *, missing: dict[str, str], servers: list[str], load: tuple[float, float]
) -> dict[str, Any]:
    """Everything that docs/performance.json holds."""
    found, why = ratios(figures, sizes)
    missing = dict(missing)
    for size in WANTED:
        if size not in sizes:
            missing[f"{size:,} shipments"] = "not run"
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "system": platform.platform(),
            "python": f"{platform.python_version()} of {sys.base_prefix}",
            "servers": servers,
            "load_before_and_after": load,
        },
        "sizes": sizes,
        "ratios": found,
        "ratios_not_measured": why,
        "not_measured": missing,
        "beside": _beside(figures, sizes),
        "growth": [
            {"path": one.path, "contender": one.contender, "of": one.cost}
            | {f"{small} to {large}": _rounded(value) for (small, large), value in one.by_step.items()}
            for one in _growths(figures, sizes)
        ],
        "facts": {f"{name} at {size}": round(value, 2) for (size, name), value in sorted(figures.facts.items())},
        "figures": [
            {"shipments": size, "path": path, "contender": contender, **figures.told(size, path, contender)}
            # From the smallest on, whoever came first in the round.
            for size, path, contender in sorted(figures.samples, key=itemgetter(0))
        ],
    }


def _beside(figures: Figures, sizes: list[int]) -> dict[str, float | None]:
    """What the bars speak of beside the ratios, at the largest size."""
    size = sizes[-1]

    def times(path: str, one: str, other: str) -> float | None:
        return _rounded(ratio(figures.seconds_each(size, path, other), figures.seconds_each(size, path, one)))

    cpu = [figures.cost_each(size, "reconcile", each) for each in ("ours", "ours, two workers")]
    return {
        "ingest to the floor with two streams at once": times("ingest", "floor", "ours, two streams"),
        "ingest to our rows by COPY alone": times("ingest", "our rows, COPY alone", "ours"),
        "our rows by COPY alone to the floor of ingest": times("ingest", "floor", "our rows, COPY alone"),
        "fold and status to the SQL fold (at most 2.5)": times("refold", "ours, fold and status", "floor"),
        "the pictures' rows by COPY alone to the SQL fold": times("refold", "picture rows, COPY alone", "floor"),
        "all written to the pictures' rows by COPY alone": times(
            "refold", "ours, all written", "picture rows, COPY alone"
        ),
        "two workers' processor time for a report to one's (at most 1.15)": _rounded(ratio(*cpu)),
        "a list by plain DRF without prefetching to ours": times("list", "DRF, plain", "ours"),
        "a detail by DRF to ours (at least 3)": times("detail", "DRF", "ours"),
    }


def _growths(figures: Figures, sizes: list[int]) -> list[Growth]:
    """Those that the bars are about first."""
    if len(sizes) < 2:
        return []
    return [each for some in (growth_of_reads, growth_of_writes, growth_beside) for each in some(figures, sizes)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def table(said: dict[str, Any]) -> str:
    """The figures and the ratios as Markdown."""
    head = ["shipments", "path", "contender", "a second", "p50 ms", "p99 ms", "CPU us", "database CPU us"]
    head += ["statements", "buffers"]
    lines = [_row(head), _row(["---"] * len(head))]
    for one in said["figures"]:
        names = ("shipments", "path", "contender", "per_second", "p50_ms", "p99_ms", "cpu_us_each")
        names += ("database_cpu_us_each", "statements_each", "buffers_each")
        lines.append(_row([_shown(one[name]) for name in names]))
    lines += ["", _row(["ratio", "measured", "bar"]), _row(["---"] * 3)]
    for name, value in said["ratios"].items():
        reason = said["ratios_not_measured"].get(name, "not measured")
        lines.append(_row([name, _shown(value) if value is not None else reason, BARS[name]]))
    lines += ["", *(f"- {name}: {_shown(value) or 'not measured'}" for name, value in said["beside"].items())]
    if said["growth"]:
        spans = [f"{small} to {large}" for small, large in steps(said["sizes"])]
        head = [f"{small:,} to {large:,}" for small, large in steps(said["sizes"])]
        lines += ["", _row(["growth of", "contender", "in", *head]), _row(["---"] * (3 + len(head)))]
        for one in said["growth"]:
            lines.append(
                _row(
                    [one["path"], one["contender"], one["of"], *(_shown(one[span]) or "not measured" for span in spans)]
                )
            )
    lines += ["", *(f"- {name}: {value:,}" for name, value in said["facts"].items())]
    return "\n".join(lines)


def write(said: dict[str, Any], *, directory: Path = DOCS) -> None:
    """Keep the figures, and the table between the two marks of docs/performance.md; its prose is written by hand."""
    (directory / "performance.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    page = directory / "performance.md"
    before, begin, rest = page.read_text().partition("<!-- figures -->")
    _, end, after = rest.partition("<!-- end of figures -->")
    machine = said["machine"]
    when = (
        f"Measured {said['measured_at']}: {machine['processors']} processors, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}, {'; '.join(machine['servers'])}. "
        f"Load of the machine before and after: {machine['load_before_and_after'][0]:.1f}, "
        f"{machine['load_before_and_after'][1]:.1f}."
    )
    gaps = "\n".join(f"- {name}: {reason}" for name, reason in said["not_measured"].items()) or "- nothing"
    middle = f"\n{when}\n\n{table(said)}\n\nNot measured in this run:\n{gaps}\n"
    page.write_text(f"{before}{begin}{middle}{end}{after}")


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)
