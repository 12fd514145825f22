"""What we believe, as the reconciler stored it for the reader's tier. Derived: nothing here can be changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.access import Reader
from actors.admin.badges import badge, percent, state_badge, two_lines, words
from actors.admin.filters import RelatedFilter, WordFilter
from actors.admin.readable import ReadableAdmin
from shipments.admin.naming import NamedValues, source_names
from shipments.admin.panel import WITHHELD
from shipments.admin.wording import about_in_words, conflict_in_words, reason_in_words
from shipments.models import Conflict, Finding, Picture, Report
from shipments.services.value_names import named
from shipments.wording import as_of_in_words


class BeliefAdmin(ReadableAdmin):
    """Rows of the current picture; what was believed earlier is on the subject's page, by date."""

    def readable(self, queryset: QuerySet, reader: Reader) -> QuerySet:
        return queryset.for_reader(reader)

    @display(description="subject")
    def shown_subject(self, row: Picture | Finding | Conflict) -> SafeString | str:
        return two_lines(row.subject.title, row.subject.reference) if row.subject else "–"

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
        "shown_subject",
        "shown_status",
        "shown_state",
        "shown_confidence",
        "shown_leading",
        "shown_origins",
        "contested",
        "version",
        "known_from",
    ]
    list_filter = ["state", WordFilter.by("status"), "contested", RelatedFilter.by("subject")]
    search_fields = ["status", "leading"]
    search_related = {"subject": ("reference", "title")}
    # Its steps, legs, plans and alternatives are on the subject's page, in words.
    fields = ["subject", *list_display[1:]]
    readonly_fields = ["shown_status", "shown_state", "shown_confidence", "shown_leading", "shown_origins"]

    @display(description="status", ordering="status")
    def shown_status(self, picture: Picture) -> str:
        return words(picture.status) or "–"

    @display(description="leading", ordering="leading")
    def shown_leading(self, picture: Picture) -> str:
        return f"{words(picture.leading)}, {words(picture.leading_state)}" if picture.leading else "–"


@admin.register(Finding)
class FindingAdmin(NamedValues, BeliefAdmin):
    """Resolved values: of flags, of facts, and of milestones that no step of the picture tells."""

    list_display = [
        "shown_subject",
        "kind",
        "shown_attribute",
        "shown_label",
        "shown_state",
        "shown_confidence",
        "shown_origins",
        "known_from",
    ]
    list_filter = ["state", "kind", WordFilter.by("attribute"), RelatedFilter.by("subject")]
    search_fields = ["attribute", "label"]
    search_related = {"subject": ("reference", "title")}
    fields = ["subject", *list_display[1:], "leading", "low", "high", "shown_because"]
    readonly_fields = [name for name in fields if name.startswith("shown_")]

    @display(description="what", ordering="attribute")
    def shown_attribute(self, finding: Finding) -> SafeString | str:
        """With the leg, the line and the day that it is of."""
        as_of = as_of_in_words(finding.as_of) if finding.as_of else ""
        slot = ", ".join(each for each in (finding.leg, finding.line, as_of) if each)
        return two_lines(words(finding.attribute), slot) if slot else words(finding.attribute)

    @display(description="value", ordering="label")
    def shown_label(self, finding: Finding) -> str:
        if finding.kind != Finding.Kind.FACT:
            return words(finding.label) or "–"
        return named(finding.value, finding.label, getattr(finding, "names", {})) or "–"

    def values_in(self, row: Finding) -> list[Any]:
        return [row.value]

    @display(description="said in")
    def shown_because(self, finding: Any) -> SafeString | str:
        return _links(finding.because, finding.reader)


@admin.register(Conflict)
class ConflictAdmin(BeliefAdmin):
    """Claims that did not make the picture, each with the reason."""

    # Both backwards, as their index can be read.
    ordering = ["-known_from", "-stable_id"]
    list_display = ["shown_subject", "shown_kind", "shown_about", "shown_reason", "shown_open", "known_from"]
    list_filter = [WordFilter.by("kind"), "kept_open", RelatedFilter.by("subject")]
    search_fields = ["about", "reason", "stable_id"]
    search_related = {"subject": ("reference", "title")}
    fields = [
        "subject",
        "shown_kind",
        "shown_about",
        "shown_reason",
        "shown_open",
        "shown_reports",
        "shown_against",
        "shown_behind",
        "stable_id",
    ]
    readonly_fields = [name for name in fields if name.startswith("shown_")]

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
        return badge("kept open", title="An analyst acknowledged it.") if conflict.kept_open else "–"

    @display(description="said in")
    def shown_reports(self, conflict: Any) -> SafeString | str:
        return _links(conflict.reports, conflict.reader)

    @display(description="against it")
    def shown_against(self, conflict: Any) -> SafeString | str:
        return _links(conflict.against, conflict.reader)

    @display(description="behind by")
    def shown_behind(self, conflict: Conflict) -> str:
        return f"{conflict.behind / 1000:.2f}"


def _links(references: list[str], reader: Reader) -> SafeString | str:
    """Reports by who said it and when, as far as the reader sees them."""
    seen = list(Report.objects.visible_to(reader).filter(reference__in=references).order_by("asserted_at", "id"))
    names = source_names(seen, reader)
    link = '<a href="{}" title="{}" class="text-primary-600 dark:text-primary-500">{}, {}</a>'
    rows = (
        (
            reverse("admin:shipments_report_change", args=[each.pk]),
            each.reference,
            names.get(each.source_id, WITHHELD),
            f"{each.asserted_at:%-d %b %Y}",
        )
        for each in seen
    )
    return format_html_join(SafeString("<br>"), link, rows) or "–"
