"""Partners' keys: an operator issues one, sees its token once, and can change, rotate or revoke it at any time."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from actors.admin.asking import page_that_asks
from actors.admin.badges import badge, marking_badge
from actors.admin.filters import ChosenFilter, RelatedFilter
from actors.admin.key_forms import AmendForm, ReasonForm, RevokeForm, RotateForm, scope_choices
from actors.admin.readable import ReadableAdmin, RecordedRows, is_operator, reader_of
from actors.admin.refusing import WordedForm
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.keys import issue_key


class KeyForm(WordedForm):
    """What a key may do is chosen from the scopes there are."""

    scopes = forms.MultipleChoiceField(
        choices=scope_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, initial=["read"]
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
    effect = "The key is good at once. It is shown on the next page, and never again."
    list_display = ["name", "prefix", "actor", "scopes", "shown_clearance", "shown_standing", "last_used_at"]
    is_register = True
    list_filter = [StandingFilter, "clearance", RelatedFilter.by("actor")]
    search_fields = ["name", "prefix"]
    search_related = {"actor": ("name",), "source": ("code", "name")}
    add_fields = [
        "name",
        "actor",
        "source",
        "scopes",
        "clearance",
        "expires_at",
        ("reads_per_minute", "writes_per_minute"),
    ]
    actions_detail = ["amend", "rotate", "revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_manage_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """An operator manages no key that reads more than they do; a revoked one is done with."""
        key = self.get_object(request, unquote(object_id)) if object_id else None
        return is_operator(request) and key is not None and self._is_manageable(request, key)

    def _is_manageable(self, request: HttpRequest, key: PartnerKey) -> bool:
        return key.revoked_at is None and key.clearance <= reader_of(request).clearance

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        kept = [("created_at", "last_used_at"), ("old_secret_until", "revoked_at")]
        return ["prefix", *self.add_fields, *kept] if obj else self.add_fields

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
            reads_per_minute=said["reads_per_minute"],
            writes_per_minute=said["writes_per_minute"],
            by=request.user,
        )
        # For the next page alone: it goes into no message, cookie, session or log.
        request.issued_token = token
        return key

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """There is one way on: to the page that shows the key."""
        one_way = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **one_way})

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj, request.issued_token)

    @action(description="Change", url_path="amend", permissions=["manage"])
    def amend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, AmendForm)

    @action(description="Rotate", url_path="rotate", permissions=["manage"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, RotateForm)

    @action(description="Revoke", url_path="revoke", permissions=["manage"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(request, object_id, RevokeForm)

    def _ask(self, request: HttpRequest, object_id: str, kind: type[ReasonForm]) -> HttpResponse:
        """A form for a change, and the change."""
        key = self.get_object(request, unquote(object_id))
        form = kind(key, reader_of(request), request.POST or None)
        back = reverse("admin:actors_partnerkey_change", args=[key.pk])
        if request.method == "POST" and form.is_valid():
            try:
                token = form.apply(request.user)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                if token:
                    return self._show_once(request, key, token)
                messages.success(request, form.done)
                return HttpResponseRedirect(back)
        return page_that_asks(
            self,
            request,
            form,
            title=f"{form.title}: {key}",
            effect=form.effect,
            button=form.title,
            back=back,
            object=key,
        )

    def _show_once(self, request: HttpRequest, key: PartnerKey, token: str) -> HttpResponse:
        client_id, _, client_secret = token.rpartition("_")
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key of {key.name}",
            "opts": self.opts,
            "token": token,
            "client_id": client_id,
            "client_secret": client_secret,
            "key": key,
        }
        response = TemplateResponse(request, "admin/actors/partnerkey/issued.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
