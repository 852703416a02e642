"""What every page may print."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def publisher(request: HttpRequest) -> dict[str, Any]:
    """The publisher's identity, for footers and legal lines."""
    return {"publisher": settings.PUBLISHER, "site_url": settings.SITE_URL, "demo": settings.DEMO}
