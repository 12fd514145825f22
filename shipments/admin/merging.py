"""Merging, from the lists of subjects, actors and places: choose what is provisional, name what it is, say why."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from actors.admin.actors import ActorAdmin
from actors.admin.asking import WhyForm, page_that_asks
from actors.admin.badges import badge
from actors.admin.looking import among
from actors.admin.readable import reader_of
from actors.models import Actor, User
from shipments.admin.foreseen import NOT_SAID, Reach, done_or_foreseen, name_of
from shipments.models import Place, Subject
from shipments.services.merging import join, merge, named_again, part, unmerge
from shipments.services.naming_rows import touched_by

MOST_ROWS = 50


class UndoForm(WhyForm):
    """Why a merge is undone."""

    title = "Undo the merge"
    effect = "Reports return where they were. What was said meanwhile, by any of the names, stays with the survivor."

    def __init__(self, data: Any, named: Callable[[str], list[Any]], name: str) -> None:
        """``named`` finds rows by what ``name`` is to them."""
        super().__init__(data)
        self.named = named
        self.name = name


class MergeForm(UndoForm):
    """What the chosen rows are, and why."""

    title = "Merge"
    effect = (
        "Whoever asks for one of them is answered with the other, and what was said of it counts there from now on. "
        "Nothing that was said is changed, and it can be undone. Only what is provisional is merged."
    )

    into = forms.CharField(max_length=40, label="The one that stays", widget=UnfoldAdminTextInputWidget)
    field_order = ["into", "reason"]

    def __init__(self, data: Any, named: Callable[[str], list[Any]], name: str) -> None:
        super().__init__(data, named, name)
        self.fields["into"].help_text = f"Its {name}, which the list shows."

    def clean_into(self) -> Any:
        said = self.cleaned_data["into"].strip()
        found = self.named(said if self.name == "code" else said.upper())
        if not found:
            raise forms.ValidationError(f"There is none of that {self.name} that you may write to.")
        return found[0]


class Mergeable:
    """For ReadableAdmin whose rows may be one with another."""

    actions = ["merge_chosen", "undo_merge"]

    @display(description="name", ordering="name")
    def shown_name(self, row: Any) -> SafeString | str:
        """A row of a list; one that was merged is marked, so that whoever looks for it finds it."""
        return format_html("{} {}", row.name, badge("merged")) if row.merged_into_id else row.name

    @admin.action(description="Merge into another …", permissions=["change"])
    def merge_chosen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_page("merge", queryset)

    @admin.action(description="Undo the merge …", permissions=["change"])
    def undo_merge(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_page("unmerge", queryset)

    def _to_page(self, name: str, queryset: QuerySet) -> HttpResponse:
        chosen = "&".join(f"row={row.pk}" for row in queryset[:MOST_ROWS])
        where = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}")
        return HttpResponseRedirect(f"{where}?{chosen}")

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("merge/", self.admin_site.admin_view(self.merge_view), name=f"{name}_merge"),
            path("unmerge/", self.admin_site.admin_view(self.unmerge_view), name=f"{name}_unmerge"),
            *super().get_urls(),
        ]

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Merge the chosen rows into one that the analyst names."""
        return self._page(request, MergeForm)

    def unmerge_view(self, request: HttpRequest) -> HttpResponse:
        """Undo the merges of the chosen rows."""
        return self._page(request, UndoForm)

    def _page(self, request: HttpRequest, form_of: type[UndoForm]) -> HttpResponse:
        rows = self._writable(request, pk__in=self._asked(request))
        if not rows:
            raise PermissionDenied
        name = "code" if self.opts.model_name == "place" else "reference"
        form = form_of(request.POST or None, lambda said: self._writable(request, **{name: said}), name)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        is_done, foreseen = done_or_foreseen(
            request,
            form,
            lambda: self._reach(rows, form, request),
            lambda: _do(rows, form, request.user, merge, unmerge),
            tries=lambda: _do(rows, form, request.user, join, part),
        )
        if is_done:
            messages.success(request, f"{form.title}: done for {_names(rows)}. Pictures follow in a moment.")
            return HttpResponseRedirect(back)
        return page_that_asks(
            self,
            request,
            form,
            title=f"{form.title}: {_names(rows)}",
            effect=form.effect,
            button=form.title,
            back=back,
            foresees=True,
            foreseen=foreseen,
        )

    def _reach(self, rows: list[Any], form: UndoForm, request: HttpRequest) -> Reach:
        """What a merge or its end may change, as far as the analyst sees it; first the rows themselves."""
        chosen, is_merge = [_own(row) for row in rows], isinstance(form, MergeForm)
        others = [form.cleaned_data["into"]] if is_merge else [row.merged_into for row in rows if row.merged_into]
        both = [*chosen, *map(_own, others)]
        touched = set[UUID]().union(
            *(touched_by(row) if is_merge else touched_by(row) | named_again(row) for row in chosen)
        )
        seen = Subject.objects.visible_to(reader_of(request)).filter(among(touched)).order_by("-pk")
        own = [row.pk for row in both if isinstance(row, Subject)]
        whole = {Actor: "parent", Place: "within"}.get(self.model)
        inner = self.get_queryset(request).filter(**{f"{whole}__in": both}) if whole else ()
        return Reach(
            subjects=[*own, *seen.values_list("pk", flat=True)],
            rows=both,
            parts={each.pk: name_of(each) for each in inner},
        )

    def _asked(self, request: HttpRequest) -> list[Any]:
        """The keys in the address that are keys at all."""
        key = self.opts.pk if self.opts.model_name != "subject" else Subject._meta.pk
        key = getattr(key, "target_field", key)
        found = []
        for said in request.GET.getlist("row")[:MOST_ROWS]:
            try:
                found.append(key.to_python(said))
            except (forms.ValidationError, ValueError):
                continue
        return found

    def _writable(self, request: HttpRequest, **which: Any) -> list[Any]:
        rows = self.get_queryset(request).filter(**which)
        return [row for row in rows if self.has_change_permission(request, row)]


def _names(rows: list[Any]) -> str:
    return ", ".join(map(str, rows))[:200]


@transaction.atomic
def _do(
    rows: list[Any],
    form: UndoForm,
    user: User,
    merge: Callable[..., object],
    unmerge: Callable[..., object],
) -> None:
    """All of them, or none."""
    reason = form.cleaned_data["reason"] or NOT_SAID
    for row in rows:
        if isinstance(form, MergeForm):
            merge(_own(row), _own(form.cleaned_data["into"]), reason=reason, by=user)
        else:
            unmerge(_own(row), reason=reason, by=user)


def _own(row: Any) -> Any:
    """A subject itself, of the row of its kind."""
    return row.subject if isinstance(row, Subject) and hasattr(row, "subject") else row


@admin.register(Actor)
class MergeableActorAdmin(Mergeable, ActorAdmin):
    """Who takes part. A role is on a link, so there is none here."""

    list_display = ["shown_name", *ActorAdmin.list_display[1:]]
