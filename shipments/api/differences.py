"""…/diff/?known_at=A..B: what came to be believed otherwise between two moments, of one subject or of all of a kind.

Two pictures are read, as known at A and as known at B, and told apart. What is the same is not told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api.parameters import PageParameters, ReadParameters, Span
from actors.api.selection import Selection
from shipments.api.conflicts import conflict_json
from shipments.api.filters import ORDERS
from shipments.api.left_out import conflicts_by_subject
from shipments.api.pictures import Asked, believed
from shipments.api.plans import subject_rows
from shipments.api.resolved import ConflictSerializer, FindingSerializer, ResolvedSerializer
from shipments.api.subject import SubjectView
from shipments.models import Picture

SPAN = "Two moments of knowledge, A..B, the later one last; a bare date is the end of that day in UTC."
FINDING_KEY = ("kind", "attribute", "leg", "line", "as_of", "scope", "time_class")


class DiffParameters(ReadParameters):
    """Between which moments."""

    known_at = Span(help_text=SPAN)


class DiffListParameters(PageParameters, DiffParameters):
    """Between which moments, and the page."""


class StatusChangeSerializer(serializers.Serializer):
    """The status before and after; null: nothing was believed."""

    before = ResolvedSerializer(allow_null=True)
    after = ResolvedSerializer(allow_null=True)


class ContestedChangeSerializer(serializers.Serializer):
    """Whether anything was contested before and after."""

    before = serializers.BooleanField()
    after = serializers.BooleanField()


class FindingChangeSerializer(serializers.Serializer):
    """A finding that is new (before is null), gone (after is null) or another."""

    def get_fields(self) -> dict[str, serializers.Field]:
        keys = {name: field for name, field in FindingSerializer().get_fields().items() if name in FINDING_KEY}
        return {**keys, "before": ResolvedSerializer(allow_null=True), "after": ResolvedSerializer(allow_null=True)}


class ConflictChangesSerializer(serializers.Serializer):
    """Conflicts that appeared, and those that are gone."""

    appeared = ConflictSerializer(many=True)
    gone = ConflictSerializer(many=True)


class DiffSerializer(serializers.Serializer):
    """What is believed of one subject at the second moment and was not at the first."""

    reference = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    status = StatusChangeSerializer(allow_null=True, help_text="Null where nothing about the status changed.")
    contested = ContestedChangeSerializer()
    findings = FindingChangeSerializer(many=True, help_text="Milestones, flags, facts and places that changed.")
    conflicts = ConflictChangesSerializer()


class SubjectDiff(SubjectView):
    """One subject at two moments."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        row = self.row(reference, asked["known_at"][1])
        return Response(differences([row], self.reader, asked["known_at"])[0])


class SubjectsDiff(SubjectView):
    """Which subjects changed between two moments, and how."""

    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = changed(subject_rows(self.kind, self.reader), self.reader, asked["known_at"])
        order = ORDERS["-created_at"]
        return self.page(rows, order, asked, lambda found: differences(found, self.reader, asked["known_at"]))


def changed(rows: QuerySet, reader: Reader, span: tuple[datetime, datetime]) -> QuerySet:
    """``rows`` (subjects visible to ``reader``) whose picture at the end of ``span`` is not that at its beginning."""
    own = Picture.objects.filter(subject_id=OuterRef("pk"))
    moved = own.filter(
        Q(known_from__gt=span[0], known_from__lte=span[1]) | Q(known_to__gt=span[0], known_to__lte=span[1])
    )
    before, after = (
        Picture.objects.of_visible(reader, known_at=moment).filter(subject_id=OuterRef("pk")) for moment in span
    )
    return (
        rows.filter(Exists(moved))
        .annotate(hash_before=Subquery(before.values("output_hash")[:1]))
        .filter(Exists(after), ~Exists(after.filter(output_hash=OuterRef("hash_before"))))
    )


def differences(rows: Sequence[Mapping[str, Any]], reader: Reader, span: tuple[datetime, datetime]) -> Any:
    """How each of ``rows`` (of subject_rows) was seen otherwise; a fixed number of queries."""
    ids = [row["pk"] for row in rows]
    without_counts = Selection({"findings": None})
    asked = [Asked(known_at=moment, selection=without_counts) for moment in span]
    sides = [believed(ids, reader, each) for each in asked]
    conflicts = [
        conflicts_by_subject(ids, reader, moment, beyond=side.beyond) for moment, side in zip(span, sides, strict=True)
    ]
    shown = [
        {
            **row,
            **_between(*(each.pictures.get(row["pk"]) for each in sides)),
            "conflicts": _conflicts_between(*(_keyed_conflicts(each, row["pk"]) for each in conflicts)),
        }
        for row in rows
    ]
    return DiffSerializer(shown, many=True).data


def _between(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    statuses = {"before": before and before["status"], "after": after and after["status"]}
    earlier, later = _keyed(before), _keyed(after)
    findings = [
        {**dict(zip(FINDING_KEY, key, strict=True)), "before": earlier.get(key), "after": later.get(key)}
        for key in sorted(earlier.keys() | later.keys(), key=str)
        if earlier.get(key) != later.get(key)
    ]
    return {
        "status": statuses if statuses["before"] != statuses["after"] else None,
        "contested": {"before": bool(before and before["contested"]), "after": bool(after and after["contested"])},
        "findings": findings,
    }


def _keyed(picture: Mapping[str, Any] | None) -> dict[tuple[Any, ...], Any]:
    """The findings of a picture by what tells them apart, without whose they are."""
    return {
        tuple(finding[name] for name in FINDING_KEY): {name: _read(value) for name, value in finding.items()}
        for finding in (picture["findings"] if picture else ())
    }


def _read(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def _keyed_conflicts(found: Mapping[UUID, Sequence[dict[str, Any]]], subject_id: UUID) -> dict[Any, dict[str, Any]]:
    return {(row["stable_id"], row["about"], row["leg"]): row for row in found.get(subject_id, ())}


def _conflicts_between(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "appeared": conflict_json([row for key, row in after.items() if key not in before]),
        "gone": conflict_json([row for key, row in before.items() if key not in after]),
    }
