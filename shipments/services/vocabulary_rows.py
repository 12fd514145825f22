"""Bring a table to the rows of a vocabulary file: new ones inserted, changed ones brought up to date or refused."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from shipments.models import CodeMapping
from shipments.services.errors import ChangedEvidence


@dataclass(kw_only=True)
class Tally:
    """What loading has done so far: rows read by label, rows written, new codes, and whether a rule is another."""

    rows: dict[str, int] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    codes: list[CodeMapping] = field(default_factory=list)
    rules_differ: bool = False


def bring_up_to_date(
    label: str,
    model: type[Model],
    key: tuple[str, ...],
    rows: list[dict[str, Any]],
    tally: Tally,
    *,
    judged_by: Collection[str],
) -> None:
    """Insert rows that are missing, and update those that differ in a column which the file gives.

    A difference in ``judged_by`` is a difference of the rules. A new row is none: nothing was judged by it yet.
    """
    there = _by_key(model, key)
    new, changed = [], []
    for row in rows:
        found = there.get(tuple(row[name] for name in key))
        if found is None:
            new.append(model(**row))
        elif differing := _differing(found, row):
            tally.rules_differ |= not differing.isdisjoint(judged_by)
            for name, value in row.items():
                setattr(found, name, value)
            changed.append(found)
    objects = model._default_manager
    objects.bulk_create(new)
    if changed:
        objects.bulk_update(changed, sorted({name for row in rows for name in row} - set(key)))
    _count(label, tally, rows=len(rows), new=len(new), changed=len(changed))


def add_missing(
    label: str,
    model: type[Model],
    key: tuple[str, ...],
    rows: list[dict[str, Any]],
    tally: Tally,
    *,
    may_differ: bool = False,
) -> list[Any]:
    """Insert rows that are missing; these. Raises ChangedEvidence for one that is there and says something else."""
    there = _by_key(model, key)
    new = []
    for row in rows:
        name = tuple(row[part] for part in key)
        found = there.get(name)
        if found is None:
            new.append(model(**row))
        elif not may_differ and _differing(found, row):
            words = " ".join(str(part) for part in name)
            raise ChangedEvidence(
                f"{label}: {words} was recorded with another meaning; keep its line and add one with its own date."
            )
    model._default_manager.bulk_create(new)
    _count(label, tally, rows=len(rows), new=len(new))
    return new


def _by_key(model: type[Model], key: tuple[str, ...]) -> dict[tuple[Any, ...], Any]:
    return {tuple(getattr(row, name) for name in key): row for row in model._default_manager.all()}


def _differing(found: Model, row: Mapping[str, Any]) -> set[str]:
    return {name for name, value in row.items() if getattr(found, name) != value}


def _count(label: str, tally: Tally, *, rows: int, new: int, changed: int = 0) -> None:
    tally.rows[label] = tally.rows.get(label, 0) + rows
    tally.new += new
    tally.changed += changed
