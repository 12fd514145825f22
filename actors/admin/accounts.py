"""People who sign in and partners' keys: the operators' to manage."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from actors.admin.readable import KEPT, ReadableAdmin, is_operator
from actors.models import User

# Rights follow from staff, superuser and clearance; groups would be a second rule beside them.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ReadableAdmin, DjangoUserAdmin):
    """Analysts (staff) and operators (superusers), with the highest marking that they read."""

    open_to_all = True
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "clearance", "is_staff", "is_superuser", "last_login"]
    list_filter = ["clearance", "is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "first_name", "last_name", "email"]
    filter_horizontal: list[str] = []
    is_register = True
    ordering = ["username"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": [("username", "email"), ("first_name", "last_name"), "password"]}),
        ("Rights", {"fields": ["clearance", "is_active", "is_staff", "is_superuser"]}),
        (KEPT, {"fields": [("last_login", "date_joined")]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "password1", "password2", "clearance", "is_staff"]})]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """An operator manages nobody who reads more than they do, and so cannot make themselves read more."""
        return is_operator(request) and getattr(obj, "clearance", 0) <= request.user.clearance

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return ReadableAdmin.lookup_allowed(self, lookup, value, request)
