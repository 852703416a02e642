"""An outgoing heartbeat: an outside watchdog that no longer hears it raises the alarm that we cannot."""

from __future__ import annotations

import urllib.request
from datetime import datetime

from django.conf import settings

from shop.watch.runs import late


def beat(*, at: datetime) -> str:
    """Call HEARTBEAT_URL while no job is late; says what was done. Network; raises OSError when it cannot be reached."""
    if not settings.HEARTBEAT_URL:
        return "no HEARTBEAT_URL"
    overdue = [one.job for one in late(at=at) if one.job != "heartbeat"]
    if overdue:
        return f"silent: {', '.join(overdue)} late"
    if not settings.HEARTBEAT_URL.startswith(("http://", "https://")):
        raise ValueError("HEARTBEAT_URL is an http address")
    with urllib.request.urlopen(settings.HEARTBEAT_URL, timeout=10) as answer:  # noqa: S310  # scheme checked above
        return f"heard: {answer.status}"
