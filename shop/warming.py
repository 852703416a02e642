"""What the web server does once before it forks its workers: answer the pages that are asked for most.

What that loads and compiles, the workers share instead of each having it for itself, and no reader waits for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.urls import get_resolver

PAGES = ("/", "/abonnement/")


def warm(application: Callable[..., Iterable[bytes]]) -> None:
    """Import every view and answer PAGES. A database that is away only makes the workers colder."""
    get_resolver().url_patterns  # noqa: B018  # reading it imports the views
    for page in PAGES:
        answer: Any = application(_asked(page), lambda *_: None)
        answer.close()
    # A forked worker must not share a line to a server with its parent.
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        connection.close_pool()
    caches.close_all()


def _asked(page: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": page,
        "SERVER_NAME": settings.SITE.hostname,
        "SERVER_PORT": "443",
        "HTTP_HOST": settings.SITE.netloc,
        "HTTP_X_FORWARDED_PROTO": settings.SITE.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": settings.SITE.scheme,
        "wsgi.input": io.BytesIO(),
    }
