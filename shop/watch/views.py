"""Health pages for machines: is the process up, and does the clockwork turn."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.watch.models import JobRun
from shop.watch.runs import late


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when this process can reach the database; 503 otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ready": False}, status=503)
    return JsonResponse({"ready": True})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and cache answer and no job is late; else 503 with the names of what is wrong."""
    wrong: dict[str, object] = {}
    try:
        overdue = late(at=timezone.now())
        if not JobRun.objects.exists():
            # No clock was ever started here: without this, the silence of all jobs would be health.
            wrong["clockwork"] = "has never started"
        if overdue:
            wrong["late"] = {one.job: int(one.silent_for.total_seconds()) for one in overdue}
    except DatabaseError:
        wrong["database"] = "does not answer"
    try:
        cache.set("healthz", 1, timeout=5)
    except Exception:
        wrong["cache"] = "does not answer"
    return JsonResponse({"healthy": not wrong, **wrong}, status=503 if wrong else 200)
