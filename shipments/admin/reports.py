"""What was said: documents, reports and the links between them. Nothing here can be changed."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, URLField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.access import Reader
from actors.admin.asking import page_that_asks
from actors.admin.badges import badge, marking_badge, two_lines, words
from actors.admin.filters import ChosenFilter, DayFilter, RelatedFilter, WordFilter
from actors.admin.looking import among
from actors.admin.paging import MOST
from actors.admin.readable import KEPT, ReadableAdmin, ReadableInline, RecordedRows, reader_of
from actors.admin.refusing import TAKEN, WordedForm
from actors.querysets import is_there
from shipments.admin.bindings import about_by_now, about_in_links, bindings, is_held
from shipments.admin.entering import ReportForm
from shipments.admin.report_acts import acts_on
from shipments.admin.wording import FATE_COLOURS, about_in_words, fate_in_words, occurrence_in_words, said_in_words
from shipments.models import Attachment, Document, Report, ReportLink, ReportPayload
from shipments.services.explaining import explain
from shipments.wording import value_in_words


class HeldFilter(ChosenFilter):
    """Reports that no subject or code is known for yet."""

    title = "held"
    parameter_name = "held"
    words = (("yes", "Held: needs an analyst"), ("no", "Bound"))

    keys: list[Any] | None = None

    def select(self, queryset: QuerySet, word: str, reader: Reader) -> QuerySet:
        if word == "yes":
            return queryset.filter(among(self._waiting(reader)))
        return queryset.exclude(is_there(Report.objects.held().filter(pk=OuterRef("pk"))))

    def few(self, request: HttpRequest) -> list[Any] | None:
        """Keys of what waits, as far as lists go."""
        return self._waiting(reader_of(request)) if self.value() == "yes" else None

    def _waiting(self, reader: Reader) -> list[Any]:
        # Each way to wait has an index; they are looked for once a page.
        self.keys = list(Report.objects.newest_held(reader, MOST)) if self.keys is None else self.keys
        return self.keys


class PayloadInline(ReadableInline):
    model = ReportPayload
    visible_through = ("report",)
    fields = ["quote", "language", "raw", "erased_at", "erased_because"]
    readonly_fields = fields
    verbose_name_plural = "as it was sent"


class LinksInline(ReadableInline):
    model = ReportLink
    visible_through = ("report", "target_report", "target_source")
    fk_name = "report"
    fields = ["kind", "target_source", "target_event_id", "target_report", "recorded_at", "recorded_by", "reason"]
    readonly_fields = fields
    verbose_name_plural = "points at"


class AttachmentsInline(ReadableInline):
    model = Attachment
    visible_through = ("report", "subject")
    fields = ["subject", "leg", "line", "recorded_at", "recorded_by", "reason"]
    readonly_fields = fields
    verbose_name_plural = "bound later to"


@admin.register(Report)
class ReportAdmin(ReadableAdmin):
    """Statements, each by one source about one subject at one time."""

    list_display = ["shown_report", "shown_subject", "source", "shown_occurred", "asserted_at"]
    list_display_links = ["shown_report"]
    list_filter = [
        HeldFilter,
        "kind",
        RelatedFilter.by("source"),
        RelatedFilter.by("subject"),
        "polarity",
        "time_class",
        "directness",
        "hedge",
        ("received_at", DayFilter),
        "marking",
    ]
    search_fields = ["reference", "event_id", "subject_said", "code_said", "milestone"]
    search_related = {"source": ("code", "name"), "subject": ("reference", "title")}
    ordering = ["-received_at", "-id"]
    fieldsets = [
        (
            "What was said",
            {
                "fields": [
                    "shown_content",
                    "shown_fate",
                    ("shown_subject", "shown_occurred"),
                    ("place_said", "leg_said"),
                ]
            },
        ),
        (
            "By whom",
            {"fields": [("source", "attributed_to"), ("document", "event_id"), ("asserted_at", "received_at")]},
        ),
        (
            "How",
            {
                "fields": [
                    ("kind", "polarity", "time_class"),
                    ("directness", "hedge", "credibility"),
                    ("interested", "shown_marking"),
                    ("code_scheme", "code_said", "milestone"),
                    "shown_facts",
                    "shown_flags",
                ]
            },
        ),
        (KEPT, {"fields": [("reference", "entered_by"), ("partner_key", "shown_hash")]}),
    ]
    readonly_fields = [
        "shown_content",
        "shown_fate",
        "shown_subject",
        "shown_occurred",
        "shown_marking",
        "shown_facts",
        "shown_flags",
        "shown_hash",
    ]
    inlines = [PayloadInline, LinksInline, AttachmentsInline]
    change_form_outer_before_template = "admin/shipments/acts.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related(*bindings(reader_of(request)))

    @display(description="report")
    def shown_report(self, report: Report) -> SafeString:
        marks = [badge(report.kind)] if report.kind != Report.Kind.OBSERVE else []
        marks += [marking_badge(report.marking)] if report.marking else []
        return two_lines(said_in_words(report), report.reference, *marks)

    @display(description="subject")
    def shown_subject(self, report: Report) -> SafeString | str:
        return about_in_links(report)

    @display(description="says")
    def shown_content(self, report: Report) -> str:
        return said_in_words(report)

    @display(description="happened", ordering="occurred_from")
    def shown_occurred(self, report: Report) -> str:
        return occurrence_in_words(report.occurred_from, report.occurred_to, report.occurred_precision) or "–"

    @display(description="marking")
    def shown_marking(self, report: Report) -> SafeString:
        return marking_badge(report.marking)

    @display(description="facts")
    def shown_facts(self, report: Report) -> str:
        return "; ".join(f"{words(each['attribute'])}: {value_in_words(each['value'])}" for each in report.facts) or "–"

    @display(description="flags")
    def shown_flags(self, report: Report) -> str:
        said = [f"{words(name)}: {'set' if is_set else 'unset'}" for name, is_set in report.flags.items()]
        return "; ".join(said) or "–"

    @display(description="content hash (SHA-256)")
    def shown_hash(self, report: Report) -> str:
        return bytes(report.content_hash).hex()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A report is entered as partners send one, through intake and recording."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = {"subject": request.GET.get("subject", "")}
        form = ReportForm(reader_of(request), request.POST or None, initial=asked)
        back = reverse("admin:shipments_report_changelist")
        if request.method == "POST" and form.is_valid():
            outcome = form.record(request.user)
            if outcome.reference:
                said = {"held": "It is held: somebody must say what it is about.", "duplicate": "It was there already."}
                messages.success(request, f"Recorded. {said.get(outcome.result, 'The picture follows in a moment.')}")
                report = self.get_queryset(request).filter(reference=outcome.reference).first()
                page = report and reverse("admin:shipments_report_change", args=[report.pk])
                return HttpResponseRedirect(page or back)
        effect = "Enter what the source said, in its own terms. What follows from it is worked out."
        return page_that_asks(self, request, form, title=form.title, effect=effect, button="Record", back=back)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        report = self.get_object(request, unquote(object_id))
        acts = list(acts_on(report, request)) if report else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts})

    @display(description="what became of it")
    def shown_fate(self, report: Any) -> SafeString | str:
        subject = about_by_now(report)
        if subject is None:
            return "It is held: nobody has said what it is about." if is_held(report) else "–"
        claims = [each for each in explain(subject, report.reader) if each.report == report.reference]
        fates = ((about_in_words(each.about, each.slot), _fate(each)) for each in claims)
        return format_html_join(SafeString("<br>"), "{} {}", fates) or "–"


def _fate(claim: Any) -> SafeString:
    return badge(fate_in_words(claim), FATE_COLOURS.get(claim.fate, "default"))


@admin.register(ReportPayload)
class ReportPayloadAdmin(ReadableAdmin):
    """Quotes and sent bytes, as far as policy has not erased them."""

    visible_through = ("report",)
    list_display = ["report", "quote", "language", "erased_at"]
    list_filter = [WordFilter.by("language")]
    search_fields = ["quote"]
    search_related = {"report": ("reference",)}
    fields = ["report", "quote", "language", "shown_raw", "erased_at", "erased_because"]
    readonly_fields = ["shown_raw"]

    @display(description="as it was sent")
    def shown_raw(self, payload: ReportPayload) -> SafeString | str:
        if payload.raw is None:
            return "–"
        return format_html("<pre>{}</pre>", json.dumps(payload.raw, ensure_ascii=False, indent=2))


@admin.register(ReportLink)
class ReportLinkAdmin(ReadableAdmin):
    """Which report corrects, retracts or repeats which."""

    visible_through = ("report", "target_report", "target_source")
    list_display = ["report", "kind", "target_source", "target_event_id", "target_report", "recorded_at", "recorded_by"]
    list_filter = ["kind", RelatedFilter.by("target_source"), ("recorded_at", DayFilter)]
    search_fields = ["target_event_id", "reason"]
    search_related = {"report": ("reference",), "target_source": ("code", "name")}
    fields = [*list_display, "reason"]


class DocumentForm(WordedForm):
    """One that a person keeps is nobody's who sends."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if Document.objects.filter(source=said.get("source"), key=said.get("key"), sender=None).exists():
            self.add_error("key", TAKEN)
        return said


@admin.register(Document)
class DocumentAdmin(RecordedRows, ReadableAdmin):
    """Articles, releases and messages that reports were read in."""

    visible_through = ("source",)
    form = DocumentForm
    list_display = ["title", "source", "kind", "language", "published_at", "reference", "shown_marking"]
    list_filter = [
        "kind",
        WordFilter.by("language"),
        RelatedFilter.by("source"),
        ("published_at", DayFilter),
        "marking",
    ]
    search_fields = ["title", "reference", "key", "url"]
    search_related = {"source": ("code", "name")}
    ordering = ["-published_at", "-id"]
    fields = ["source", "kind", "title", "key", "url", "language", "published_at", "marking"]

    @display(description="marking", ordering="marking")
    def shown_marking(self, document: Document) -> SafeString:
        return marking_badge(document.marking)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def record(self, request: HttpRequest, form: Any) -> Document:
        document: Document = form.save(commit=False)
        document.received_at = timezone.now()
        document.save()
        return document

    def log_addition(self, request: HttpRequest, obj: Document, message: Any) -> None:
        """No service does this, so the entry is written here."""
        ReadableAdmin.log_addition(self, request, obj, message)
