"""What a request asks of the database, asked again with EXPLAIN: pages touched, and what walks or sorts what."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# Counting the request and the key's use are not part of what is read. Lists that join a key to a row are.
BESIDE_THE_POINT = tuple(f'FROM "{table}"' for table in ("actors_requestcount", "actors_partnerkey", "actors_token"))


# More than this many times as much is growth.
GROWTH = 1.2
# Rows that are put in order for a page may be a few more, for they are others.
SLACK = 24
# A table of so few pages is best walked.
SMALL = 64


@dataclass(kw_only=True)
class Cost:
    """What one request cost: 8 kB pages, tables walked from end to end, and the most rows put in order at once."""

    pages: int = 0
    walked: set[str] = field(default_factory=set)
    most_sorted: int = 0
    # Rows looked up by an index. A table ten times as large has indexes of one more level: a page more for each.
    looked_up: int = 0
    # The indexes that were used.
    by: set[str] = field(default_factory=set)

    def faults(self, before: "Cost", growing: Collection[str]) -> list[str]:
        """What of it grows with what is stored, ``before`` having been the cost with less stored."""
        found = []
        if self.pages > before.pages * GROWTH + self.looked_up:
            found.append(f"{before.pages} pages, then {self.pages}")
        if walked := self.walked & set(growing):
            found.append(f"walks {', '.join(sorted(walked))}")
        if self.most_sorted > before.most_sorted * GROWTH + SLACK:
            found.append(f"sorts {before.most_sorted} rows, then {self.most_sorted}")
        return found


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements that read, as they are run inside."""
    found: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        said = str(sql).lstrip().upper()
        if said.startswith(("SELECT", "WITH", "(")) and not any(name in str(sql) for name in BESIDE_THE_POINT):
            found.append((str(sql), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def cost_of(found: list[tuple[str, Any]]) -> Cost:
    """The cost of ``found``, run again."""
    cost = Cost()
    with connection.cursor() as cursor:
        for sql, params in found:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
            (said,) = cursor.fetchone()
            plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
            cost.pages += _pages(plan)
            _look(plan, cost)
    return cost


def _look(node: dict[str, Any], cost: Cost) -> None:
    if not node["Actual Loops"]:  # planned for a case that did not come
        return
    below = node.get("Plans", ())
    # What is looked up for each row is counted in the node that walks over them.
    if node["Node Type"] == "Seq Scan" and _pages(node) - sum(map(_pages, below)) > SMALL:
        cost.walked.add(node["Relation Name"])
    if "Sort" in node["Node Type"]:
        rows = sum(each["Actual Rows"] * each["Actual Loops"] for each in below)
        cost.most_sorted = max(cost.most_sorted, round(rows))
    if "Index Name" in node:
        cost.by.add(node["Index Name"])
    if "Index" in node["Node Type"]:
        # Once for each value of a list, of which the plan does not tell the length: its rows, for want of it.
        several = "= ANY" in node.get("Index Cond", "")
        cost.looked_up += round(node["Actual Loops"] * (max(node["Actual Rows"], 1) if several else 1))
    for each in below:
        _look(each, cost)


def _pages(node: dict[str, Any]) -> int:
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])
