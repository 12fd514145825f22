"""Where webhooks go: nowhere but to the public internet, however the address is written."""

import socket
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from shipments.services.errors import AddressNotAllowed
from shipments.services.webhooks.addresses import is_public, read_url, resolve
from shipments.services.webhooks.sending import post

# What is refused by its form alone, before any name server is asked.
REFUSED = [
    "file:///etc/passwd",
    "gopher://hooks.example.org/",
    "ftp://hooks.example.org/",
    "//hooks.example.org/",
    "hooks.example.org",
    "HTTPS://hooks.example.org/",
    "http://hooks.example.org/",
    "https://",
    "https:///path",
    "https://127.1/",
    "https://127.0.1/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://127.0.0.1./",
    "https://127.0.0.256/",
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[::1/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://postgres/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "https://127。0。0。1/",
    "https://１２７.0.0.1/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://hooks.example.org#@127.0.0.1/",
    "https://hooks.example.org?@127.0.0.1:5432/#",
    "https://user@hooks.example.org/",
    "https://user:word@hooks.example.org/",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:80/",
    "https://hooks.example.org:5432/",
    "https://hooks.example.org:6379/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org:/",
    "https://hooks.example.org:443:443/",
    "https://hooks .example.org/",
    "https://hooks.example.org/a b",
    "https://hooks.example.org/\r\nX-Evil: 1",
    "https://hooks.example.org/\x00",
    "https://hooks_example.org/",
    "https://-hooks.example.org/",
    "https://hooks..example.org/",
]
# What a name may lead to that is not the public internet.
INSIDE = [
    *("127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.127.255.255", "0.0.0.0"),
    *("168.63.129.16", "192.0.0.192", "192.88.99.1", "198.19.255.255", "224.0.0.251", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:7f00:1", "::ffff:a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1"),
    *("100::1", "5f00::1", "3fff::1", "4000::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.fixture
def no_connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was connected to, which is nothing."""
    made: list[Any] = []

    def connect(*args: Any) -> None:
        made.append(args)
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    return made


def test_the_list_is_long_enough():
    assert len(REFUSED) >= 60
    assert len(set(REFUSED)) == len(REFUSED)


@pytest.mark.parametrize("url", REFUSED)
def test_address_that_leads_inside_is_refused_and_never_called(url, no_connects):
    with pytest.raises(AddressNotAllowed):
        read_url(url)
    assert post(url, b"{}", {}, seconds=1).error == "address_not_allowed"
    assert no_connects == []


@pytest.mark.parametrize("address", INSIDE)
def test_name_that_leads_inside_is_never_called(address, no_connects, monkeypatch):
    lead(monkeypatch, [address])
    assert not is_public(ip_address(address))
    assert post("https://hooks.example.org/", b"{}", {}, seconds=1).error == "address_not_allowed"
    assert no_connects == []


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_allowed(address, monkeypatch):
    lead(monkeypatch, [address])
    assert resolve(read_url("https://hooks.example.org/a?b=c@d")) == [ip_address(address)]
    literal = f"[{address}]" if ":" in address else address
    assert read_url(f"https://{literal}:443/x").host == address


def test_one_bad_address_among_good_ones_spoils_the_name(no_connects, monkeypatch):
    lead(monkeypatch, [*PUBLIC, "10.0.0.1"])
    assert post("https://hooks.example.org/", b"{}", {}, seconds=1).error == "address_not_allowed"
    assert no_connects == []


def test_name_is_asked_once_and_the_address_that_was_checked_is_called(monkeypatch):
    """A name server that answers with an inner address the second time is not asked a second time."""
    asked, called = [], []

    def rebinding(host: str, port: int, *_: Any, **__: Any) -> Any:
        if host == "93.184.215.14":  # an address: nothing to look up
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14" if len(asked) == 1 else "127.0.0.1", port))
        ]

    def connect(_: Any, where: Any) -> None:
        called.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket.socket, "connect", connect)
    assert post("https://hooks.example.org/", b"{}", {}, seconds=1).error == "connection_failed"
    assert (asked, called) == (["hooks.example.org"], [("93.184.215.14", 443)])


def test_plain_http_goes_to_port_80_where_an_operator_lets_it(settings, monkeypatch):
    settings.WEBHOOK_PLAIN_HTTP = True
    lead(monkeypatch, ["8.8.8.8"])
    assert resolve(read_url("http://hooks.example.org/")) == [ip_address("8.8.8.8")]
    for refused in ("http://hooks.example.org:443/", "http://hooks.example.org:8080/", "http://127.0.0.1/"):
        with pytest.raises(AddressNotAllowed):
            read_url(refused)


def test_named_network_is_reached_on_any_port_and_nothing_else_is(settings, monkeypatch):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.20.0.0/16")]
    assert read_url("http://10.20.1.2:8080/x").port == 8080
    for refused in ("http://10.21.1.2:8080/", "https://127.0.0.1/", "http://8.8.8.8/", "https://[::ffff:10.20.1.2]/"):
        with pytest.raises(AddressNotAllowed):
            read_url(refused)
    target = read_url("http://hooks.corp.internal:8080/")
    lead(monkeypatch, ["10.20.9.9"])
    assert resolve(target) == [ip_address("10.20.9.9")]
    lead(monkeypatch, ["10.30.9.9"])
    with pytest.raises(AddressNotAllowed):
        resolve(target)
    # A public address keeps the public rules: TLS, and its own port.
    lead(monkeypatch, ["8.8.8.8"])
    with pytest.raises(AddressNotAllowed):
        resolve(target)


def test_path_and_host_go_out_as_they_were_given():
    target = read_url("https://Hooks.Example.org/a/b?c=d&e=%20")
    assert (target.host, target.netloc, target.path) == ("hooks.example.org", "hooks.example.org", "/a/b?c=d&e=%20")
    assert read_url("https://hooks.example.org").path == "/"
    assert read_url("https://hooks.example.org?a=b").path == "/?a=b"
    assert read_url("https://[2606:4700::1111]/").netloc == "[2606:4700::1111]"


def lead(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    """Every name leads to ``addresses``."""
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses],
    )
