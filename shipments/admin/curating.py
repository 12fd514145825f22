"""What analysts add so that evidence can be read: grades, interests, meanings of codes, attachments, grants."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from actors.admin.asking import ask_why
from actors.admin.badges import badge, words
from actors.admin.filters import ChosenFilter, DayFilter, RelatedFilter, WordFilter
from actors.admin.readable import ReadableAdmin, RecordedRows, reader_of
from actors.admin.refusing import WordedForm
from actors.admin.sources import SourceInterestAdmin, SourceRatingAdmin
from actors.models import AuditEntry, SourceInterest, SourceRating
from shipments.models import Attachment, CodeMapping, ReadingGrant
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services import curating
from shipments.services.errors import NotHeld
from shipments.services.planning import announce_loss, announce_subject


class ReasonForm(WordedForm):
    """A form that wants a reason, for the audit trail or for the row itself."""

    reason = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), help_text="Kept with the entry.")


class RatingForm(ReasonForm):
    """A grade that is in force at once, unless another day is said."""

    valid_from = forms.SplitDateTimeField(
        required=False, widget=UnfoldAdminSplitDateTimeWidget, help_text="In UTC. Empty: from now on."
    )


@admin.register(SourceRating)
class RatingAdmin(RecordedRows, SourceRatingAdmin):
    """A new grade moves every subject that its source speaks of."""

    effect = "Whatever the source speaks of is worked out anew, with this grade from its day on. The earlier ones stay."
    form = RatingForm

    def record(self, request: HttpRequest, form: Any) -> SourceRating:
        said = form.cleaned_data
        return curating.rate_source(
            said["source"],
            grade=said["grade"],
            reason=said["reason"],
            by=request.user,
            valid_from=said["valid_from"],
            topic=said["topic"],
        )


@admin.register(SourceInterest)
class InterestAdmin(RecordedRows, SourceInterestAdmin):
    """An interested source weighs half on what touches it."""

    effect = "What the source says weighs half wherever it touches this actor. It cannot be taken back."
    form = ReasonForm
    fields = ["source", "actor", "reason"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["source", "actor", "recorded_at"] if obj else ["source", "actor", "reason"]

    def record(self, request: HttpRequest, form: Any) -> SourceInterest:
        said = form.cleaned_data
        return curating.note_interest(said["source"], said["actor"], reason=said["reason"], by=request.user)


def _milestones() -> list[tuple[str, str]]:
    names = {each.name for lifecycle in LIFECYCLES.values() for each in lifecycle.milestones}
    return [("", "–"), *((name, words(name)) for name in sorted(names))]


def _flags() -> list[tuple[str, str]]:
    names = {name for lifecycle in LIFECYCLES.values() for name in lifecycle.flag_names}
    return [("", "–"), *((name, words(name)) for name in sorted(names))]


class MappingForm(ReasonForm):
    """What a partner's code means in our own words."""

    milestone = forms.ChoiceField(choices=_milestones, required=False, widget=UnfoldAdminSelectWidget)
    flag = forms.ChoiceField(choices=_flags, required=False, widget=UnfoldAdminSelectWidget)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not said.get("milestone") and not said.get("flag"):
            raise ValidationError("A code means a milestone, a flag, or both.")
        return said


@admin.register(CodeMapping)
class CodeMappingAdmin(RecordedRows, ReadableAdmin):
    """What everybody's status codes mean for us; reports held for a code count once it is here."""

    open_to_all = True
    form = MappingForm
    effect = "Every report that is held for this code counts from now on. Earlier meanings stay on record."
    list_display = ["scheme", "code", "milestone", "flag", "time_class", "source", "recorded_at", "recorded_by"]
    list_filter = [WordFilter.by("scheme"), WordFilter.by("milestone"), WordFilter.by("flag")]
    search_fields = ["scheme", "code", "milestone", "flag", "note"]
    add_fields = ["scheme", "code", "milestone", "flag", "flag_is_set", "reason"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.list_display, "flag_is_set", "note"] if obj else self.add_fields

    def record(self, request: HttpRequest, form: Any) -> CodeMapping:
        said = {name: form.cleaned_data[name] for name in self.add_fields}
        return curating.map_code(by=request.user, **said)


class AttachmentForm(ReasonForm):
    """Binds a held report; one that is bound is moved by a decision instead."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        report, subject = said.get("report"), said.get("subject")
        if report and subject:
            try:
                curating.check_free(report, subject)
            except NotHeld as error:
                self.add_error("report", error.detail)
        for part in ("leg", "line"):
            if said.get(part) and subject and said[part].shipment_id != subject.pk:
                self.add_error(part, f"This {part} belongs to another shipment.")
        return said


@admin.register(Attachment)
class AttachmentAdmin(RecordedRows, ReadableAdmin):
    """Which held report was found to be about what, by whom and why."""

    visible_through = ("report", "subject")
    form = AttachmentForm
    effect = "The report counts in the picture of the subject from now on. Only a decision moves it on."
    list_display = ["report", "subject", "leg", "line", "recorded_at", "recorded_by", "reason"]
    list_filter = [RelatedFilter.by("subject"), ("recorded_at", DayFilter)]
    search_fields = ["reason"]
    search_related = {"report": ("reference", "subject_said"), "subject": ("reference", "title")}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.list_display) if obj else ["report", "subject", "leg", "line", "reason"]

    def record(self, request: HttpRequest, form: Any) -> Attachment:
        said = form.cleaned_data
        return curating.attach_report(
            said["report"], said["subject"], reason=said["reason"], by=request.user, leg=said["leg"], line=said["line"]
        )


class InForceFilter(ChosenFilter):
    title = "in force"
    parameter_name = "in_force"
    words = (("yes", "In force"), ("no", "Withdrawn"))

    def select(self, queryset: Any, word: str, reader: Any) -> Any:
        return queryset.filter(withdrawn_at__isnull=word == "yes")


class GrantForm(ReasonForm):
    """Names one reader: an organisation or a person."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("actor")) == bool(said.get("user")):
            raise ValidationError("Name one reader: an organisation or a person.")
        return said


@admin.register(ReadingGrant)
class ReadingGrantAdmin(RecordedRows, ReadableAdmin):
    """Who reads one subject beyond their clearance. A grant is withdrawn, never rewritten."""

    visible_through = ("subject", "actor")
    form = GrantForm
    effect = "The reader sees this subject up to the marking, from now on, until the grant is withdrawn."
    list_display = ["subject", "actor", "user", "marking", "granted_by", "granted_at", "shown_standing"]
    list_filter = [InForceFilter, "marking", RelatedFilter.by("subject"), RelatedFilter.by("actor")]
    search_fields = ["reason"]
    search_related = {"subject": ("reference", "title"), "actor": ("name",)}
    actions = ["withdraw"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.list_display, "reason"] if obj else ["subject", "actor", "user", "marking", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "shown_standing"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "subject":
            # Reading by a grant oneself is no right to grant it on.
            field.queryset = field.queryset.filter(marking__lte=reader_of(request).clearance)
        return field

    @display(description="standing")
    def shown_standing(self, grant: ReadingGrant) -> str:
        return f"withdrawn {grant.withdrawn_at:%-d %b %Y}" if grant.withdrawn_at else badge("in force", "success")

    def record(self, request: HttpRequest, form: Any) -> ReadingGrant:
        grant: ReadingGrant = form.save(commit=False)
        grant.granted_by = request.user
        grant.save()
        announce_subject(grant.subject, marking=grant.marking)
        self._note(request, "grant", grant, grant.reason)
        return grant

    @admin.action(description="Withdraw …", permissions=["add"])
    def withdraw(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """What the analyst may grant they may withdraw; what was withdrawn already stays as it is."""
        granted = queryset.filter(withdrawn_at=None, subject__marking__lte=reader_of(request).clearance)
        effect = "From now on the readers see of the subject what their clearance shows, and no more."
        why, page = ask_why(self, request, granted, title="Withdraw", effect=effect)
        if page:
            return page
        with transaction.atomic():
            count = sum(
                self._withdraw(request, each, why) for each in granted.select_related("subject", "actor", "user")
            )
        messages.success(request, f"{count} withdrawn. Their readers see no more than their clearance shows.")
        return None

    def _withdraw(self, request: HttpRequest, grant: ReadingGrant, reason: str) -> bool:
        if not ReadingGrant.objects.filter(pk=grant.pk, withdrawn_at=None).update(withdrawn_at=timezone.now()):
            return False
        if grant.actor_id:
            announce_loss(grant.subject, to=[grant.actor_id])
        self._note(request, "withdraw_grant", grant, reason)
        return True

    def _note(self, request: HttpRequest, action: str, grant: ReadingGrant, reason: str) -> None:
        AuditEntry.objects.create(
            user=request.user,
            action=action,
            object_type=grant.subject.kind,
            object_reference=grant.subject.reference,
            reason=reason,
            changes={"reader": str(grant.actor or grant.user), "marking": grant.marking},
        )
