"""The page that is met before something is done: what it will do, to what, a form that asks why, and the way back."""

from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminTextareaWidget

# So many of the chosen rows are named; of more their number.
MOST_NAMED = 10
# What an action of a list was told, and is told again with the reason.
CHOSEN = ("action", "index", "select_across", ACTION_CHECKBOX_NAME)


class WhyForm(forms.Form):
    """Why. ``is_to_be_foreseen`` is asked before ``is_valid``."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        error_messages={"required": "Say why."},
    )

    def is_to_be_foreseen(self) -> bool:
        """Whether it is only asked what would change: for that nobody has to say why."""
        asked = "preview" in self.data
        if asked:
            self.fields["reason"].required = False
        return asked


def page_that_asks(
    pages: Any,
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    effect: str,
    button: str,
    back: str,
    **beside: Any,
) -> TemplateResponse:
    """``form`` with what it will do, for the pages of one model; of one row, which the head names as its ``object``."""
    context = {
        **pages.admin_site.each_context(request),
        "title": title,
        "opts": pages.opts,
        "form": form,
        "explanation": effect,
        "button": button,
        "back": back,
        **beside,
    }
    return TemplateResponse(request, "admin/form_page.html", context)


def ask_why(
    pages: Any, request: HttpRequest, rows: QuerySet, *, title: str, effect: str, form_of: type[WhyForm] = WhyForm
) -> tuple[str, TemplateResponse | None]:
    """For an action of a list: why, or the page that asks and comes back to the action with the answer."""
    form = form_of(request.POST if "reason" in request.POST else None)
    if form.is_valid():
        return form.cleaned_data["reason"], None
    named = list(map(str, rows[:MOST_NAMED]))
    page = page_that_asks(
        pages,
        request,
        form,
        title=title,
        effect=effect,
        button=title,
        back=request.get_full_path(),
        chosen=named,
        more=max(rows.count() - len(named), 0),
        hidden=[(name, said) for name in CHOSEN for said in request.POST.getlist(name)],
    )
    return "", page
