"""What lists of reports can be narrowed by. A hidden value finds what a missing one finds: nothing."""

from typing import Any

from django.db.models import Q, QuerySet, Subquery
from rest_framework import serializers

from actors.access import Reader
from actors.api.pages import LookedFor, both_ways, matching, narrow
from actors.api.parameters import LOOKED_FOR, Moment, PageParameters, Reference, Search, Since, TrueOrFalse
from actors.api.serializers import MARKINGS
from actors.marking import Marking
from shipments.api.conditions import of_source
from shipments.api.filters import KnownAtParameters
from shipments.api.searching import few
from shipments.models import Report, Subject
from shipments.models.subject import REFERENCE_PREFIX
from shipments.querysets import among_above_clearance, among_held

REPORT_COLUMNS = ("received_at", "pk")
REPORT_ORDERS = both_ways("received_at", last="pk")


class ReportParameters(PageParameters, KnownAtParameters):
    """Filters of reports."""

    ordering = serializers.ChoiceField(choices=list(REPORT_ORDERS), default="-received_at")
    q = Search(
        required=False,
        help_text=f"At most ten words to be found in the quote, the subject as said, or the reference. {LOOKED_FOR}",
    )
    since = Since(required=False, help_text=f"Said then or later. {LOOKED_FOR}")
    until = Moment(required=False, help_text=f"Said then or earlier. {LOOKED_FOR}")
    source = serializers.CharField(required=False, help_text="Code of the source.")  # type: ignore[assignment]
    milestone = serializers.CharField(required=False, help_text=f"Our code of a milestone. {LOOKED_FOR}")
    marking = serializers.ChoiceField(choices=MARKINGS, required=False)
    subject = Reference(*REFERENCE_PREFIX.values(), help_text="Reference of the subject.")
    event_id = serializers.CharField(required=False, help_text="The source's own id of the report.")
    kind = serializers.ChoiceField(choices=Report.Kind.choices, required=False)
    held = TrueOrFalse(required=False, help_text=f"Whether it waits for a subject, a leg or a code. {LOOKED_FOR}")


def narrowed_reports(rows: QuerySet, asked: dict[str, Any], reader: Reader) -> tuple[QuerySet, LookedFor]:
    """``rows``, visible to ``reader``, with the filters of ``asked``; and what is to be looked for among these."""
    # What is filtered by here is what is shown: hidden and missing values find nothing alike.
    names = {"event_id": "event_id", "kind": "kind", "known_at": "received_at__lte"}
    own = Q(**{column: asked[name] for name, column in names.items() if name in asked})
    above: list[Q] | None = None
    if "marking" in asked:
        own &= Q(marking=(marking := Marking.from_code(asked["marking"])))
        above = among_above_clearance(reader) if marking > reader.clearance else None
    if "subject" in asked:
        # The one subject is found first, so that its reports are found by index.
        named = Subject.objects.visible_to(reader).filter(reference=asked["subject"])
        own &= Q(subject_id=Subquery(named.order_by().values("pk")))
    if "source" in asked:
        own &= of_source(asked["source"], reader)
    conditions: list[Q | LookedFor] = [own]
    if "milestone" in asked:
        conditions.append(_few_or_each(Q(milestone=asked["milestone"]), own))
    span = {"asserted_at__gte": asked.get("since"), "asserted_at__lte": asked.get("until")}
    if said := {column: moment for column, moment in span.items() if moment}:
        conditions.append(_few_or_each(Q(**said), own))
    if above is not None:
        conditions.append(_among(above, own))
    if "held" in asked:
        conditions.append(Q(is_held=asked["held"]))
        if asked["held"]:
            # Whoever was bound since is asked as well, and passed over.
            conditions.append(_among(among_held(reader), own))
    if "q" in asked:
        conditions.append(LookedFor(condition=matching(asked["q"], "quote", "subject_said", "reference")))
    return narrow(rows, conditions)


def _among(ways: list[Q], own: Q) -> LookedFor:
    """Reports of which ``own`` and one of ``ways`` is true; none, if there is no way."""
    return LookedFor(among=[way & own for way in ways] or [Q(pk=None)], along=REPORT_COLUMNS)


def _few_or_each(condition: Q, own: Q) -> LookedFor:
    """Reports of which ``condition`` is true, which an index finds, but not in the order of the list.

    It is asked of these alone, where they are few; else of those of which ``own`` is true.
    """
    found = few(Report.objects.order_by().filter(condition).values_list("pk", flat=True))
    among = own if found is None else Q(pk__in=found)
    return LookedFor(own=condition, among=[among], along=REPORT_COLUMNS)
