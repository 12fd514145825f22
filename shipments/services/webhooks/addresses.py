"""Where a webhook may go: the public internet, over TLS, on its own ports; and networks that an operator named.

    URL ─ strict form ─> Target ─ resolved once ─> addresses, all of which must be allowed ─> connect to just those

Partners choose the URL, so the rule is an allow rule. ``ipaddress`` alone lets too much through: its ``is_global``
is true of multicast, of 6to4 and of addresses that stand for another network's inside.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

from shipments.services.errors import AddressNotAllowed

Address = IPv4Address | IPv6Address
PORTS = {"https": 443, "http": 80}
# Our own form, narrower than RFC 3986: what two parsers could read in two ways (user@, \, #, a space) has no place.
URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)",
    re.ASCII,
)
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# Names that no public server has (RFC 6761, RFC 6762, RFC 8375, and .internal: ICANN, 2024).
INSIDE = ("localhost", "local", "internal", "home.arpa", "invalid", "test", "onion")

# IANA's special-purpose registries (read 2026-11) beyond what is_global refuses, and Azure's host address.
NOT_FOR_US = tuple(
    map(
        ip_network,
        (
            *("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24"),
            *("168.63.129.16/32", "224.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48"),
            "3fff::/20",
        ),
    )
)
# All that is handed out of IPv6. Outside are mapped, compatible, NAT64, site-local, link-local and multicast ones.
GLOBAL_UNICAST = ip_network("2000::/3")


@dataclass(frozen=True, kw_only=True)
class Target:
    """A URL taken apart. ``host`` is a name in lower case or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """``url`` taken apart. Raises AddressNotAllowed for what can be refused without asking a name server."""
    matched = URL.fullmatch(url)
    if matched is None:
        raise AddressNotAllowed("An address is https://host/path, in ASCII, without a user, a fragment or a backslash.")
    scheme, host = matched["scheme"], matched["host"].lower()
    port = int(matched["port"] or PORTS[scheme])
    if not settings.WEBHOOK_ALLOWED_NETWORKS:
        if scheme == "http" and not settings.WEBHOOK_PLAIN_HTTP:
            raise AddressNotAllowed("An address begins with https://.")
        if port != PORTS[scheme]:
            raise AddressNotAllowed(f"The port of {scheme} is {PORTS[scheme]}; no other one is called.")
    if not 1 <= port <= 65535:
        raise AddressNotAllowed("There is no such port.")
    target = Target(scheme=scheme, host=_host(host), port=port, path=matched["path"] or "/")
    if not target.path.startswith("/"):
        target = Target(scheme=scheme, host=target.host, port=port, path="/" + target.path)
    literal = _literal(target.host)
    if literal is not None:
        must_be_allowed(literal, target)
    return target


def resolve(target: Target) -> list[Address]:
    """The addresses of the target's host, every one of which may be called.

    Raises AddressNotAllowed where one may not, OSError where the name leads nowhere.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ip_address(each[4][0]) for each in found))
    for address in addresses:
        must_be_allowed(address, target)
    return addresses


def must_be_allowed(address: Address, target: Target) -> None:
    """Raises AddressNotAllowed unless a connection to ``address`` for ``target`` is allowed."""
    if any(address in network for network in settings.WEBHOOK_ALLOWED_NETWORKS):
        return
    is_plain = target.scheme == "http" and not settings.WEBHOOK_PLAIN_HTTP
    if is_plain or target.port != PORTS[target.scheme] or not is_public(address):
        raise AddressNotAllowed("This address leads to where webhooks are not sent.")


def is_public(address: Address) -> bool:
    """Whether a stranger on the internet has this address."""
    if isinstance(address, IPv6Address) and (address not in GLOBAL_UNICAST or address.scope_id):
        return False
    return address.is_global and not any(address in network for network in NOT_FOR_US)


def _host(said: str) -> str:
    """The host in its one form. Raises AddressNotAllowed for numbers that only some read as an address."""
    if said.startswith("["):
        try:
            return str(IPv6Address(said[1:-1]))
        except AddressValueError:
            raise AddressNotAllowed("There is no such IPv6 address.") from None
    labels = said.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(IPv4Address(said))
        except AddressValueError:
            raise AddressNotAllowed("An IPv4 address is four numbers from 0 to 255.") from None
    if not all(LABEL.fullmatch(label) for label in labels):
        raise AddressNotAllowed("There is no such name of a host.")
    is_inside = len(labels) == 1 or any(said.endswith("." + name) for name in INSIDE)
    if is_inside and not settings.WEBHOOK_ALLOWED_NETWORKS:
        raise AddressNotAllowed("This name is not one of the public internet.")
    return said


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
