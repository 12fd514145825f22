"""Take in what a partner enters into the ledger: one row for each (source, kind, external_id), for good.

    form ─ names found? marking allowed? ─ no ─> Invalid, with every problem
             └─ insert row, parts and entry in one savepoint ─> created
                       └ the entry was there (or came first) ─> exists │ differs, with the fields that do

What is entered is provisional: an analyst confirms it or merges it into what is there. Reports that the
partner sent before, under the name that is entered now, are bound to it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, models, transaction
from pydantic import BaseModel

from actors.access import Reader
from actors.identifiers import new_reference
from actors.marking import Marking
from actors.models import Actor, ActorName, AuditEntry, PartnerKey
from shipments.intake.draft import Invalid, Problem
from shipments.intake.forms import said_of
from shipments.intake.ledger import EntryIn
from shipments.intake.plain import pointer_of
from shipments.models import (
    Appeal,
    LedgerEntry,
    Leg,
    Line,
    Offer,
    OfferLine,
    Place,
    Shipment,
    ShipmentParty,
)
from shipments.services.binding import bind_held
from shipments.services.fitting import planned_unit_problems
from shipments.services.naming import NAMES, Names, find_names, hold_merges, lock_names
from shipments.services.planning import announce_subject

MODELS: dict[str, type[models.Model]] = {
    "appeal": Appeal,
    "offer": Offer,
    "shipment": Shipment,
    "actor": Actor,
    "place": Place,
}
# (kind, list) -> the rows it is kept in, and their key to what they belong to.
ROWS: dict[tuple[str, str], tuple[type[models.Model], str]] = {
    ("shipment", "legs"): (Leg, "shipment"),
    ("shipment", "lines"): (Line, "shipment"),
    ("shipment", "parties"): (ShipmentParty, "shipment"),
    ("offer", "lines"): (OfferLine, "offer"),
    ("actor", "names"): (ActorName, "actor"),
}
SIDES = (("donor", "recipient"), ("requester", "addressee"), ("origin", "destination"))
MADE_ONCE = "ledger_entry_is_made_once"


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What became of what was entered: created, exists, differs, revised or unchanged.

    ``version`` is None where the sender may not read any more what they entered.
    """

    result: str
    kind: str
    reference: str
    external_id: str
    version: int | None
    differences: tuple[str, ...] = ()


@transaction.atomic
def enter(kind: str, value: EntryIn, *, key: PartnerKey, now: datetime) -> Entered:
    """Enter ``value`` under the key's own source. Raises Invalid with every problem, and then nothing is stored."""
    said = said_of(value)
    fingerprint = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).digest()
    same = LedgerEntry.objects.filter(source=key.source, kind=kind, external_id=value.external_id)
    if entry := same.first():
        return _again(entry, said, fingerprint, key)
    assert key.source is not None
    hold_merges()
    lock_names([f"{key.source.code}:{value.external_id}"], entering=True)
    names = find_names(said, kind, Reader.of_key(key))
    problems = [*names.problems, *marking_problems(said, key), *side_problems(said, kind, names)]
    problems += planned_unit_problems(said)
    if problems:
        raise Invalid(problems)
    try:
        with transaction.atomic():
            row = _create(kind, value, names)
            entry = LedgerEntry(
                source=key.source,
                kind=kind,
                external_id=value.external_id,
                said=said,
                fingerprint=fingerprint,
                partner_key=key,
                **{kind if kind in ("actor", "place") else "subject": getattr(row, "subject", row)},
            )
            entry.save(force_insert=True)
    except IntegrityError as error:
        if constraint_of(error) != MADE_ONCE:
            raise
        return _again(same.get(), said, fingerprint, key)
    reference = reference_of(entry)
    audit(key, "enter", kind, reference, said)
    if entry.subject:
        announce_subject(entry.subject)
    bind_held(entry, key, now=now)
    return Entered(result="created", kind=kind, reference=reference, external_id=value.external_id, version=1)


def _again(entry: LedgerEntry, said: Mapping[str, Any], fingerprint: bytes, key: PartnerKey) -> Entered:
    # Compared with what the partner said themselves; whether analysts changed it since is not theirs to know
    # once it is hidden from them.
    differing = () if bytes(entry.fingerprint) == fingerprint else differences(entry.said, said)
    return Entered(
        result="differs" if differing else "exists",
        kind=entry.kind,
        reference=reference_of(entry),
        external_id=entry.external_id,
        version=entry.version if _is_readable(entry, Reader.of_key(key)) else None,
        differences=differing,
    )


def _is_readable(entry: LedgerEntry, reader: Reader) -> bool:
    """Whether ``reader`` may read the row of ``entry``, and what it was merged into."""
    row: Any = entry.place or entry.subject or entry.actor
    if isinstance(row, Place):
        return True
    rows = {each for each in (row.pk, row.merged_into_id) if each}
    return type(row)._default_manager.visible_to(reader).filter(pk__in=rows).count() == len(rows)


def version_of(kind: str, reference: str, key: PartnerKey) -> int | None:
    """The version of what the key's source entered, for a key that may change it; None of all else."""
    if key.source_id is None or PartnerKey.Scope.LEDGER_WRITE not in key.scopes:
        return None
    column = {"place": "place__code", "actor": "actor__reference"}.get(kind, "subject__reference")
    same = LedgerEntry.objects.filter(kind=kind, source=key.source_id, **{column: reference})
    return same.values_list("version", flat=True).first()


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields in which two sayings differ."""
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))


def _create(kind: str, value: EntryIn, names: Names) -> models.Model:
    beside = {"code": new_reference("PLC")} if kind == "place" else {}
    row = MODELS[kind](**columns_of(MODELS[kind], value, kind, names), provisional=True, **beside)
    row.save(force_insert=True)
    for of_kind, part in ROWS:
        if of_kind == kind:
            create_rows(row, kind, part, getattr(value, part), names)
    return row


def create_rows(row: models.Model, kind: str, part: str, values: Iterable[BaseModel], names: Names) -> None:
    """Insert what belongs to ``row``; one actor in one role, or one name, once."""
    model, owner = ROWS[kind, part]
    model._default_manager.bulk_create(
        [model(**columns_of(model, value, kind, names), **{owner: row}) for value in values],
        ignore_conflicts=part in ("parties", "names"),
    )


def columns_of(
    model: type[models.Model], value: BaseModel, kind: str, names: Names, *, only: Iterable[str] | None = None
) -> dict[str, Any]:
    """The columns that a form's value fills; of the fields ``only``, if given. Lists are rows of their own."""
    fields = type(value).model_fields.keys() - {"external_id"}
    return dict(
        pair
        for name in (fields & set(only) if only is not None else fields)
        for pair in _columns(model, name, getattr(value, name), kind, names)
    )


def _columns(model: type[models.Model], name: str, said: Any, kind: str, names: Names) -> Iterator[tuple[str, Any]]:
    if name == "quantity":
        yield "quantity_low", said.low if said else None
        yield "quantity_high", said.high if said else None
        yield "unit", said.unit if said else ""
        yield "qualifier", said.qualifier if said else "unknown"
        yield "basis", said.basis if said else "reported"
    elif name == "marking":
        yield name, Marking.from_code(said)
    elif name == "parent" or name in NAMES:
        yield f"{name}_id", names.id_of(kind if name == "parent" else NAMES[name], said)
    elif not isinstance(said, list):
        is_nullable = cast(Any, model._meta.get_field(name)).null
        yield name, "" if said is None and not is_nullable else said


def marking_problems(said: Mapping[str, Any], key: PartnerKey, *, lowest: int = 0) -> list[Problem]:
    """Nobody marks beyond what they read themselves, and nobody but an analyst lowers a marking."""
    marking = said.get("marking")
    if marking is None or lowest <= Marking.from_code(marking) <= key.clearance:
        return []
    allowed = [each.code for each in Marking if lowest <= each <= key.clearance]
    detail = f"This key may mark it {' or '.join(allowed)}." if allowed else "An analyst keeps its marking."
    return [Problem(code="marking_not_allowed", pointer="/marking", detail=detail)]


def side_problems(said: Mapping[str, Any], kind: str, names: Names, *, path: tuple[Any, ...] = ()) -> Iterator[Problem]:
    """Both sides of something may be one, by two names."""
    for first, second in SIDES:
        ids = [names.found.get((NAMES[side], said.get(side, ""))) for side in (first, second)]
        if None not in ids and ids[0] == ids[1]:
            for side in (first, second):
                detail = f"{first} and {second} are the same."
                yield Problem(code="same_on_both_sides", pointer=pointer_of(*path, side), detail=detail)
    for n, leg in enumerate(said.get("legs", ())):
        yield from side_problems(leg, kind, names, path=("legs", n))


def reference_of(entry: LedgerEntry) -> str:
    """What we call the row of ``entry``: its reference; a place's code."""
    if entry.place:
        return entry.place.code
    return (entry.subject or cast(Actor, entry.actor)).reference


def audit(key: PartnerKey, action: str, kind: str, reference: str, changes: Mapping[str, Any]) -> None:
    """One entry of the audit trail, in the partner's name."""
    AuditEntry.objects.create(
        partner_key=key, action=action, object_type=kind, object_reference=reference, changes=changes
    )


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that refused a row."""
    cause = error.__cause__
    return getattr(getattr(cause, "diag", None), "constraint_name", "") or ""
