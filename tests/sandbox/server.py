"""A small threaded HTTP server for one WSGI application: keep-alive, one write per answer, no waiting for the network."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    application: Any

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "wsgi.url_scheme": "http",
            "wsgi.input": self.rfile,
            "standin.socket": self.connection,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        head: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            head.append(f"HTTP/1.1 {status}\r\n".encode())
            head.extend(f"{name}: {value}\r\n".encode() for name, value in headers)

        body = b"".join(self.server.application(environ, start_response))
        self.wfile.write(b"".join(head) + b"\r\n" + body)

    do_GET = do_HEAD = do_POST = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class RunningServer:
    """Serves the application on a free loopback port until `close`."""

    def __init__(self, application: Any) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.application = application
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
