"""GET /conflicts/: everything that did not make a picture, with the reason."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.pages import Order
from actors.api.parameters import PageParameters, TrueOrFalse
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from shipments.api.filters import KnownAtParameters
from shipments.api.pictures import conflict_rows
from shipments.api.resolved import ConflictSerializer
from shipments.models import Subject
from shipments.reconciliation.vocabulary import ConflictKind

CONFLICT_ORDER = Order(columns=("known_from", "stable_id", "about", "leg"), descending=True)


class ConflictParameters(PageParameters, KnownAtParameters):
    """Filters of conflicts."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in ConflictKind], required=False)
    subject = serializers.CharField(required=False, help_text="Reference of the subject.")
    subject_kind = serializers.ChoiceField(choices=Subject.Kind.choices, required=False)
    kept_open = TrueOrFalse(required=False, help_text="Whether an analyst acknowledged it.")


def shown_conflicts(rows: Sequence[dict[str, Any]]) -> Any:
    """Conflict rows as partners read them."""
    shown = [
        {
            **row,
            "id": row["stable_id"],
            "subject": row["subject__reference"],
            "subject_kind": row["subject__kind"],
            "leg": row["leg"] or None,
        }
        for row in rows
    ]
    return ConflictSerializer(shown, many=True).data


class ConflictList(ReadView):
    """What was left out, everywhere."""

    parameters = ConflictParameters

    @extend_schema(
        operation_id="listConflicts",
        summary="Conflicts, the newest first.",
        parameters=[ConflictParameters],
        responses=page_of(ConflictSerializer),
        tags=["conflicts"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = conflict_rows(self.reader, asked.get("known_at"))
        names = {
            "kind": "kind",
            "kept_open": "kept_open",
            "subject": "subject__reference",
            "subject_kind": "subject__kind",
        }
        rows = rows.filter(**{column: asked[name] for name, column in names.items() if name in asked})
        return self.page(rows, CONFLICT_ORDER, asked, shown_conflicts)


class ConflictDetail(ReadView):
    """The claims that share one conflict's id."""

    parameters = KnownAtParameters

    @extend_schema(
        operation_id="readConflict",
        summary="The claims of one conflict: the same reports may claim more than one thing.",
        parameters=[KnownAtParameters],
        responses=page_of(ConflictSerializer),
        tags=["conflicts"],
    )
    def get(self, request: Request, stable_id: str) -> Response:
        asked = self.read_parameters()
        rows = conflict_rows(self.reader, asked.get("known_at")).filter(stable_id=stable_id)
        found = list(rows.order_by("about", "leg"))
        if not found:
            raise not_found()
        return Response({"results": shown_conflicts(found), "next": None})
