"""What the names in an entry lead to: our own references and codes, or what the partner entered before.

ACT-7K2M9QXD, CNSHE          ─┐ visible to the sender? ─ merged? ─> the survivor
source:external_id (own)     ─┘      └ no: not there, in the same words as what never was
scheme:value (identifiers)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID
from zlib import crc32

from django.db import connection
from django.db.models import QuerySet

from actors.access import Reader
from actors.models import Actor, ActorIdentifier
from shipments.intake.draft import Problem
from shipments.intake.plain import pointer_of
from shipments.models import LedgerEntry, Place, Subject, SubjectIdentifier

# The fields of entries that name something: the kind of subject, or whom, or where.
NAMES: Mapping[str, str] = {
    **dict.fromkeys(("requester", "addressee", "donor", "recipient", "carrier", "actor"), "actor"),
    **dict.fromkeys(("origin", "destination", "within"), "place"),
    "crisis": "crisis",
    "answers": "appeal",
    "offer": "offer",
}

# The number is the project's own for these locks.
NAME_LOCKS, BUCKETS = 7_120_524, 64
CONTAINER_LOCKS = 7_120_525


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
            detail = f"No such {what} that you may see."
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
    found |= _entered(wanted - found.keys(), reader, [LedgerEntry.Kind.ACTOR], visible)
    pairs = _pairs(wanted - found.keys())
    identifiers = ActorIdentifier.objects.filter(scheme__in=pairs, value__in=set().union(*pairs.values()))
    for row in identifiers.filter(actor__in=visible).select_related("actor") if pairs else ():
        found.setdefault(f"{row.scheme}:{row.value}", row.actor)
    return _survivors(_only(wanted, found), visible)


def places_named(wanted: set[str], reader: Reader) -> dict[str, Place]:
    """Places by code or own entry."""
    every = Place.objects.all()
    found = {place.code: place for place in every.filter(code__in=wanted)}
    found |= _entered(wanted - found.keys(), reader, [LedgerEntry.Kind.PLACE], every)
    return _survivors(found, every)


def subjects_named(wanted: set[str], reader: Reader, *, kind: str = "") -> dict[str, Subject]:
    """Visible subjects (of ``kind``, if given) by reference, own entry or identifier."""
    visible = Subject.objects.visible_to(reader)
    some = visible.filter(kind=kind) if kind else visible
    found = {subject.reference: subject for subject in some.filter(reference__in=wanted)}
    kinds = [LedgerEntry.Kind.APPEAL, LedgerEntry.Kind.OFFER, LedgerEntry.Kind.SHIPMENT]
    found |= _entered(wanted - found.keys(), reader, [kind] if kind else kinds, some)
    pairs = _pairs(wanted - found.keys())
    identifiers = SubjectIdentifier.objects.filter(scheme__in=pairs, value__in=set().union(*pairs.values()))
    for row in identifiers.filter(subject__in=some).select_related("subject") if pairs else ():
        found.setdefault(f"{row.scheme}:{row.value}", row.subject)
    return _survivors(_only(wanted, found), visible)


def _entered(wanted: Collection[str], reader: Reader, kinds: Iterable[str], visible: QuerySet) -> dict[str, Any]:
    """Rows that partners entered, by ``source:external_id``: the reader's own, and for analysts everybody's."""
    pairs = {tuple(name.split(":", 1)) for name in wanted if ":" in name}
    if not pairs:
        return {}
    entries = LedgerEntry.objects.filter(
        kind__in=list(kinds), source__code__in={code for code, _ in pairs}, external_id__in={own for _, own in pairs}
    ).select_related("source")
    if not reader.is_analyst:
        entries = entries.filter(source__actor=reader.actor_id)
    rows: dict[str, list[UUID]] = {}
    for each in entries:
        row = cast(UUID, each.subject_id or each.actor_id or each.place_id)
        rows.setdefault(f"{each.source.code}:{each.external_id}", []).append(row)
    by_id = visible.in_bulk([row for name in wanted for row in rows.get(name, ())])
    # An appeal and an offer may have one name; which is meant is not ours to guess.
    return {name: by_id[own[0]] for name, own in rows.items() if name in wanted and len(own) == 1 and own[0] in by_id}


def _pairs(wanted: Iterable[str]) -> dict[str, set[str]]:
    pairs: dict[str, set[str]] = {}
    for name in wanted:
        scheme, colon, value = name.rpartition(":")
        if colon:
            pairs.setdefault(scheme, set()).add(value)
    return pairs


def _only(wanted: set[str], found: dict[str, Any]) -> dict[str, Any]:
    return {name: row for name, row in found.items() if name in wanted}


def _survivors(found: dict[str, Any], visible: QuerySet) -> dict[str, Any]:
    """What each row was merged into, however often; left out where the reader may not see that."""
    while merged := {name: row.merged_into_id for name, row in found.items() if row.merged_into_id}:
        into = visible.in_bulk(list(merged.values()))
        for name, survivor in merged.items():
            found.pop(name)
            if survivor in into:
                found[name] = into[survivor]
    return found


def lock_containers(kind: str) -> None:
    """Until the transaction ends nobody else makes one row of ``kind`` a part of another. Before any row is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CONTAINER_LOCKS, crc32(kind.encode()) % BUCKETS])


def lock_names(names: Iterable[str], *, entering: bool) -> None:
    """Until the transaction ends nobody enters what goes by ``names``; with ``entering``, nobody else looks for it.

    So that whoever finds nothing by a name is found by whoever enters it. A few locks stand for all names.
    """
    buckets = sorted({crc32(name.encode()) % BUCKETS for name in names})
    kind = "" if entering else "_shared"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{kind}(%s, bucket) FROM unnest(%s::int[]) AS bucket",  # noqa: S608
            [NAME_LOCKS, buckets],
        )
