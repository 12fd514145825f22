"""GET /conflicts/: everything that did not make a picture, with the reason."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.pages import NOTHING, LookedFor, Order
from actors.api.parameters import LOOKED_FOR, Moment, PageParameters, Reference, Search, Since, TrueOrFalse
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from actors.querysets import is_there
from shipments.api.filters import KnownAtParameters
from shipments.api.left_out import conflict_rows
from shipments.api.resolved import ConflictSerializer
from shipments.api.searching import WHOLE, few
from shipments.models import Subject
from shipments.models.picture import CONFLICT_ORDER
from shipments.models.subject import REFERENCE_PREFIX
from shipments.reconciliation.vocabulary import ConflictKind

CONFLICT_ORDERS = {
    "known_from": Order(columns=CONFLICT_ORDER),
    "-known_from": Order(columns=CONFLICT_ORDER, descending=True),
}
# Columns with an index in the order of the list, of what still stands; the fewest first.
INDEXED = ("kept_open", "kind", "subject_kind")


class ConflictParameters(PageParameters, KnownAtParameters):
    """Filters of conflicts."""

    ordering = serializers.ChoiceField(choices=list(CONFLICT_ORDERS), default="-known_from")
    q = Search(
        required=False,
        help_text=f"Words to be found in the title of the subject or the reason, or its reference. {LOOKED_FOR}",
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
    """``rows`` with the filters of ``asked`` that an index knows in order, and what is to be looked for among these."""
    names = {"since": "known_from__gte", "until": "known_from__lte"}
    in_order = Q(**{column: asked[name] for name, column in names.items() if name in asked})
    if "subject" in asked:
        named = Subject.objects.filter(reference=asked["subject"])
        in_order &= Q(subject_id__in=list(named.values_list("pk", flat=True)))
    said = {name: Q(**{name: asked[name]}) for name in INDEXED if name in asked}
    known_at = asked.get("known_at")
    if not known_at and (by := next((name for name in INDEXED if asked.get(name)), None)):
        # What is not kept open is most of it.
        in_order &= said.pop(by)
    begun = in_order & Q(known_from__lte=known_at) if known_at else in_order
    # What still stands and what ended, each in its order; what had ended by then is passed over.
    ways = [begun & Q(known_to__isnull=is_standing) for is_standing in ([True, False] if known_at else [True])]
    sought = Q(known_to=None) | Q(known_to__gt=known_at) if known_at else Q()
    sought = reduce(and_, [*said.values(), *map(_reads, asked.get("q", ()))], sought)
    found = LookedFor(own=sought, among=ways, along=CONFLICT_ORDER) if sought else NOTHING
    return rows.filter(in_order), found


def _reads(term: str) -> Q:
    """Conflicts with ``term`` in their reason, or of subjects with it in their title or as their reference.

    Few subjects are found first, so that none is looked up for each conflict that is looked at.
    """
    about = Subject.objects.order_by().filter(Q(title__icontains=term) | Q(reference=term.upper()))
    found = few(about.values_list("pk", flat=True)) if len(term) >= WHOLE else None
    of_these = Q(is_there(about.filter(pk=OuterRef("subject_id")))) if found is None else Q(subject_id__in=found)
    return Q(reason__icontains=term) | of_these


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
