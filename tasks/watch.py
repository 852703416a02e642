"""Jobs that watch over the others."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from shop.customers import search
from shop.customers.sessions import forget_ended
from shop.watch import audit, heartbeat
from shop.watch.runs import running

LINES = 500


@shared_task(name="heartbeat")
def beat() -> None:
    with running("heartbeat") as summary:
        summary.text = heartbeat.beat(at=timezone.now())


@shared_task(name="audit")
def nightly_audit() -> None:
    with running("audit") as summary:
        summary.text = audit.audit(at=timezone.now())


@shared_task(name="sessions")
def clear_sessions() -> None:
    with running("sessions") as summary:
        call_command("clearsessions")
        summary.text = f"{forget_ended()} forgotten"


@shared_task(name="search-lines")
def search_lines() -> None:
    with running("search-lines") as summary:
        done = 0
        while (filled := search.refresh_stale(LINES)) and done < 20 * LINES:
            done += filled
        summary.text = f"{done} lines"
