"""Pages that are the same for everybody, kept whole in the process: one set per version of the shelf and per language.

The shelf is looked at once a second at most, by one query, and at once when the Paris day changes. When its version is
another one every kept page is forgotten. One thread looks; the others go on with what is known. While the database does
not answer, today's pages are still shown: nothing can be bought from them without it.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import brotli
import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.utils import timezone, translation

from subscriptions.offers.catalogue import Shelf, read_shelf

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0  # seconds
SMALLEST = 300  # bytes: below, compression gains nothing
YEAR = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Page:
    """One page ready to send: its body in each encoding, its headers, and the `v` under which it never changes."""

    bodies: Mapping[str, bytes]
    headers: Mapping[str, str]
    etag: str
    stamp: str
    variants: dict[tuple[str, bool, bool, int], Variant] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of answering with a page: status, headers already checked by Django, body."""

    status: int
    headers: KeptHeaders
    body: bytes


class KeptHeaders(ResponseHeaders):
    """Headers that were checked once: a copy costs a tenth of setting a dozen of them anew."""

    def __init__(self, kept: ResponseHeaders) -> None:
        self._store = dict(kept._store)


class Keeper:
    """The pages of one process. Thread-safe."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Start again with nothing known: the next request reads the shelf."""
        self._shelf: Shelf | None = None
        self._looked_at = float("-inf")
        self._pages: dict[tuple[str, str], Page] = {}

    def shelf(self) -> Shelf:
        """Today's shelf, at most a second old. One query if it has to be looked at."""
        today = timezone.localdate()
        shelf = self._shelf
        if shelf is not None and shelf.on == today and time.monotonic() - self._looked_at < LOOK_EVERY:
            return shelf
        must_wait = shelf is None or shelf.on != today
        if not self._looking.acquire(blocking=must_wait):
            return shelf  # type: ignore[return-value]  # known: it is only None when we wait
        try:
            known = self._shelf
            if known is not None and known.on == today and time.monotonic() - self._looked_at < LOOK_EVERY:
                return known
            try:
                found = read_shelf(today)
            except DatabaseError:
                if known is None or known.on != today:
                    raise
                log.warning("shelf_not_read")
                found = known
            self._looked_at = time.monotonic()
            if known is None or found.version != known.version:
                self._shelf, self._pages = found, {}
            return self._shelf or found
        finally:
            self._looking.release()

    def known(self, language: str, path: str) -> Page | None:
        """The page of a path if it is kept and still true. A path that was never kept costs nothing."""
        if (language, path) not in self._pages:
            return None
        self.shelf()
        return self._pages.get((language, path))

    def page(self, language: str, path: str, make: Callable[[], HttpResponse]) -> Page | HttpResponse:
        """The kept page of a path, made by `make` if need be. What is not a 200 is handed back and not kept."""
        self.shelf()
        pages = self._pages  # a set belongs to one version: a page made of an older shelf is never put among newer ones
        kept = pages.get((language, path))
        if kept is None:
            with translation.override(language):
                response = make()
            if response.status_code != 200:
                return response
            kept = pages[language, path] = press(response, language)
        return kept


def press(response: HttpResponse, language: str) -> Page:
    """Make a page of a response: compressed as far as it goes, once."""
    body = response.content
    digest = hashlib.sha256(body).hexdigest()
    bodies = {"": body}
    if len(body) >= SMALLEST:
        bodies["br"] = brotli.compress(body, quality=11)
        bodies["gzip"] = gzip.compress(body, 9, mtime=0)
    headers = {"Content-Type": response["Content-Type"], "Content-Language": language, "Vary": "Accept-Encoding"}
    return Page(bodies=bodies, headers=headers, etag=digest[:24], stamp=digest[:12])


def send(page: Page, request: HttpRequest, headers: Mapping[str, str]) -> HttpResponse:
    """Answer with a kept page: 304 if the browser has it, else in the best encoding it takes."""
    meta = request.META
    encoding = best_encoding(meta.get("HTTP_ACCEPT_ENCODING", ""))
    lasting = f"v={page.stamp}" in meta.get("QUERY_STRING", "")
    known = page.etag in meta.get("HTTP_IF_NONE_MATCH", "")
    way = (encoding, lasting, known, id(headers))
    variant = page.variants.get(way) or page.variants.setdefault(way, _variant(page, headers, encoding, lasting, known))
    answer = HttpResponse(b"" if request.method == "HEAD" else variant.body, status=variant.status)
    answer.headers = KeptHeaders(variant.headers)
    return answer


def _variant(page: Page, headers: Mapping[str, str], encoding: str, lasting: bool, known: bool) -> Variant:
    answer = HttpResponse(headers={**headers, **page.headers, "Cache-Control": YEAR if lasting else REVALIDATE})
    answer["ETag"] = f'W/"{page.etag}"'
    if known:
        del answer["Content-Type"]
        return Variant(304, KeptHeaders(answer.headers), b"")
    if encoding and encoding in page.bodies:
        answer["Content-Encoding"] = encoding
    body = page.bodies.get(encoding, page.bodies[""])
    answer["Content-Length"] = str(len(body))
    return Variant(200, KeptHeaders(answer.headers), body)


@lru_cache(maxsize=256)
def best_encoding(accepted: str) -> str:
    """« br », « gzip » or « » from an Accept-Encoding header; an encoding with q=0 is refused by the browser."""
    taken = set()
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            taken.add(name.strip())
    return next((name for name in ("br", "gzip") if name in taken), "")


KEEPER = Keeper()
