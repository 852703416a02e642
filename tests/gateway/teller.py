"""A till that answers what a test tells it to, over HTTP: for the shapes and silences an honest server cannot be asked for."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Heard:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


class Hangup(Exception):
    """The till puts the receiver down without a word."""


@dataclass
class Teller:
    """Answers in the order they were queued; remembers every request."""

    address: str = ""
    heard: list[Heard] = field(default_factory=list)
    queue: list[Callable[[], tuple[int, bytes]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def says(self, status: int, body: Any) -> None:
        """Answer the next request with this status and JSON body (bytes go out as they are)."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.queue.append(lambda: (status, raw))

    def refuses(self, status: int, **error: Any) -> None:
        """Answer the next request with an error in Stripe's shape."""
        self.says(status, {"error": {"type": "invalid_request_error", **error}})

    def hangs_up(self) -> None:
        """Take the next request and close the line without an answer."""

        def act() -> tuple[int, bytes]:
            raise Hangup

        self.queue.append(act)

    def keeps_silent(self) -> None:
        """Take the next request and say nothing until the test is over."""

        def act() -> tuple[int, bytes]:
            self.released.wait(20)
            raise Hangup

        self.queue.append(act)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    teller: Teller


class _Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one write: apart they cost 40 ms
    server: _Server

    def _serve(self) -> None:
        teller = self.server.teller
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        place = urlsplit(self.path)
        query = dict(parse_qsl(place.query, keep_blank_values=True))
        teller.heard.append(Heard(self.command, place.path, query, form, dict(self.headers)))
        try:
            status, body = teller.queue.pop(0)()
        except Hangup:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", f"req_{len(teller.heard)}")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what was heard is remembered."""


def opened() -> tuple[Teller, Callable[[], None]]:
    """A till on a free port, and the way to close it."""
    server = _Server(("127.0.0.1", 0), _Desk)
    server.teller = Teller(address=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()

    def close() -> None:
        server.teller.released.set()
        server.shutdown()
        server.server_close()
        thread.join()

    return server.teller, close
