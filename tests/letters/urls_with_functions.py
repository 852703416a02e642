"""A site with the two public functions that need no account (law.md 4.5, 4.6)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path


def _page(request: Any) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [path("retractation/", _page, name="withdraw"), path("resiliation/", _page, name="terminate")]
