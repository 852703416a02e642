"""The bell: asks the worker to look now instead of at its next round. Losing it loses nothing (design, rule 1)."""

from __future__ import annotations

import structlog
from celery import Celery
from django.conf import settings
from django.core.cache import cache

log = structlog.get_logger(__name__)
_bell = Celery("bell", broker=settings.CELERY_BROKER_URL, set_as_current=False)
_bell.conf.broker_transport_options = {"socket_timeout": 1, "socket_connect_timeout": 1}


def ring(job: str) -> bool:
    """Ask for one run of a job, at most once a second for all of us together. Never fails; False if not rung."""
    try:
        if not cache.add(f"bell:{job}", 1, timeout=1):
            return False
        _bell.send_task(job, expires=60, retry=False, ignore_result=True)
    except Exception as trouble:
        log.warning("bell_silent", job=job, trouble=type(trouble).__name__)
        return False
    return True
