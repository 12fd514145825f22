"""One request: whatever the endpoint does, it is over in time, and little of the answer is read."""

import datetime as dt
import socket
import ssl
import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shipments.services.webhooks import sending
from shipments.services.webhooks.sending import MOST_KEPT, MOST_READ, post
from tests import receiver as endpoint
from tests.processes import free_port
from tests.shipments.services.webhooks.test_addresses import lead

NAME = "hooks.example.org"


def sent_to(receiver, behaviour, *, seconds=10):
    receiver.behaviour = behaviour
    return post(receiver.url(), b"{}", {"webhook-id": "msg_1"}, seconds=seconds)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (endpoint.never, "timed_out"),
        (endpoint.drip_headers, "timed_out"),
        (endpoint.reset, "connection_failed"),
        (endpoint.nonsense, "bad_response"),
    ],
)
def test_endpoint_that_does_not_answer_is_named_and_left(receiver, behaviour, error):
    answer = sent_to(receiver, behaviour, seconds=0.5)
    assert (answer.status, answer.error, answer.is_success) == (None, error, False)
    assert len(receiver.requests) == 1


def test_endpoint_that_is_not_there_is_named(receiver):
    answer = post(f"http://127.0.0.1:{free_port()}/", b"{}", {}, seconds=1)
    assert answer.error == "connection_failed"


def test_name_that_leads_nowhere_is_named(receiver, monkeypatch):
    def nowhere(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert post("https://hooks.example.org/", b"{}", {}, seconds=1).error == "name_not_resolved"


@pytest.mark.parametrize("status", [200, 204, 299, 400, 404, 410, 429, 500, 503])
def test_answer_is_its_status(receiver, status):
    answer = sent_to(receiver, endpoint.answer(status, b"" if status == 204 else b"said \x00\xff so"))
    assert (answer.status, answer.error, answer.is_success) == (status, "", status < 300)
    assert answer.response == ("" if status == 204 else "said \ufffd\ufffd so")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_an_answer_and_not_followed(receiver, status):
    answer = sent_to(receiver, endpoint.answer(status, Location=receiver.url("/inside")))
    assert answer.status == status
    assert not answer.is_success
    assert [each.path for each in receiver.requests] == ["/hook"]


def test_endless_body_is_read_to_its_limit_and_left(receiver):
    answer = sent_to(receiver, endpoint.endless_body)
    assert (answer.status, len(answer.response)) == (200, MOST_KEPT)
    # What is sent beyond the limit fills the buffers of two sockets, and no more.
    assert receiver.sent < MOST_READ + 16 * 1024 * 1024


def test_slow_body_ends_at_the_deadline_and_the_answer_stands(receiver):
    answer = sent_to(receiver, endpoint.drip_body, seconds=0.5)
    assert answer.is_success
    assert answer.duration_ms >= 400


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), (" 7 ", 7), ("0", 0), ("9" * 50, 10**8), ("-1", None), ("soon", None), ("", None), ("1.5", None)],
)
def test_retry_after_is_read_in_seconds(receiver, said, seconds):
    answer = sent_to(receiver, endpoint.answer(429, Retry_After=said))
    assert answer.retry_after == (None if seconds is None else dt.timedelta(seconds=seconds))


def test_retry_after_is_read_as_a_date(receiver):
    until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    answer = sent_to(receiver, endpoint.answer(503, Retry_After=until.strftime("%a, %d %b %Y %H:%M:%S GMT")))
    assert dt.timedelta(minutes=59) < answer.retry_after <= dt.timedelta(hours=1)
    past = sent_to(receiver, endpoint.answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    assert past.retry_after == dt.timedelta()


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert sent_to(receiver, endpoint.answer(200)).is_success


@pytest.fixture
def tls_server(settings, tmp_path, monkeypatch):
    """A server with a certificate for NAME; (its port, what it was asked for by SNI, its certificate's file)."""
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    lead(monkeypatch, ["127.0.0.1"])
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[Any] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as stream:
                    said = b""
                    while b"\r\n\r\n{" not in said:
                        said += stream.recv(65536) or b"\r\n\r\n{"
                    asked.append(said)
                    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], asked, certificate
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_tls_is_for_the_name_though_the_address_is_called(tls_server, monkeypatch):
    port, asked, certificate = tls_server
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(sending, "_tls", lambda: trusting)

    assert post(f"https://{NAME}:{port}/x", b"{}", {}, seconds=5).status == 200
    assert asked[0] == NAME
    assert b"POST /x HTTP/1.1\r\n" in asked[1]
    assert f"Host: {NAME}:{port}\r\n".encode() in asked[1]

    assert post(f"https://other.example.org:{port}/x", b"{}", {}, seconds=5).error == "tls_failed"


def test_certificate_that_nobody_vouches_for_is_refused(tls_server):
    port, asked, _ = tls_server
    assert post(f"https://{NAME}:{port}/x", b"secret", {}, seconds=5).error == "tls_failed"
    assert not any(b"secret" in each for each in asked if isinstance(each, bytes))


def test_endpoint_that_never_shakes_hands_is_left(receiver):
    receiver.behaviour = endpoint.never
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = post(f"https://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {}, seconds=0.5)
    assert answer.error == "timed_out"


def make_certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = directory / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path
