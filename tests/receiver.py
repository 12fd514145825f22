"""A partner's endpoint: a real HTTP server on 127.0.0.1 that keeps what it was sent and behaves as it is told."""

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

Behaviour = Callable[["Handler"], None]


@dataclass(kw_only=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


class Handler(BaseHTTPRequestHandler):
    """Keeps the request, then does what the receiver was told to."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server.receiver
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.requests.append(Received(path=self.path, headers=headers, body=body, at=time.monotonic()))
        (receiver.behaviours.get(self.path) or receiver.behaviour)(self)

    def do_GET(self) -> None:
        self.server.receiver.requests.append(Received(path=self.path, headers={}, body=b"", at=time.monotonic()))
        answer(200)(self)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    receiver: "Receiver"

    def handle_error(self, *_: Any) -> None:
        """Whoever was cut off is no news."""


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer so; names of headers with _ for -."""

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def never(handler: Handler) -> None:
    """Say nothing until the other side goes."""
    handler.connection.settimeout(60)
    try:
        handler.connection.recv(1)
    except OSError:
        pass
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """End the connection with RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drip_headers(handler: Handler) -> None:
    """A byte of a header at a time, for ever."""
    handler.close_connection = True
    try:
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            handler.connection.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        pass


def endless_body(handler: Handler) -> None:
    """A body without an end."""
    handler.close_connection = True
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.server.receiver.sent += handler.connection.send(b"x" * 65536)
    except OSError:
        pass


def drip_body(handler: Handler) -> None:
    """A byte of the body at a time, for ever."""
    handler.close_connection = True
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.connection.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        pass


def nonsense(handler: Handler) -> None:
    """No HTTP at all."""
    handler.connection.sendall(b"\x00\x01SSH-2.0 hello\r\n\r\n")
    handler.close_connection = True


@dataclass(kw_only=True)
class Receiver:
    """``behaviour`` for every path that ``behaviours`` does not name. ``sent`` counts the bytes of endless bodies."""

    port: int = 0
    behaviour: Behaviour = field(default_factory=lambda: answer(204))
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)
    sent: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self) -> list[str]:
        """The webhook-id of every request, in order."""
        return [each.headers["webhook-id"] for each in self.requests]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens until the end."""
    receiver = Receiver()
    with Server(("127.0.0.1", 0), Handler) as server:
        server.receiver = receiver
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
