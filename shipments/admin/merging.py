"""Merging, from the lists of subjects, actors and places: choose what is provisional, name what it is, say why."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from actors.admin.actors import ActorAdmin
from actors.admin.asking import WhyForm, page_that_asks
from actors.models import Actor
from shipments.models import Subject
from shipments.services.errors import NotMergeable
from shipments.services.merging import merge, unmerge

MOST_ROWS = 50


class UndoForm(WhyForm):
    """Why a merge is undone."""

    title = "Undo the merge"
    effect = "Reports return where they were. What was said meanwhile, by any of the names, stays with the survivor."


class MergeForm(UndoForm):
    """What the chosen rows are, and why."""

    title = "Merge"
    effect = (
        "Whoever asks for one of them is answered with the other, and what was said of it counts there from now on. "
        "Nothing that was said is changed, and it can be undone."
    )

    into = forms.CharField(
        max_length=40, widget=UnfoldAdminTextInputWidget, help_text="Reference of what they are; of a place its code."
    )
    field_order = ["into", "reason"]


class Mergeable:
    """For ReadableAdmin whose rows may be one with another."""

    actions = ["merge_chosen", "undo_merge"]

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
        form = form_of(request.POST or None)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if request.method == "POST" and form.is_valid() and self._done(request, rows, form):
            messages.success(request, "Done. Pictures follow in a moment.")
            return HttpResponseRedirect(back)
        title = f"{form.title}: {', '.join(str(row) for row in rows)[:200]}"
        return page_that_asks(self, request, form, title=title, effect=form.effect, button=form.title, back=back)

    def _done(self, request: HttpRequest, rows: list[Any], form: UndoForm) -> bool:
        said = form.cleaned_data
        try:
            with transaction.atomic():
                if isinstance(form, MergeForm):
                    field = "code" if self.opts.model_name == "place" else "reference"
                    found = self._writable(request, **{field: said["into"].strip()})
                    if not found:
                        form.add_error("into", "There is none of that name that you may write to.")
                        return False
                    for row in rows:
                        merge(_own(row), _own(found[0]), reason=said["reason"], by=request.user)
                else:
                    for row in rows:
                        unmerge(_own(row), reason=said["reason"], by=request.user)
        except NotMergeable as error:
            form.add_error(None, error.detail)
            return False
        return True

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


def _own(row: Any) -> Any:
    """A subject itself, of the row of its kind."""
    return row.subject if isinstance(row, Subject) and hasattr(row, "subject") else row


@admin.register(Actor)
class MergeableActorAdmin(Mergeable, ActorAdmin):
    """Who takes part. A role is on a link, so there is none here."""
