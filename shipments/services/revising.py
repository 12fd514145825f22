"""Change what a partner entered: by the partner alone, and as long as no analyst has taken it over.

    row visible? ─ entered by this source? ─ still provisional, not merged? ─ at the version that was read?
        └ None        └ not_yours               └ confirmed, merged             └ changed_meanwhile

Only the fields that are sent change, so that what an analyst mended beside them stays. What happened to a
shipment is never changed here: that is a report.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.db import models, transaction
from pydantic import BaseModel

from actors.access import Reader
from actors.models import PartnerKey
from actors.services.containing import lock_containers, would_contain_itself
from shipments.intake.draft import Invalid, Problem
from shipments.intake.forms import names_of, read_form, said_of
from shipments.intake.ledger import FORMS, PARTS, ItemIn, LegIn
from shipments.intake.plain import pointer_of
from shipments.models import LedgerEntry, Place, Subject
from shipments.services.binding import bind_held
from shipments.services.entering import (
    MODELS,
    ROWS,
    Entered,
    audit,
    columns_of,
    create_rows,
    differences,
    marking_problems,
    side_problems,
)
from shipments.services.errors import NotRevisable
from shipments.services.fitting import planned_unit_problems
from shipments.services.naming import find_names, hold_merges, lock_names
from shipments.services.planning import announce_loss, note_plan_change
from shipments.services.reaching import reach_place

# What names, in each kind, the whole that one is a part of.
CONTAINER_OF = {"appeal": None, "offer": None, "shipment": "parent", "actor": "parent", "place": "within"}
MOST_PARTS = {"legs": 100, "lines": 500}


@dataclass(frozen=True, kw_only=True)
class Editing:
    """A row that its sender is changing, locked with its entry until the transaction ends."""

    kind: str
    row: Any
    entry: LedgerEntry
    key: PartnerKey

    @property
    def reference(self) -> str:
        """What we call the row."""
        return self.row.code if self.kind == "place" else self.row.reference

    def answer(self, result: str, *, differing: tuple[str, ...] = ()) -> Entered:
        """What became of the change."""
        return Entered(
            result=result,
            kind=self.kind,
            reference=self.reference,
            external_id=self.entry.external_id,
            version=self.entry.version,
            differences=differing,
        )

    def keep(self, said: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """Store what the partner says now, one version on, with its audit entry; the picture follows."""
        if self.kind in ("actor", "place"):
            self.entry.version += 1
        else:
            note_plan_change(Subject.objects.get(pk=self.row.pk))
            self.entry.refresh_from_db(fields=["version"])
        self.entry.said = said
        self.entry.save(update_fields=["said", "version"])
        audit(self.key, "revise", self.kind, self.reference, changes)


def edit(
    kind: str, reference: str, *, key: PartnerKey, version: int | None, first: Callable[[], None] | None = None
) -> Editing | None:
    """The row, locked; None where the sender may not see it. Raises NotRevisable. Call inside a transaction.

    ``first`` takes the locks that come before the row's, once it is known that the row is the sender's.
    """
    model = cast(Any, MODELS[kind])
    if kind == "place":
        row = Place.objects.filter(code=reference).first()
    else:
        row = model.objects.visible_to(Reader.of_key(key)).filter(reference=reference).first()
    if row is None:
        return None
    column = kind if kind in ("actor", "place") else "subject"
    own = LedgerEntry.objects.filter(kind=kind, source=key.source, **{column: row.pk})
    # An entry is of its row for good: whoever has none is told so, and neither locks nor waits.
    if not own.exists():
        raise NotRevisable("not_yours", "It was not entered by this key's source. Say what you know in a report.")
    hold_merges()
    if first:
        first()
    # The row before its entry, as the pages of analysts do: else each could wait for the other. Its key stays, so that
    # whoever points at it is not kept waiting as they commit, with its row in the queue in their hands.
    row = model.objects.select_for_update(no_key=True).get(pk=row.pk)
    # Itself alone: its order would join the source and lock that, and every report of it would wait.
    entry = own.select_for_update(of=("self",)).get()
    if row.merged_into_id:
        raise NotRevisable("merged", "It was merged into another; ask for it by its reference to see which.")
    if not row.provisional:
        raise NotRevisable("confirmed", "An analyst has confirmed it and keeps it now. Say what changed in a report.")
    if version is not None and version != entry.version:
        detail = f"It is at version {entry.version}."
        raise NotRevisable("changed_meanwhile", detail, version=entry.version)
    return Editing(kind=kind, row=row, entry=entry, key=key)


@transaction.atomic
def revise(
    kind: str, reference: str, data: object, *, key: PartnerKey, version: int | None, now: datetime
) -> Entered | None:
    """Change the fields that ``data`` names; null empties one. None where the row may not be seen.

    Raises Invalid with every problem, NotRevisable where it is not the sender's to change; then nothing is stored.
    """
    container = CONTAINER_OF[kind]
    is_moved = isinstance(data, dict) and container in data
    lock = partial(lock_containers, kind) if is_moved else None
    editing = edit(kind, reference, key=key, version=version, first=lock)
    if editing is None:
        return None
    held_apart = [part for of_kind, part in PARTS if of_kind == kind]
    value = _changed(FORMS[kind], editing.entry.said, data, kept="external_id", held_apart=held_apart, now=now)
    said, names = said_of(value), find_names(said_of(value), kind, Reader.of_key(key))
    changing = differences(editing.entry.said, said)
    lowest = getattr(editing.row, "marking", 0)
    problems = [*names.problems, *side_problems(said, kind, names)]
    problems += marking_problems(said, key, lowest=lowest) if "marking" in changing else []
    if container and not names.problems:
        problems += _loops(editing.row, container, names.id_of(kind, said.get(container)))
    if problems:
        raise Invalid(problems)
    if not changing:
        return editing.answer("unchanged")
    columns = columns_of(type(editing.row), value, kind, names, only=changing)
    if columns:
        type(editing.row)._default_manager.filter(pk=editing.row.pk).update(**columns)
    if kind == "place" and container in changing:
        reach_place(editing.row)
    for part in ("parties", "names"):
        if part in changing:
            _take_back(editing, part, [each for each in editing.entry.said.get(part, ()) if each not in said[part]])
            create_rows(editing.row, kind, part, getattr(value, part), names)
    before = {name: editing.entry.said.get(name) for name in changing}
    editing.keep(said, {"before": before, "after": {name: said.get(name) for name in changing}})
    if "marking" in columns and kind != "actor":
        announce_loss(Subject.objects.get(pk=editing.row.pk), cleared=lowest)
    return editing.answer("revised")


def _take_back(editing: Editing, part: str, gone: list[dict[str, str]]) -> None:
    """Delete the rows of what the sender said before and says no more. Those that analysts added stay."""
    model, owner = ROWS[editing.kind, part]
    rows = model._default_manager.filter(**{owner: editing.row.pk})
    actors = find_names({part: gone}, editing.kind, Reader.of_key(editing.key)).found
    for each in gone:
        if part == "names":
            rows.filter(name=each["name"], language=each.get("language") or "").delete()
        elif actor := actors.get(("actor", each["actor"])):
            rows.filter(role=each["role"], actor=actor).delete()


@transaction.atomic
def add_part(kind: str, reference: str, part: str, data: object, *, key: PartnerKey, now: datetime) -> Entered | None:
    """Add a leg or line to what the sender entered. None where the whole may not be seen.

    The same key again is the same part: exists, or differs. Raises Invalid and NotRevisable as ``revise`` does.
    """
    form = PARTS[kind, part]
    value = read_form(form, data, now=now)
    lock = partial(lock_names, [reference], entering=True)
    editing = edit(kind, reference, key=key, version=None, first=lock)
    if editing is None:
        return None
    said, parts = said_of(value), list(editing.entry.said.get(part, ()))
    same = next((each for each in parts if each["key"] == value.key), None)
    if same is not None:
        differing = differences(same, said)
        return editing.answer("differs" if differing else "exists", differing=differing)
    model, owner = ROWS[kind, part]
    names = find_names(said, kind, Reader.of_key(key))
    problems = [*names.problems, *side_problems(said, kind, names), *planned_unit_problems(said)]
    if model._default_manager.filter(**{owner: editing.row.pk, "key": value.key}).exists():
        problems.append(Problem(code="key_taken", pointer="/key", detail="An analyst uses this key; choose another."))
    if len(parts) >= MOST_PARTS.get(part, 200):
        problems.append(Problem(code="too_many", pointer="", detail=f"It has {len(parts)} {part} already, the most."))
    if problems:
        raise Invalid(problems)
    create_rows(editing.row, kind, part, [value], names)
    bind_held(editing.entry, key, now=now)
    editing.keep({**editing.entry.said, part: [*parts, said]}, {"added": {part: said}})
    return editing.answer("created")


@transaction.atomic
def revise_part(
    kind: str,
    reference: str,
    part: str,
    part_key: str,
    data: object,
    *,
    key: PartnerKey,
    version: int | None,
    now: datetime,
) -> Entered | None:
    """Change the fields of a leg or line that the sender entered. None where there is no such one."""
    editing = edit(kind, reference, key=key, version=version)
    if editing is None:
        return None
    parts = list(editing.entry.said.get(part, ()))
    place = next((n for n, each in enumerate(parts) if each["key"] == part_key), None)
    if place is None:
        return None
    value: LegIn | ItemIn = _changed(PARTS[kind, part], parts[place], data, kept="key", now=now)
    said = said_of(value)
    changing = differences(parts[place], said)
    names = find_names(said, kind, Reader.of_key(key))
    problems = [*names.problems, *side_problems(said, kind, names)]
    # A unit that was taken before is no fault of who changes something else.
    problems += planned_unit_problems(said) if "quantity" in changing else []
    if problems:
        raise Invalid(problems)
    if not changing:
        return editing.answer("unchanged")
    model, owner = ROWS[kind, part]
    columns = columns_of(model, value, kind, names, only=changing)
    model._default_manager.filter(**{owner: editing.row.pk, "key": part_key}).update(**columns)
    before, parts[place] = parts[place], said
    editing.keep({**editing.entry.said, part: parts}, {part: {"before": before, "after": said}})
    return editing.answer("revised")


def _changed(
    form: type[BaseModel],
    said: Mapping[str, Any],
    data: object,
    *,
    kept: str,
    held_apart: Iterable[str] = (),
    now: datetime,
) -> Any:
    """``said`` with the fields of ``data`` over it, read by ``form``. Raises Invalid with every problem."""
    if not isinstance(data, dict):
        raise Invalid([Problem(code="object_required", pointer="", detail="An object is needed here.")])
    if not data:
        raise Invalid([Problem(code="too_few", pointer="", detail="Name at least one field to change.")])
    apart = {kept: f"{kept} names it for good."}
    apart |= {name: f"Change them one by one, at …/{name}/." for name in held_apart}
    problems = [
        Problem(code="read_only_field", pointer=pointer_of(name), detail=detail)
        for name, detail in apart.items()
        if name in data
    ]
    known = names_of(form)[()]
    merged = {**said, **{name: each for name, each in data.items() if name not in apart}}
    merged = {name: each for name, each in merged.items() if each is not None or name not in known}
    try:
        changed = read_form(form, merged, now=now)
    except Invalid as invalid:
        problems += invalid.problems
    if problems:
        raise Invalid(problems)
    return changed


def _loops(row: models.Model, name: str, container: Any) -> list[Problem]:
    if not would_contain_itself(row, name, container):
        return []
    return [Problem(code="contains_itself", pointer=f"/{name}", detail="It would be a part of itself.")]
