"""A request and an answer as the stand-in sees them, apart from any server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BODY = 1_000_000
#: Only files are longer.
MAX_UPLOAD = 6_000_000


@dataclass(frozen=True)
class Upload:
    """A file that a request carries."""

    name: str
    body: bytes


@dataclass(frozen=True)
class Request:
    """`headers` have lower-case names; `origin` is scheme and host as the caller wrote them.

    `body` of a request with a file: its other parameters, as a form, with the hash of the file in its place.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    origin: str
    upload: Upload | None = None


@dataclass
class Response:
    """One answer, sent as a whole."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The connection is to be closed without an answer."""


def redirect(url: str) -> Response:
    """303, so that the browser comes with GET."""
    return Response(303, b"", {"Location": url})
