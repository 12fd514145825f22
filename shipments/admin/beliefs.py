"""What we believe, as the reconciler stored it for the reader's tier. Derived: nothing here can be changed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.access import Reader
from actors.admin.badges import badge, percent, state_badge
from actors.admin.filters import RelatedFilter, WordFilter
from actors.admin.readable import ReadableAdmin
from shipments.admin.wording import about_in_words, conflict_in_words, reason_in_words
from shipments.models import Conflict, Finding, Picture
from shipments.wording import as_of_in_words


class BeliefAdmin(ReadableAdmin):
    """Rows of the current picture; what was believed earlier is on the subject's page, by date."""

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        return queryset.for_reader(reader)

    @display(description="state", ordering="state")
    def shown_state(self, row: Picture | Finding) -> SafeString:
        return state_badge(row.state)

    @display(description="confidence", ordering="confidence")
    def shown_confidence(self, row: Picture | Finding) -> str:
        return percent(row.told_confidence) or "–"

    @display(description="origins")
    def shown_origins(self, row: Picture | Finding) -> str:
        unresolved = f" + {row.unresolved} unresolved" if row.unresolved else ""
        return f"{len(row.origins)}{unresolved}"


@admin.register(Picture)
class PictureAdmin(BeliefAdmin):
    """How far each subject got."""

    list_display = [
        "subject",
        "status",
        "shown_state",
        "shown_confidence",
        "leading",
        "leading_state",
        "shown_origins",
        "contested",
        "version",
        "known_from",
    ]
    list_filter = ["state", WordFilter.by("status"), "contested", RelatedFilter.by("subject")]
    search_fields = ["status", "leading"]
    search_related = {"subject": ("reference", "title")}
    fields = [*list_display, "timeline", "legs", "planned", "alternatives"]
    readonly_fields = ["shown_state", "shown_confidence", "shown_origins"]


@admin.register(Finding)
class FindingAdmin(BeliefAdmin):
    """Resolved values: of flags, of facts, and of milestones that no step of the picture tells."""

    list_display = [
        "subject",
        "kind",
        "attribute",
        "leg",
        "shown_as_of",
        "label",
        "shown_state",
        "shown_confidence",
        "shown_origins",
        "known_from",
    ]
    list_filter = ["state", "kind", WordFilter.by("attribute"), RelatedFilter.by("subject")]
    search_fields = ["attribute", "label"]
    search_related = {"subject": ("reference", "title")}
    fields = [*list_display, "line", "leading", "low", "high", "value", "because", "alternatives"]
    readonly_fields = ["shown_as_of", "shown_state", "shown_confidence", "shown_origins"]

    @display(description="as of", ordering="as_of")
    def shown_as_of(self, finding: Finding) -> str:
        return as_of_in_words(finding.as_of) if finding.as_of else "–"


@admin.register(Conflict)
class ConflictAdmin(BeliefAdmin):
    """Claims that did not make the picture, each with the reason."""

    # Both backwards, as their index can be read.
    ordering = ["-known_from", "-stable_id"]
    list_display = ["subject", "shown_kind", "shown_about", "shown_reason", "shown_open", "known_from"]
    list_filter = [WordFilter.by("kind"), "kept_open", RelatedFilter.by("subject")]
    search_fields = ["about", "reason", "stable_id"]
    search_related = {"subject": ("reference", "title")}
    fields = [
        "subject",
        "shown_kind",
        "shown_about",
        "reason",
        "kept_open",
        "reports",
        "against",
        "behind",
        "stable_id",
    ]
    readonly_fields = ["shown_kind", "shown_about", "shown_reason", "shown_open"]

    @display(description="conflict", ordering="kind")
    def shown_kind(self, conflict: Conflict) -> SafeString:
        return badge(conflict_in_words(conflict.kind), "warning")

    @display(description="about", ordering="about")
    def shown_about(self, conflict: Conflict) -> str:
        return about_in_words(conflict.about, conflict.leg)

    @display(description="reason")
    def shown_reason(self, conflict: Conflict) -> str:
        return reason_in_words(conflict.kind, conflict.reason)

    @display(description="kept open")
    def shown_open(self, conflict: Conflict) -> SafeString | str:
        return badge("kept open") if conflict.kept_open else ""
