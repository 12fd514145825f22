"""What the names in an entry lead to: our own references and codes, or what the partner entered before.

ACT-7K2M9QXD, CNSHE          ─┐ visible to the sender? ─ merged? ─> the survivor
source:external_id (own)     ─┘      └ no: not there, in the same words as what never was
scheme:value (identifiers)
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID
from zlib import crc32

from django.db import connection

from actors.access import Reader
from actors.models import Actor, ActorIdentifier
from actors.services.prepared import run
from shipments.intake.draft import Problem
from shipments.intake.plain import pointer_of
from shipments.models import LedgerEntry
from shipments.services.naming_queries import (
    TOLD_OF,
    EntryRow,
    PlaceRow,
    SubjectRow,
    SubjectsRead,
    entries,
    own_pairs,
    pairs_of,
    places_by,
    subjects_by,
    subjects_identified,
)

# The fields of entries that name something: the kind of subject, or whom, or where.
NAMES: Mapping[str, str] = {
    **dict.fromkeys(("requester", "addressee", "donor", "recipient", "carrier", "actor"), "actor"),
    **dict.fromkeys(("origin", "destination", "within"), "place"),
    "crisis": "crisis",
    "answers": "appeal",
    "offer": "offer",
}

ENTERED = "source:external_id as you entered it"
IDENTIFIED = "scheme:value as others know it"
# By which names each is found.
FORMS: Mapping[str, str] = {
    "actor": f"its reference (ACT-…), {ENTERED}, or {IDENTIFIED}",
    "place": f"its code, or {ENTERED}",
    "crisis": f"its reference (CRS-…), or {IDENTIFIED}",
    "appeal": f"its reference (APL-…), {ENTERED}, or {IDENTIFIED}",
    "offer": f"its reference (OFR-…), {ENTERED}, or {IDENTIFIED}",
    "shipment": f"its reference (SHP-…), {ENTERED}, or {IDENTIFIED}",
}
# The number is the project's own for these locks.
NAME_LOCKS, BUCKETS = 7_120_524, 64
MERGING_LOCK = 7_120_528


@dataclass(kw_only=True)
class Names:
    """What was found, by kind and by the name that was used; ``problems`` for each that leads nowhere."""

    found: dict[tuple[str, str], Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def id_of(self, kind: str, name: str | None) -> UUID | None:
        """The key of what ``name`` leads to; None for no name, and for one that leads nowhere, which is a problem."""
        return cast(UUID, self.found[kind, name].pk) if name and (kind, name) in self.found else None


def find_names(said: Mapping[str, Any], kind: str, reader: Reader) -> Names:
    """Look up everything that an entry of ``kind`` names, in a fixed number of queries."""
    named = list(_named(said, kind, ()))
    names = Names()
    by_kind: dict[str, set[str]] = {}
    for _, what, name in named:
        by_kind.setdefault(what, set()).add(name)
    for what, wanted in by_kind.items():
        rows: Mapping[str, Any]
        if what == "actor":
            rows = actors_named(wanted, reader)
        elif what == "place":
            rows = places_named(wanted, reader)
        else:
            rows = subjects_named(wanted, reader, kind=what)
        names.found |= {(what, name): row for name, row in rows.items()}
    for path, what, name in named:
        if (what, name) not in names.found:
            detail = f"No such {what} that you may see. Name it by {FORMS[what]}."
            names.problems.append(Problem(code="not_found", pointer=pointer_of(*path), detail=detail))
    return names


def _named(said: Mapping[str, Any], kind: str, path: tuple[str | int, ...]) -> Iterator[tuple[Any, str, str]]:
    for name, value in said.items():
        if isinstance(value, list):
            for n, each in enumerate(value):
                if isinstance(each, dict):
                    yield from _named(each, kind, (*path, name, n))
        elif name == "parent":
            yield (*path, name), kind, value
        elif name in NAMES and isinstance(value, str):
            yield (*path, name), NAMES[name], value


def actors_named(wanted: set[str], reader: Reader) -> dict[str, Actor]:
    """Visible actors by reference, own entry or identifier."""
    visible = Actor.objects.visible_to(reader)
    found = {actor.reference: actor for actor in visible.filter(reference__in=wanted)}
    found |= _entered(wanted - found.keys(), reader, (LedgerEntry.Kind.ACTOR,), visible.in_bulk)
    pairs = pairs_of(wanted - found.keys())
    identifiers = ActorIdentifier.objects.filter(scheme__in=pairs, value__in=set().union(*pairs.values()))
    for row in identifiers.filter(actor__in=visible).select_related("actor") if pairs else ():
        found.setdefault(f"{row.scheme}:{row.value}", row.actor)
    return _survivors(_only(wanted, found), visible.in_bulk)


def places_named(wanted: set[str], reader: Reader, *, by_code: Iterable[PlaceRow] | None = None) -> dict[str, PlaceRow]:
    """Places by code or own entry; ``by_code`` are those by code, where they were read already."""

    def places(column: str, values: Iterable[Any]) -> list[PlaceRow]:
        return [PlaceRow._make(row) for row in places_by(reader, column).tuples(reader, places=list(values))]

    def by_id(ids: Iterable[UUID]) -> dict[UUID, PlaceRow]:
        return {place.pk: place for place in places("pk", ids)}

    if by_code is None:
        by_code = places("code", wanted) if wanted else ()
    found = {place.code: place for place in by_code}
    found |= _entered(wanted - found.keys(), reader, (LedgerEntry.Kind.PLACE,), by_id)
    return _survivors(found, by_id)


def subjects_named(
    wanted: set[str], reader: Reader, *, kind: str = "", read: SubjectsRead | None = None
) -> dict[str, SubjectRow]:
    """Visible subjects (of ``kind``, if given) by reference, own entry or identifier.

    ``read`` is what these names may lead to, where it was read already, of any kind.
    """

    def subjects(column: str, values: Iterable[Any], of: str = "") -> list[SubjectRow]:
        return [SubjectRow._make(row) for row in subjects_by(reader, column, of).tuples(reader, subjects=list(values))]

    def by_id(ids: Iterable[UUID]) -> dict[UUID, SubjectRow]:
        return {subject.pk: subject for subject in (read.entered if read else subjects("pk", ids, kind))}

    by_reference = read.by_reference if read else subjects("reference", wanted, kind)
    found = {subject.reference: subject for subject in by_reference}
    rest = wanted - found.keys()
    kinds = (kind,) if kind else TOLD_OF
    found |= _led_to(rest, read.entries, by_id) if read else _entered(rest, reader, kinds, by_id)
    for scheme, value, *row in read.identified if read else _identified(wanted - found.keys(), reader, kind):
        found.setdefault(f"{scheme}:{value}", SubjectRow._make(row))
    return _survivors(_only(wanted, found), lambda ids: {subject.pk: subject for subject in subjects("pk", ids)})


def _entered(
    wanted: Collection[str], reader: Reader, kinds: tuple[str, ...], by_id: Callable[[list[UUID]], Mapping[UUID, Any]]
) -> dict[str, Any]:
    """Rows that partners entered, by ``source:external_id``, as far as ``by_id`` finds them."""
    pairs = own_pairs(wanted)
    if not pairs:
        return {}
    sources, names = {code for code, _ in pairs}, {own for _, own in pairs}
    rows = entries(reader, kinds).tuples(reader, entered_by=list(sources), entered_as=list(names))
    return _led_to(wanted, map(EntryRow._make, rows), by_id)


def _led_to(
    wanted: Collection[str], entered: Iterable[EntryRow], by_id: Callable[[list[UUID]], Mapping[UUID, Any]]
) -> dict[str, Any]:
    """What those names lead to that were given to what was ``entered``, as far as ``by_id`` finds it."""
    rows: dict[str, list[UUID]] = {}
    for code, own, *ids in entered:
        (row,) = filter(None, ids)
        rows.setdefault(f"{code}:{own}", []).append(row)
    there = [row for name in wanted for row in rows.get(name, ())]
    found = by_id(there) if there else {}
    # An appeal and an offer may have one name; which is meant is not ours to guess.
    return {name: found[own[0]] for name, own in rows.items() if name in wanted and len(own) == 1 and own[0] in found}


def _identified(wanted: Collection[str], reader: Reader, kind: str) -> Sequence[Sequence[Any]]:
    pairs = pairs_of(wanted)
    if not pairs:
        return ()
    values = list(set().union(*pairs.values()))
    return subjects_identified(reader, kind).tuples(reader, schemes=list(pairs), values=values)


def _only(wanted: set[str], found: dict[str, Any]) -> dict[str, Any]:
    return {name: row for name, row in found.items() if name in wanted}


def _survivors(found: dict[str, Any], by_id: Callable[[list[UUID]], Mapping[UUID, Any]]) -> dict[str, Any]:
    """What each row was merged into, however often; left out where the reader may not see that."""
    while merged := {name: row.merged_into_id for name, row in found.items() if row.merged_into_id}:
        into = by_id(list(merged.values()))
        for name, survivor in merged.items():
            found.pop(name)
            if survivor in into:
                found[name] = into[survivor]
    return found


def hold_merges() -> None:
    """Until the transaction ends, nothing is merged.

    To be called before what is named is looked up, and before any row is locked. A merge does not see who is about to
    name what it merges, and they do not see the merge.
    """
    run("SELECT pg_advisory_xact_lock_shared(%s)", [MERGING_LOCK])


def wait_to_merge() -> None:
    """Until the transaction ends nobody comes to name anything; see hold_merges."""
    run("SELECT pg_advisory_xact_lock(%s)", [MERGING_LOCK])


def lock_names(names: Iterable[str], *, entering: bool) -> None:
    """Until the transaction ends, nobody enters what goes by ``names``; with ``entering``, nobody else looks for it.

    So whoever finds nothing by a name is seen by whoever enters it later.
    """
    lock_buckets(NAME_LOCKS, names, shared=not entering)


def lock_buckets(number: int, names: Iterable[str], *, shared: bool = False) -> None:
    """Lock ``names`` until the transaction ends. A fixed number of locks stands for all names."""
    buckets = sorted({crc32(name.encode()) % BUCKETS for name in names})
    kind = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{kind}(%s, bucket) FROM unnest(%s::int[]) AS bucket",  # noqa: S608
            [number, buckets],
        )
