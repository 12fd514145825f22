"""Decisions of analysts: reports of the highest standing, with an author and a reason."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from unfold.decorators import display

from actors.admin.asking import WhyForm, page_that_asks
from actors.admin.badges import words
from actors.admin.readable import ReadableAdmin, may_write
from shipments.models import Decision
from shipments.services.deciding import withdraw
from shipments.services.errors import ShipmentsError


class WithdrawForm(WhyForm):
    title = "Withdraw the decision"


@admin.register(Decision)
class DecisionAdmin(ReadableAdmin):
    """What was decided, by whom, why and until when. A decision is taken on its subject's page."""

    visible_through = ("report",)
    list_display = ["report", "shown_kind", "author", "reason", "attribute", "expires_at"]
    list_filter = ["kind"]
    search_fields = ["reason", "attribute", "conflict"]
    search_related = {"report": ("reference",)}
    fields = ["report", "kind", "author", "reason", "attribute", "conflict", "expires_at"]
    change_form_outer_before_template = "admin/shipments/withdraw_link.html"

    @display(description="decision", ordering="kind")
    def shown_kind(self, decision: Decision) -> str:
        return words(decision.kind)

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
        form = WithdrawForm(request.POST or None)
        back = reverse("admin:shipments_decision_change", args=[decision.pk])
        if request.method == "POST" and form.is_valid():
            try:
                withdraw(decision.report, author=request.user, reason=form.cleaned_data["reason"])
            except ShipmentsError as error:
                form.add_error(None, error.detail)
            else:
                messages.success(request, "The decision is withdrawn. The picture follows in a moment.")
                return HttpResponseRedirect(back)
        said = f"{words(decision.kind)}: {decision.reason}"
        return page_that_asks(self, request, form, title=form.title, effect=said, button="Withdraw", back=back)
