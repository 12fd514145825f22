"""What operators do to a key once it is there: each in a form of its own, with a reason, through a service."""

from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
)

from actors.access import Reader
from actors.admin.asking import WhyForm
from actors.marking import Marking
from actors.models import PartnerKey, User
from actors.services.keys import amend_key, revoke_key, rotate_key

LONGEST_OVERLAP_DAYS = 90


def scope_choices() -> list[tuple[str, str]]:
    """Every scope with what it allows, as operators choose it."""
    return [(scope, f"{scope}: {sentence}") for scope, sentence in PartnerKey.Scope.choices]


class ReasonForm(WhyForm):
    """What every change has. ``apply`` calls the service and returns a token, if there is a new one."""

    title: str
    effect: str
    done: str

    def __init__(self, key: PartnerKey, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key
        self.reader = reader
        self.order_fields([name for name in self.fields if name != "reason"])

    def apply(self, by: User) -> str | None:
        raise NotImplementedError


class RevokeForm(ReasonForm):
    title = "Revoke"
    effect = "The key and every token of it stop with the next request. This cannot be undone."
    done = "The key is revoked."

    def apply(self, by: User) -> None:
        revoke_key(self.key, by=by, reason=self.cleaned_data["reason"])


class RotateForm(ReasonForm):
    title = "Rotate"
    effect = "The key gets a new secret. The old one stays good for some days, so that the partner can change over."
    done = "The key is rotated."

    overlap_days = forms.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_DAYS,
        initial=7,
        label="Days for which both are good",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0: the old one stops now, as after a leak.",
    )

    def apply(self, by: User) -> str:
        said = self.cleaned_data
        return rotate_key(self.key, overlap=timedelta(days=said["overlap_days"]), by=by, reason=said["reason"])


class AmendForm(ReasonForm):
    title = "Change"
    effect = "It holds from the next request on."
    done = "The key is changed."

    scopes = forms.MultipleChoiceField(choices=scope_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    clearance = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget)
    expires_at = forms.SplitDateTimeField(
        required=False, label="Expires at", widget=UnfoldAdminSplitDateTimeWidget, help_text="Empty: until revoked."
    )
    reads_per_minute = forms.IntegerField(
        min_value=1, required=False, widget=UnfoldAdminIntegerFieldWidget, help_text="Empty: as the service is set."
    )
    writes_per_minute = forms.IntegerField(
        min_value=1, required=False, widget=UnfoldAdminIntegerFieldWidget, help_text="Empty: as the service is set."
    )

    def __init__(self, key: PartnerKey, reader: Reader, *args: Any, **kwargs: Any) -> None:
        present = {name: getattr(key, name) for name in self.base_fields if name != "reason"}
        super().__init__(key, reader, *args, **{**kwargs, "initial": present})
        choices = [(mark.value, mark.label) for mark in Marking if mark <= reader.clearance]
        self.fields["clearance"].choices = choices

    def apply(self, by: User) -> None:
        said = dict(self.cleaned_data)
        amend_key(self.key, by=by, reason=said.pop("reason"), **{**said, "scopes": sorted(said["scopes"])})
