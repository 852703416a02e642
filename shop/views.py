"""Answers that belong to no room: errors, each with a page that says what happened and what to do."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what came in could not be read."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: not for this person."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. Asks neither the database nor the session; says it in plain text if even the page cannot be made."""
    try:
        body = render_to_string("500.html", {"publisher": settings.PUBLISHER})
    except Exception:
        # Whatever broke the page may break its error too: the words must reach the reader all the same.
        return HttpResponse(
            "Une panne de notre côté. Ne payez pas une seconde fois\u00a0: tout paiement reçu est retrouvé.",
            status=500,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(body, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came back without its proof of origin: say so and keep the reader's page."""
    return render(request, "403_csrf.html", status=403)


def too_many(request: HttpRequest, *, wait: int) -> HttpResponse:
    """429: a form was sent too often; `wait` seconds until it takes more."""
    answer = render(request, "429.html", {"wait": wait}, status=429)
    answer["Retry-After"] = str(wait)
    return answer
