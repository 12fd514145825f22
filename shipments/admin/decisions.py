"""Decisions of analysts: reports of the highest standing, with an author and a reason."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display

from actors.admin.asking import WhyForm, page_that_asks
from actors.admin.badges import badge, words
from actors.admin.readable import ReadableAdmin, may_write, reader_of
from actors.models import Source
from shipments.admin.bindings import LINK, link_to
from shipments.admin.foreseen import NOT_SAID, Reach, done_or_foreseen
from shipments.admin.naming import source_names
from shipments.admin.wording import about_in_words, conflict_in_words, content_in_words
from shipments.models import Conflict, Decision, Report, ReportLink, Subject
from shipments.services.deciding import concerned, moves, withdraw

# What else is shown of a kind of decision.
ABOUT = {
    Decision.Kind.ACCEPT: ["accepted"],
    Decision.Kind.EXCLUDE: ["reports"],
    Decision.Kind.MARK_ECHO: ["reports", "repeats"],
    Decision.Kind.TWO_EVENTS: ["reports", "moved_to"],
    Decision.Kind.NOT_COMPARABLE: ["reports"],
}


class WithdrawForm(WhyForm):
    title = "Withdraw the decision"


@admin.register(Decision)
class DecisionAdmin(ReadableAdmin):
    """What was decided, by whom, why and until when. A decision is taken on its subject's page."""

    visible_through = ("report",)
    list_display = ["report", "shown_subject", "shown_kind", "author", "reason", "expires_at"]
    list_filter = ["kind"]
    search_fields = ["reason", "attribute", "conflict"]
    search_related = {"report": ("reference",)}
    fields = ["report", "shown_subject", "shown_kind", "shown_standing", "author", "reason", "expires_at"]
    readonly_fields = [
        *("shown_subject", "shown_kind", "shown_standing", "shown_accepted", "shown_attribute", "shown_conflict"),
        *("shown_reports", "shown_moved_to", "shown_repeats"),
    ]
    change_form_outer_before_template = "admin/shipments/acts.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        subjects = Subject.objects.visible_to(reader_of(request))
        return super().get_queryset(request).prefetch_related(Prefetch("report__subject", subjects))

    @display(description="subject")
    def shown_subject(self, decision: Decision) -> SafeString | str:
        subject = decision.report.subject
        return link_to(subject) if subject else "–"

    @display(description="decision", ordering="kind")
    def shown_kind(self, decision: Decision) -> str:
        return words(decision.kind)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What it is about is shown where this kind of decision has one."""
        about = [name for name in ("attribute", "conflict") if getattr(obj, name, "")]
        about += ABOUT.get(obj.kind, []) if obj else []
        return [*self.fields, *(f"shown_{name}" for name in about)]

    @display(description="accepted")
    def shown_accepted(self, decision: Decision) -> str:
        return content_in_words(decision.report)

    @display(description="of the reports")
    def shown_reports(self, decision: Any) -> SafeString | str:
        said = list(concerned(decision.report).visible_to(decision.reader).select_related("leg"))
        names = source_names(said, decision.reader)
        lines = (
            (
                reverse("admin:shipments_report_change", args=[each.pk]),
                f"{names.get(each.source_id, 'withheld')}: {content_in_words(each)}",
                f"({each.leg.key})" if each.leg else "",
            )
            for each in said
        )
        return format_html_join(SafeString("<br>"), LINK + " {}", lines) or "–"

    @display(description="moved to")
    def shown_moved_to(self, decision: Any) -> SafeString | str:
        links = ((link_to(each),) for each in _moved_to(decision))
        return format_html_join(SafeString("<br>"), "{}", links) or "–"

    @display(description="they repeat")
    def shown_repeats(self, decision: Any) -> str:
        link = decision.report.links.filter(kind=ReportLink.Kind.CITES).first()
        if link is None or link.target_source_id is None:
            found = link and Report.objects.visible_to(decision.reader).filter(pk=link.target_report_id).first()
            return str(found or "–")
        return str(Source.objects.named_to(decision.reader).filter(pk=link.target_source_id).first() or "–")

    @display(description="of the fact")
    def shown_attribute(self, decision: Decision) -> str:
        return words(decision.attribute)

    @display(description="the conflict")
    def shown_conflict(self, decision: Any) -> SafeString | str:
        """In words while there is one; an answered conflict is in no picture any more."""
        found = Conflict.objects.for_reader(decision.reader).filter(stable_id=decision.conflict).first()
        if found is None:
            return "It is none any more."
        said = f"{about_in_words(found.about, found.leg)}: {conflict_in_words(found.kind)}"
        where = reverse("admin:shipments_conflict_change", args=[found.pk])
        return format_html(LINK, where, said)

    @display(description="standing")
    def shown_standing(self, decision: Decision) -> SafeString | str:
        back = _taken_back(decision)
        if back is not None:
            return f"withdrawn {date_format(localtime(back.asserted_at), 'DATETIME_FORMAT')}"
        is_over = decision.expires_at and decision.expires_at <= timezone.now()
        return badge("expired", "warning") if is_over else badge("in force", "success")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        decision = self.get_object(request, unquote(object_id))
        is_open = decision and _taken_back(decision) is None and may_write(request, decision.report)
        acts = [("../withdraw/", "Withdraw")] if is_open else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts})

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.withdraw_view)
        return [path("<path:object_id>/withdraw/", view, name="shipments_decision_withdraw"), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A decision is withdrawn by a retraction with a reason; it stays readable."""
        decision = self.get_object(request, unquote(object_id))
        if decision is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not may_write(request, decision.report):
            raise PermissionDenied
        report, form = decision.report, WithdrawForm(request.POST or None)
        back = reverse("admin:shipments_decision_change", args=[decision.pk])
        is_done, foreseen = done_or_foreseen(
            request,
            form,
            lambda: _reach(decision),
            lambda: withdraw(report, author=request.user, reason=form.cleaned_data["reason"] or NOT_SAID),
        )
        if is_done:
            messages.success(request, f"{words(decision.kind)}: withdrawn. The picture follows in a moment.")
            return HttpResponseRedirect(back)
        effect = (
            f"What was decided of {report.subject.title} ({words(decision.kind)}: {decision.reason}) holds no more. "
            "Reports that it moved come back. It stays readable, as does why it was withdrawn."
        )
        return page_that_asks(
            self,
            request,
            form,
            title=form.title,
            effect=effect,
            button="Withdraw",
            back=back,
            object=decision,
            foresees=True,
            foreseen=foreseen,
        )


def _reach(decision: Any) -> Reach:
    """The picture that it was about, and that to which it moved reports, as far as they are seen."""
    return Reach(subjects=[decision.report.subject_id, *_moved_to(decision).values_list("pk", flat=True)])


def _moved_to(decision: Any) -> QuerySet:
    """The subjects that it moved reports to, as far as its reader sees them."""
    return Subject.objects.filter(pk__in=moves(decision.report).values("subject")).visible_to(decision.reader)


def _taken_back(decision: Decision) -> Report | None:
    """The report that withdrew a decision, if one did."""
    said = decision.report
    to_it = ReportLink.objects.filter(target_source=said.source_id, target_event_id=said.event_id)
    return Report.objects.filter(kind=Report.Kind.RETRACT, links__in=to_it).first()
