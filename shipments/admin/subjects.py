"""What the pages of all six kinds of subject share: the picture first, then the plan, and the ways to act on it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from actors.access import Reader
from actors.admin.asking import page_that_asks
from actors.admin.badges import badge, marking_badge, percent, state_badge, two_lines, words
from actors.admin.filters import ChosenFilter, RelatedFilter
from actors.admin.looking import few_keys
from actors.admin.readable import KEPT, EditableInline, EditableRows, ReadableAdmin, ReadableInline, reader_of
from actors.querysets import is_there
from shipments.admin.deciding import FORMS
from shipments.admin.foreseen import done_or_foreseen
from shipments.admin.merging import Mergeable
from shipments.admin.panel import panel_of
from shipments.intake.moments import known_at_of
from shipments.models import Crisis, Decision, Finding, Picture, ReadingGrant, Subject, SubjectIdentifier
from shipments.models.picture import State
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.planning import announce_loss, announce_subject, note_plan_change


class PictureFilter(ChosenFilter):
    """By the picture, as the reader has it; ``asked`` says of a word what the picture then has, by an index of it."""

    def asked(self, word: str) -> dict[str, Any]:
        return {self.parameter_name: word}

    def select(self, queryset: QuerySet, word: str, reader: Reader) -> QuerySet:
        pictures = Picture.objects.for_reader(reader).filter(subject=OuterRef("pk"), **self.asked(word))
        return queryset.filter(is_there(pictures))

    def few(self, request: HttpRequest) -> list[Any] | None:
        """Keys of all subjects with such a picture, of whatever tier, where they are few."""
        word = self.value()
        if word not in {each for each, _ in self.words}:
            return None
        return few_keys(Picture.objects.filter(known_to=None, **self.asked(word)), "subject_id")


class StateFilter(PictureFilter):
    """By the state of the picture."""

    title = "state"
    parameter_name = "state"
    words = tuple((state.value, words(state.value)) for state in State)


class ContestedFilter(PictureFilter):
    """Where something about the subject is contested."""

    title = "contested"
    parameter_name = "contested"
    words = (("yes", "Something is contested"), ("no", "Nothing is"))

    def asked(self, word: str) -> dict[str, Any]:
        return {"contested": True}

    def select(self, queryset: QuerySet, word: str, reader: Reader) -> QuerySet:
        if word == "yes":
            return super().select(queryset, word, reader)
        contested = Picture.objects.for_reader(reader).filter(subject=OuterRef("pk"), contested=True)
        return queryset.exclude(is_there(contested))

    def few(self, request: HttpRequest) -> list[Any] | None:
        return super().few(request) if self.value() == "yes" else None


class StatusFilter(PictureFilter):
    """By how far it got; the words are those of the kind's lifecycle."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        lifecycle = LIFECYCLES[model_admin.model.KIND]
        self.words = tuple((each.name, words(each.name)) for each in lifecycle.milestones)
        return self.words


class IdentifiersInline(EditableInline):
    model = SubjectIdentifier
    visible_through = ("subject",)
    fk_name = "subject"
    verbose_name = "code"
    verbose_name_plural = "known elsewhere as"


class GrantsInline(ReadableInline):
    model = ReadingGrant
    visible_through = ("subject", "actor")
    fk_name = "subject"
    fields = ["actor", "user", "marking", "reason", "granted_by", "granted_at", "withdrawn_at"]
    readonly_fields = fields
    verbose_name_plural = "who else may read it"


class SubjectPages(Mergeable, EditableRows, ReadableAdmin):
    """List and page of one kind of subject. What happened is never edited here, only what it is and was planned."""

    change_form_outer_before_template = "admin/shipments/panel.html"
    kept_by_the_service = (KEPT, {"fields": [("reference", "created_at"), "merged_into"]})
    readonly_fields = ["reference", "created_at", "merged_into"]
    search_fields = ["reference", "title"]
    search_related: dict[str, tuple[str, ...]] = {"identifiers": ("value",)}
    list_display_links = ["shown_title"]
    identity = ["title", "crisis", ("marking", "provisional")]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        reader = reader_of(request)
        pictures = Prefetch("pictures", Picture.objects.for_reader(reader), to_attr="believed")
        return super().get_queryset(request).prefetch_related(pictures)

    # Columns of lists.
    @display(description="status")
    def shown_status(self, subject: Any) -> str:
        picture = _picture(subject)
        if not picture:
            return "nothing yet"
        if picture.status or not picture.leading:
            return words(picture.status or "–")
        return f"{words(picture.leading)}, {words(picture.leading_state or 'unconfirmed')}"

    @display(description="state")
    def shown_state(self, subject: Any) -> SafeString | str:
        picture = _picture(subject)
        if not picture:
            return "–"
        beside = picture.contested and picture.state != State.CONTESTED
        return format_html("{} {}", state_badge(picture.state), badge("contested", "warning") if beside else "")

    @display(description="confidence")
    def shown_confidence(self, subject: Any) -> str:
        picture = _picture(subject)
        return (picture and percent(picture.told_confidence)) or "–"

    @display(description="origins")
    def shown_origins(self, subject: Any) -> str:
        picture = _picture(subject)
        if not picture:
            return "–"
        unresolved = f" + {picture.unresolved} unresolved" if picture.unresolved else ""
        return f"{len(picture.origins)}{unresolved}"

    @display(description="subject", ordering="title")
    def shown_title(self, subject: Any) -> SafeString:
        return two_lines(subject.title, subject.reference, *_marks(subject))

    # The page.
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        subject = self.get_object(request, object_id) if request.method == "GET" else None
        if subject is not None:
            context["panel"] = panel_of(subject, reader_of(request), known_at=self._known_at(request))
            context["may_write"] = self.has_change_permission(request, subject)
        return super().change_view(request, object_id, form_url, context)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<path:object_id>/decide/", view, name=name), *super().get_urls()]

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form for one kind of decision on this subject."""
        subject = self.get_object(request, unquote(object_id))
        kind = request.GET.get("kind", Decision.Kind.ACCEPT)
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if kind not in FORMS or not self.has_change_permission(request, subject):
            raise PermissionDenied
        form = FORMS[kind](subject, reader_of(request), request.POST or None, initial=_asked(request))
        back = reverse(f"admin:shipments_{subject.kind}_change", args=[subject.pk])
        is_done, foreseen = done_or_foreseen(request, form, form.reach, lambda: form.decide(request.user))
        if is_done:
            messages.success(request, f"{form.title}: your decision is recorded. The picture follows in a moment.")
            return HttpResponseRedirect(back)
        return page_that_asks(
            self,
            request,
            form,
            title=f"{form.title}: {subject.title}",
            effect=form.effect,
            button="Decide",
            back=back,
            object=subject,
            foresees=True,
            foreseen=foreseen,
            kinds=[(each, FORMS[each].title) for each in FORMS],
        )

    def _known_at(self, request: HttpRequest) -> Any:
        said = request.GET.get("known_at")
        if not said:
            return None
        try:
            return known_at_of(said)
        except ValueError as error:
            messages.error(request, f"{error} This page shows what we believe now.")
            return None

    def get_inline_instances(self, request: HttpRequest, obj: Model | None = None) -> list:
        return super().get_inline_instances(request, obj) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "marking" in form.changed_data:
            announce_loss(obj, cleared=form.initial["marking"])

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        super().log_addition(request, obj, message)
        announce_subject(obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        super().log_change(request, obj, message)
        if message:
            note_plan_change(obj)


@admin.register(Subject)
class SubjectAdmin(ReadableAdmin):
    """All six kinds in one list, for whoever has only a reference; a subject opens on its own kind's page."""

    list_display = ["reference", "kind", "title", "crisis", "created_at"]
    list_filter = ["kind", "provisional", RelatedFilter.by("crisis")]
    search_fields = ["reference", "title"]
    search_related = {"identifiers": ("value",)}
    fields = ["reference", "title"]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        subject = self.get_object(request, object_id)
        if subject is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(reverse(f"admin:shipments_{subject.kind}_change", args=[subject.pk]))


@admin.register(Crisis)
class CrisisAdmin(SubjectPages):
    """Emergencies; figures about them are findings by day."""

    list_display = ["shown_title", "glide", "countries", "began_on", "shown_figures", "shown_state"]
    list_filter = [ContestedFilter, "marking"]
    fieldsets = [
        ("What it is", {"fields": ["title", ("glide", "began_on"), "countries", ("marking", "provisional")]}),
        SubjectPages.kept_by_the_service,
    ]
    search_fields = ["reference", "title", "glide"]
    inlines = [IdentifiersInline, GrantsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        findings = Finding.objects.for_reader(reader_of(request)).filter(kind=Finding.Kind.FACT)
        return super().get_queryset(request).prefetch_related(Prefetch("findings", findings, to_attr="facts"))

    @display(description="figures known")
    def shown_figures(self, crisis: Any) -> int:
        return len(crisis.facts)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a link to the form has already chosen."""
    return {"conflict": request.GET.get("conflict"), "chosen": request.GET.getlist("report")}


def _picture(subject: Any) -> Picture | None:
    """The picture that the list has fetched for this row."""
    return subject.believed[0] if subject.believed else None


def _marks(subject: Any) -> list[SafeString]:
    marks = [marking_badge(subject.marking)] if subject.marking else []
    marks += [badge("provisional")] if subject.provisional else []
    return [*marks, badge("merged")] if subject.merged_into_id else marks
