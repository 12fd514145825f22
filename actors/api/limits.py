"""Whose budget a request is paid from, and the answer when there is nothing left of it.

Reads and writes of a key are two budgets, so that a busy reader does not keep its reports out. Whoever
shows no good key is counted by address.
"""

from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from actors.api.refusals import Refusal
from actors.models import PartnerKey, User
from actors.services.keys import find_and_count
from actors.services.limits import WINDOW, Allowance, Budget, granted, spend

# A network gives one household or office at least so much of IPv6 (RFC 6177).
IPV6_PREFIX = 64
SECONDS = int(WINDOW.total_seconds())
# What a budget's requests are, for people.
SPENT = {"reads": "requests to read", "writes": "requests to write", "strangers": "requests without a good key"}


def charge_key(request: Request, key: PartnerKey) -> None:
    """Count the request against ``key``. Raises Refusal (429) where its quota is spent."""
    _charge(request, _budget_of(key, _kind(request)))


def find_and_charge(request: Request, token: str) -> PartnerKey | None:
    """The key that ``token`` proves, with the request counted against it; None for every other token.

    Raises Refusal (429) where its quota is spent.
    """
    kind = _kind(request)
    found = find_and_count(token, kind=kind, quota=_quota(kind))
    if found is None:
        return None
    budget = _budget_of(found.key, kind)
    if found.spent is None or found.remaining is None:
        _charge(request, budget)
    else:
        _tell(request, granted(budget, found.spent, found.remaining))
    return found.key


def budgets_of(key: PartnerKey) -> dict[str, Budget]:
    """What ``key`` may spend, by kind of request."""
    return {name: _budget_of(key, name) for name in ("reads", "writes")}


def _budget_of(key: PartnerKey, name: str) -> Budget:
    own = key.reads_per_minute if name == "reads" else key.writes_per_minute
    return Budget(name=name, whose=f"key:{key.pk}", quota=own or _quota(name))


def _quota(name: str) -> int:
    return int(settings.READS_PER_MINUTE if name == "reads" else settings.WRITES_PER_MINUTE)


def charge_person(request: Request, user: User) -> None:
    """Count the request against a person who is signed in."""
    name = _kind(request)
    _charge(request, Budget(name=name, whose=f"user:{user.pk}", quota=_quota(name)))


def charge_address(request: Request) -> None:
    """Count the request against the address it comes from: it has shown no good key."""
    _charge(
        request, Budget(name="strangers", whose=f"address:{address_of(request)}", quota=settings.STRANGERS_PER_MINUTE)
    )


class ByAddress(BaseThrottle):
    """For views that are open to everybody and ask nobody who they are."""

    def allow_request(self, request: Request, view: Any) -> bool:
        charge_address(request)
        return True


def address_of(request: Request) -> str:
    """Where the request comes from; X-Forwarded-For counts as far as our own proxies wrote it (NUM_PROXIES).

    An IPv6 address stands for its network, since whoever has one has all of them.
    """
    said = BaseThrottle().get_ident(request) or ""
    try:
        address = ip_address(said.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> (128 - IPV6_PREFIX) << (128 - IPV6_PREFIX)))


def headers_of(allowance: Allowance) -> dict[str, str]:
    """RateLimit-Policy and RateLimit, as in draft-ietf-httpapi-ratelimit-headers-11."""
    budget = allowance.budget
    return {
        "RateLimit-Policy": f'"{budget.name}";q={budget.quota};w={SECONDS}',
        "RateLimit": f'"{budget.name}";r={allowance.left};t={allowance.seconds}',
    }


def _kind(request: Request) -> str:
    return "reads" if request.method in SAFE_METHODS else "writes"


def _charge(request: Request, budget: Budget) -> None:
    allowance = spend(budget)
    _tell(request, allowance)
    if not allowance.is_granted:
        detail = f"{budget.quota:,} {SPENT[budget.name]} in {SECONDS} seconds are spent. Wait {allowance.seconds} s."
        raise Refusal("too_many_requests", detail, status=429, headers={"Retry-After": str(allowance.seconds)})


def _tell(request: Request, allowance: Allowance) -> None:
    """Have the middleware in aidtracker.api.headers tell it in the answer, whatever becomes of the request."""
    request._request.allowance = allowance  # type: ignore[attr-defined]
