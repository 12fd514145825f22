"""What a caller may do here. Which rows they see is the querysets' to say (actors.access)."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from actors.api.refusals import insufficient_scope
from actors.models import PartnerKey

if TYPE_CHECKING:
    # Not at run time: the framework's views read the settings that name this module.
    from rest_framework.views import APIView


class MayRead(BasePermission):
    """A key with the scope ``read``, or a person who is signed in."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.auth, PartnerKey):
            return _has(request.auth, PartnerKey.Scope.READ)
        return bool(request.user and request.user.is_authenticated)


class MayReport(BasePermission):
    """A key with the scope ``reports:write``. People enter reports in the admin."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.auth, PartnerKey):
            return _has(request.auth, PartnerKey.Scope.REPORTS_WRITE)
        if request.user and request.user.is_authenticated:
            raise insufficient_scope(PartnerKey.Scope.REPORTS_WRITE)
        return False


def _has(key: PartnerKey, scope: PartnerKey.Scope) -> bool:
    if scope not in key.scopes:
        raise insufficient_scope(scope)
    return True
