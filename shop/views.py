"""Answers that belong to no room: errors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came back without its proof of origin: say so and keep the reader's page."""
    return render(request, "403_csrf.html", status=403)
