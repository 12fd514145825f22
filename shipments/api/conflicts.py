"""GET /conflicts/: everything that did not make a picture, with the reason."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.pages import LookedFor, Order, matching
from actors.api.parameters import LOOKED_FOR, Moment, PageParameters, Reference, Search, Since, TrueOrFalse
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from shipments.api.filters import KnownAtParameters
from shipments.api.left_out import conflict_rows
from shipments.api.resolved import ConflictSerializer
from shipments.models import Subject
from shipments.models.subject import REFERENCE_PREFIX
from shipments.reconciliation.vocabulary import ConflictKind

CONFLICT_COLUMNS = ("known_from", "stable_id", "about", "leg")
CONFLICT_ORDERS = {
    "known_from": Order(columns=CONFLICT_COLUMNS),
    "-known_from": Order(columns=CONFLICT_COLUMNS, descending=True),
}


class ConflictParameters(PageParameters, KnownAtParameters):
    """Filters of conflicts."""

    ordering = serializers.ChoiceField(choices=list(CONFLICT_ORDERS), default="-known_from")
    q = Search(
        required=False,
        help_text=f"Words to be found in the title or reference of the subject, or the reason. {LOOKED_FOR}",
    )
    since = Since(required=False, help_text="Found then or later.")
    until = Moment(required=False, help_text="Found then or earlier.")
    kind = serializers.ChoiceField(choices=[kind.value for kind in ConflictKind], required=False)
    subject = Reference(*REFERENCE_PREFIX.values(), help_text="Reference of the subject.")
    subject_kind = serializers.ChoiceField(choices=Subject.Kind.choices, required=False, help_text=LOOKED_FOR)
    kept_open = TrueOrFalse(required=False, help_text=f"Whether an analyst acknowledged it. {LOOKED_FOR}")


def conflict_json(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conflict rows as the serializer wants them."""
    return [
        {
            **row,
            "id": row["stable_id"],
            "subject": row["subject__reference"],
            "subject_kind": row["subject__kind"],
            "leg": row["leg"] or None,
        }
        for row in rows
    ]


def shown_conflicts(rows: Sequence[dict[str, Any]]) -> Any:
    """Conflict rows as partners read them."""
    return ConflictSerializer(conflict_json(rows), many=True).data


class ConflictList(ReadView):
    """What was left out, everywhere."""

    parameters = ConflictParameters
    shape = ConflictSerializer

    @extend_schema(
        operation_id="listConflicts",
        summary="Conflicts, the newest first.",
        description=(
            "Everything that did not make a picture, of all subjects that you may see: what was claimed (`about`), by "
            "which reports, against which others, why it lost (`reason`) and how far it is `behind`."
        ),
        parameters=[ConflictParameters],
        responses=page_of(ConflictSerializer),
        tags=["conflicts"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows, found = narrowed_conflicts(conflict_rows(self.reader, asked.get("known_at")), asked)
        return self.page(rows, CONFLICT_ORDERS[asked["ordering"]], asked, shown_conflicts, found=found)


def narrowed_conflicts(rows: QuerySet, asked: dict[str, Any]) -> tuple[QuerySet, LookedFor]:
    """``rows`` with the filters of ``asked``, and what is to be looked for among these."""
    names = {"kind": "kind", "since": "known_from__gte", "until": "known_from__lte"}
    own = Q(**{column: asked[name] for name, column in names.items() if name in asked})
    if "subject" in asked:
        own &= Q(subject_id__in=list(Subject.objects.filter(reference=asked["subject"]).values_list("pk", flat=True)))
    known_at = asked.get("known_at")
    begun = own & Q(known_from__lte=known_at) if known_at else own
    # What still stands and what ended, each in its order; what had ended by then is passed over.
    ways = [begun & Q(known_to__isnull=is_standing) for is_standing in ([True, False] if known_at else [True])]
    sought = Q(known_to=None) | Q(known_to__gt=known_at) if known_at else Q()
    names = {"subject_kind": "subject__kind", "kept_open": "kept_open"}
    sought &= Q(**{column: asked[name] for name, column in names.items() if name in asked})
    found = LookedFor(condition=matching(asked.get("q", ()), "subject__title", "subject__reference", "reason"))
    if sought:
        found &= LookedFor(own=sought, among=ways, along=CONFLICT_COLUMNS)
    return rows.filter(own), found


class ConflictDetail(ReadView):
    """The claims that share one conflict's id."""

    parameters = KnownAtParameters
    shape = ConflictSerializer

    @extend_schema(
        operation_id="readConflict",
        summary="One conflict: a page of the claims that share its id.",
        description="The same reports may claim more than one thing, an arrival and its place; each has a row.",
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
