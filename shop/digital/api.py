"""What the publisher's other sites ask: is this subscriber number good, until when, for which issues (docs/api.md).

By a token that is named, kept as a hash and revoked on the desks. The answer names nobody. A number that nobody has, one that
was mistyped and one that gives no right any more are one answer, word for word; and numbers stay out of the logs
(`shop.logging`). What is printed here about the edition on paper is there whether there is a digital one or not.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt

from payments.days import paris_day
from shop.limits import Limit, count, wait_of
from subscriptions.digital.answering import standing_of
from subscriptions.digital.tokens import known

DESCRIPTION = Path(__file__).resolve().parent / "openapi.json"
PROBLEM = "application/problem+json"
ASKED = Limit("api", times=600, seconds=60)
#: Wrong tokens, by their sender on the network: far fewer than any guessing needs.
FORGED = Limit("api-forged", times=30, seconds=600)
#: How long an answer may be kept by whoever asked, in seconds.
FRESH = 60

PROBLEMS: dict[int, tuple[str, str]] = {
    401: ("Unauthorized", "A valid token is wanted: Authorization: Bearer bqt_…"),
    404: ("Not found", "This number gives no right."),
    405: ("Method not allowed", "Only GET and HEAD are answered."),
    429: ("Too many requests", "Ask again after the seconds of Retry-After."),
}


@csrf_exempt
def entitlements(request: HttpRequest, number: str) -> HttpResponse:
    """One subscriber number. Counted per token; each wrong token counts against its sender."""
    if request.method not in ("GET", "HEAD"):
        return _problem(405, Allow="GET, HEAD")
    at = timezone.now()
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    token = known(text.strip(), on=paris_day(at)) if scheme.lower() == "bearer" and len(text) < 200 else None
    if token is None:
        wait = wait_of(request, FORGED)
        return _wait(wait) if wait else _problem(401, **{"WWW-Authenticate": 'Bearer realm="boutique"'})
    if wait := count(ASKED, token.key):
        return _wait(wait)
    standing = standing_of(number.strip().upper() if len(number) <= 20 else "", on=paris_day(at))
    if standing is None:
        return _problem(404)
    facts = {
        "active": standing.active,
        "until": standing.until.isoformat() if standing.until else None,
        "issues": list(standing.issues),
        "digital": standing.digital,
    }
    return _kept(request, facts)


@csrf_exempt
def description(request: HttpRequest) -> HttpResponse:
    """The description of these answers, in OpenAPI 3.1."""
    if request.method not in ("GET", "HEAD"):
        return _problem(405, Allow="GET, HEAD")
    answer = HttpResponse(_description(), content_type="application/json")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address: a problem as well, and not a page for people."""
    return _problem(404, detail="There is nothing at this address.")


@lru_cache(maxsize=1)
def _description() -> bytes:
    return DESCRIPTION.read_bytes()


def _kept(request: HttpRequest, facts: dict[str, Any]) -> HttpResponse:
    """The answer, or 304 where whoever asks has it already."""
    body = json.dumps(facts, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    same = tag in parse_etags(request.headers.get("If-None-Match", ""))
    answer = HttpResponse(status=304) if same else HttpResponse(body, content_type="application/json")
    answer["ETag"] = tag
    return _private(answer, f"private, max-age={FRESH}")


def _wait(seconds: int) -> HttpResponse:
    return _problem(429, **{"Retry-After": str(seconds)})


def _problem(status: int, *, detail: str = "", **headers: str) -> HttpResponse:
    """An error as RFC 9457 wants it: the same words for the same status, whatever was asked."""
    title, usual = PROBLEMS[status]
    facts = {"type": "about:blank", "title": title, "status": status, "detail": detail or usual}
    answer = HttpResponse(json.dumps(facts), status=status, content_type=PROBLEM, headers=headers)
    return _private(answer, "no-store")


def _private(answer: HttpResponse, cached: str) -> HttpResponse:
    answer["Cache-Control"] = cached
    patch_vary_headers(answer, ["Authorization"])
    return answer
