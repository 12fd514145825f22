"""Partners' keys: an operator issues one, sees its token once, and can revoke it at any time."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from actors.admin.badges import badge, marking_badge
from actors.admin.filters import ChosenFilter, RelatedFilter
from actors.admin.readable import ReadableAdmin, RecordedRows, is_operator
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.keys import issue_key, revoke_key


class KeyForm(forms.ModelForm):
    """What a key may do is chosen from the scopes there are."""

    scopes = forms.MultipleChoiceField(
        choices=PartnerKey.Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, initial=["read"]
    )


class StandingFilter(ChosenFilter):
    title = "standing"
    parameter_name = "standing"
    words = (("usable", "Usable"), ("revoked", "Revoked"), ("expired", "Expired"))

    def select(self, queryset: QuerySet, word: str, reader: Any) -> QuerySet:
        if word == "revoked":
            return queryset.exclude(revoked_at=None)
        expired = queryset.filter(revoked_at=None, expires_at__lte=timezone.now())
        return expired if word == "expired" else queryset.filter(revoked_at=None).exclude(pk__in=expired.values("pk"))


@admin.register(PartnerKey)
class PartnerKeyAdmin(RecordedRows, ReadableAdmin):
    """Keys of partner systems. The secret is kept nowhere: whoever lost it gets a new key."""

    visible_through = ("actor",)
    form = KeyForm
    list_display = ["name", "prefix", "actor", "scopes", "shown_clearance", "shown_standing", "last_used_at"]
    list_filter = [StandingFilter, "clearance", RelatedFilter.by("actor")]
    search_fields = ["name", "prefix"]
    search_related = {"actor": ("name",), "source": ("code", "name")}
    add_fields = ["name", "actor", "source", "scopes", "clearance", "expires_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["prefix", *self.add_fields, "created_at", "last_used_at", "revoked_at"] if obj else self.add_fields

    @display(description="clearance", ordering="clearance")
    def shown_clearance(self, key: PartnerKey) -> SafeString:
        return marking_badge(key.clearance)

    @display(description="standing")
    def shown_standing(self, key: PartnerKey) -> SafeString:
        if key.revoked_at:
            return badge("revoked", "danger")
        if key.expires_at and key.expires_at <= timezone.now():
            return badge("expired", "warning")
        return badge("usable", "success")

    def record(self, request: HttpRequest, form: Any) -> PartnerKey:
        said = form.cleaned_data
        key, token = issue_key(
            name=said["name"],
            actor=said["actor"],
            source=said["source"],
            scopes=said["scopes"],
            clearance=Marking(said["clearance"]),
            expires_at=said["expires_at"],
            by=request.user,
        )
        # For the next page alone: it goes into no message, cookie, session or log.
        request.issued_token = token
        return key

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key of {obj.name}",
            "opts": self.opts,
            "token": request.issued_token,
            "key": obj,
        }
        response = TemplateResponse(request, "admin/actors/partnerkey/issued.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        for key in queryset:
            revoke_key(key, by=request.user, reason="Revoked in the admin.")
        messages.success(request, "The keys are revoked from the next request on.")
