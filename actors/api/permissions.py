"""What a caller may do here. Which rows they see is the querysets' to say (actors.access).

A view names the permission of each method; one that names none is closed to everybody.
"""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from actors.api.refusals import insufficient_scope
from actors.models import PartnerKey

if TYPE_CHECKING:
    # Not at run time: the framework's views read the settings that name this module.
    from rest_framework.views import APIView


class Undeclared(BasePermission):
    """Nobody. What stands in for the permission that a view has not named."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class Known(BasePermission):
    """Any good key, whatever its scopes, or a person who is signed in."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, PartnerKey) or bool(request.user and request.user.is_authenticated)


class HasKey(BasePermission):
    """Any good key or token, whatever its scopes. People have none."""

    open_to_people = False

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, PartnerKey)


class NeedsScope(BasePermission):
    """A key with the scope. People write in the admin, so only what is ``open_to_people`` lets them in."""

    scope: PartnerKey.Scope
    open_to_people = False

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.auth, PartnerKey):
            is_allowed = self.scope in request.auth.scopes
        elif request.user and request.user.is_authenticated:
            is_allowed = self.open_to_people
        else:
            return False
        if not is_allowed:
            raise insufficient_scope(self.scope)
        return True


class MayRead(NeedsScope):
    """A key with the scope ``read``, or a person who is signed in."""

    scope = PartnerKey.Scope.READ
    open_to_people = True


class MayReport(NeedsScope):
    """A key with the scope ``reports:write``."""

    scope = PartnerKey.Scope.REPORTS_WRITE


class MayEnter(NeedsScope):
    """A key with the scope ``ledger:write``."""

    scope = PartnerKey.Scope.LEDGER_WRITE


class MayManageWebhooks(NeedsScope):
    """A key with the scope ``webhooks:manage``. Subscriptions are partners': people look after them in the admin."""

    scope = PartnerKey.Scope.WEBHOOKS_MANAGE
