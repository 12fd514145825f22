"""What partners may say, as tables for the guide: milestones, flags, attributes and the forms of their values, codes.

Made from the same tables that reports are checked by, so that no word is missing and none is there that is refused.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.fitting import PLANNED
from shipments.services.vocabularies import DIRECTORY

VALUES = {
    "text": '`{"text": "medicine"}`',
    "code": '`{"code": "public"}`, one of those named',
    "time": '`{"from": "2022-05-16", "to": "2022-05-18"}`',
    "quantity": '`{"low": "9.5", "high": "10", "unit": "TNE"}`: either end may be missing; a unit of those named',
    "money": '`{"low": "5000000", "high": "5000000", "currency": "USD"}`, a code of ISO 4217',
    "place": '`{"place": "CNSHE"}`, a code of `/places/`',
    "actor": '`{"actor": "ACT-7K2M9QXD"}`, or a name',
}
INTRODUCTION = """
## What can be said
A report has a `code`, `flags` or `facts`, or several of them. Whatever is not in these tables is refused with the words
that would do; only a code of somebody else's scheme is kept and held.

**`code`** is how far it got, and since when is `occurred`. With `polarity: denies` the source says that it did not.
What is still to come has a `time_class`: something `actual` more than a day ahead is stored and not believed.
Contacts, inquiries and crises have facts alone. Legs are of shipments; lines are of shipments and of offers, where
each fact names its own.
"""


def words_of_reports() -> str:
    """The part of the guide that lists every word; Markdown."""
    lines = [INTRODUCTION, *_table(("of", "codes, in their order"), _milestones())]
    flags = ", ".join(f"`{flag}`" for flag in LIFECYCLES["shipment"].flag_names)
    lines += ["", f"**`flags`** are of shipments and legs, `true` or, once it is over, `false`: {flags}.", ""]
    lines += ["**`facts`** name an `attribute` and its `value`. Figures of a crisis have an `as_of` besides.", ""]
    lines += [*_table(("attribute", "of", "value"), _attributes()), ""]
    lines += [*_table(("value", "form"), VALUES.items()), ""]
    lines += ["**`code_scheme`** takes a `code` as somebody else says it, letter by letter, and reads from it what it"]
    lines += ["means here. What is not in this table is held; analysts may know of more.", ""]
    lines += [*_table(("scheme", "codes, by what they mean here", "as in"), _schemes()), ""]
    return "\n".join(lines)


def _milestones() -> Iterator[tuple[str, ...]]:
    for kind, lifecycle in LIFECYCLES.items():
        of = "a leg (`leg` is given)" if kind == "leg" else kind
        yield of, ", ".join(f"`{milestone.name}`" for milestone in lifecycle.milestones)


def planned_unit() -> dict[str, Any]:
    """JSON Schema of the unit of what is planned: those in which reports tell of it."""
    (quantity,) = (each for each in _registry() if each["name"] == PLANNED)
    described = f"The units of the attribute `{PLANNED}`: of UNECE Recommendation 20, or words."
    return {"type": "string", "enum": quantity["units"], "description": described}


def _registry() -> list[dict[str, Any]]:
    registry: list[dict[str, Any]] = tomllib.loads((DIRECTORY / "attributes.toml").read_text(encoding="utf-8"))[
        "attributes"
    ]
    return registry


def _attributes() -> Iterator[tuple[str, ...]]:
    for each in _registry():
        words = ", ".join(f"`{word}`" for word in each.get("units", each.get("codes", ())))
        yield f"`{each['name']}`", ", ".join(each["subjects"]), f"{each['type']}{': ' if words else ''}{words}"


def _schemes() -> Iterator[tuple[str, ...]]:
    for path in sorted((DIRECTORY / "codes").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for scheme in dict.fromkeys(row["scheme"] for row in rows):
            own = [row for row in rows if row["scheme"] == scheme]
            meant: dict[str, list[str]] = {}
            for row in own:
                flag = f"{row['flag']} over" if row["flag_is_set"] == "no" else row["flag"]
                meant.setdefault(" and ".join(filter(None, (row["milestone"], flag))), []).append(f"`{row['code']}`")
            said = "; ".join(f"{meaning}: {', '.join(codes)}" for meaning, codes in meant.items())
            yield f"`{scheme}`", said, own[0]["source"]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
