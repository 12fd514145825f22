"""What is stored of pictures: of one subject in its own query, of a page as parts of the tables that hold it."""

from operator import itemgetter
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from actors.access import Reader
from actors.services.arrays import IsAny
from actors.services.passing import WrittenObject
from actors.services.prepared import prepared, slot
from shipments.api.beside import AsRead, Beside
from shipments.models import Conflict, Picture, Subject
from shipments.querysets import is_above, is_beyond_tiers, own_above

PICTURE = [
    "tier", "version", "known_from", "status", "state", "confidence", "origins", "unresolved", "leading",
    "leading_confidence", "leading_state", "contested", "timeline", "legs", "planned", "alternatives",
]  # fmt: skip


def stored_pictures(reader: Reader, is_past: bool, has_count: bool) -> dict[str, Any]:
    """Columns of a query of visible subjects: whether each is to be folded for this reader, and the picture it has."""
    known_at = slot("known_at") if is_past else None
    columns: dict[str, Any] = {name: name for name in PICTURE}
    if has_count:
        conflicts = Conflict.objects.beside_pictures(known_at=known_at).order_by()
        beside = conflicts.filter(subject_id=OuterRef("subject_id"), tier=OuterRef("tier")).values("subject_id")
        columns["conflicts"] = Coalesce(Subquery(beside.annotate(count=Count("pk")).values("count")), 0)
    pictures = Picture.objects.highest_first(reader, known_at=known_at).filter(subject_id=OuterRef("pk"))
    return {
        "is_beyond": ExpressionWrapper(is_beyond_tiers(reader), BooleanField()),
        "stored": Subquery(pictures.values(json=WrittenObject(**columns))[:1], output_field=JSONField()),
    }


@prepared
def pictures_of(reader: Reader, is_past: bool, has_count: bool) -> QuerySet:
    """The keys of some subjects that are visible, and what stored_pictures gives of each."""
    rows = Subject.objects.visible_to(reader).order_by().filter(IsAny("pk", slot("ids"))).values("pk")
    return rows.annotate(**stored_pictures(reader, is_past, has_count))


def parts_of_pictures(reader: Reader, is_past: bool, has_count: bool) -> dict[str, list[Beside]]:
    """The same of a page: what is read of visible subjects, by what each is for (see put_together)."""
    known_at = slot("known_at") if is_past else None
    pictures = Picture.objects.highest_first(reader, known_at=known_at).order_by()
    parts = {
        "pictures": [_part(pictures, WrittenObject(**{name: name for name in PICTURE}))],
        "own": [_part(rows, Value(True)) for rows in own_above(reader)],
    }
    if has_count:
        parts["conflicts"] = [_part(Conflict.objects.beside_pictures(known_at=known_at).order_by(), F("tier"))]
    return parts


def _part(rows: QuerySet, json: Any) -> Beside:
    return Beside(rows=rows, link="subject_id", json=json, kind=AsRead)


def put_together(row: dict[str, Any]) -> None:
    """Make of what was read of a subject of a page the columns of stored_pictures."""
    row["stored"] = max(row["pictures"], key=itemgetter("tier"), default=None)
    row["is_beyond"] = row["is_above"] or any(row.get("own", ()))
    if row["stored"] and "conflicts" in row:
        row["stored"]["conflicts"] = row["conflicts"].count(row["stored"]["tier"])


def is_above_clearance(reader: Reader) -> ExpressionWrapper:
    """A column of a query of visible subjects that put_together asks for."""
    return ExpressionWrapper(is_above(reader), BooleanField())
