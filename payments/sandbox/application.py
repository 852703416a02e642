"""The stand-in for Stripe as one WSGI application: API, hosted pages and control, over one world."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from payments.sandbox import api, control, paying_out, routes
from payments.sandbox.pages import hosted
from payments.sandbox.settings import Settings
from payments.sandbox.uploads import MULTIPART, taken_apart
from payments.sandbox.webhooks import Deliverer
from payments.sandbox.wire import MAX_BODY, MAX_UPLOAD, Dropped, Request, Response
from payments.sandbox.world import World

StartResponse = Callable[..., Any]


class StandIn:
    """One stand-in. `background` runs webhooks and planned jobs by themselves; without it the caller drives them."""

    def __init__(self, settings: Settings, *, background: bool = True) -> None:
        self.world = World(settings)
        self.world.doings.update(routes.DOINGS)
        self.webhooks = Deliverer(self.world)
        self.api = api.Api(self.world)
        self.control = control.Control(self.world, self.api, self.webhooks)
        if settings.payouts == "daily":
            with self.world.lock:
                paying_out.plan(self.world)
        if background:
            self.webhooks.start()

    def answer(self, request: Request) -> Response:
        """The answer to any request. Raises Dropped when the connection is to be closed without one."""
        if request.path.startswith("/v1/"):
            return self.api.answer(request)
        if request.path.startswith("/_control"):
            return self.control.answer(request)
        return hosted.answer(self.world, request)

    def close(self) -> None:
        """Stop the background and let go of the store."""
        self.webhooks.stop()
        self.world.store.close()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI. The body is one piece with its length, so that a server can send the answer in one write."""
        try:
            response = self.answer(request_from(environ, self.world.settings.public_url))
        except Dropped:
            return _dropped(environ, start_response)
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        response.headers.setdefault("Content-Type", "text/plain; charset=utf-8")
        response.headers["Content-Length"] = str(len(response.body))
        start_response(status, list(response.headers.items()))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]


def request_from(environ: dict[str, Any], public_url: str = "") -> Request:
    """The request of a WSGI environment; a body above a megabyte is cut, which no form of ours reaches, nor a file."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    carries_a_file = headers["content-type"].startswith(MULTIPART)
    length = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_UPLOAD if carries_a_file else MAX_BODY)
    raw = environ["wsgi.input"].read(length) if length else b""
    body, upload = (
        taken_apart(headers["content-type"], raw) if carries_a_file else (raw.decode("utf-8", "replace"), None)
    )
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return Request(
        method="GET" if environ["REQUEST_METHOD"] == "HEAD" else environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=body,
        origin=public_url or f"{environ['wsgi.url_scheme']}://{host}",
        upload=upload,
    )


def _dropped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Close the caller's connection under the server's feet: nothing reaches it, as when a network breaks."""
    socket = environ.get("gunicorn.socket") or environ.get("standin.socket")
    if socket is None:
        raise Dropped
    socket.shutdown(2)
    start_response("500 Internal Server Error", [("Content-Length", "0"), ("Connection", "close")])
    return [b""]
