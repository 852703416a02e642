"""COPIES, as far as circulation goes: what was counted of an issue is what was posted of it, line for line."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, F, Q, Sum

from payments.audit import CHUNK, Breaches
from subscriptions.figures.taking import hash_of
from subscriptions.models import Circulation, CirculationCount, CountedCopy, Dispatch, Issue, MailingRun

SUMS = ("klass", "band", "zone", "offer_id", "code", "lines", "copies", "paid", "reference", "least_percent")


def figures_are_true(at: datetime) -> Breaches:
    """COPIES: every posted run is counted once, its issue's figures add up to its dispatches, and no count was changed."""
    posted = MailingRun.objects.filter(state=MailingRun.State.POSTED)
    for key in posted.filter(circulation=None).values_list("pk", flat=True).iterator(CHUNK):
        yield f"run:{key}", "posted, and not counted"
    for one in Circulation.objects.filter(run__isnull=False).exclude(copies=F("run__copies")).iterator(CHUNK):
        yield f"run:{one.run_id}", f"{one.copies} copies counted of another number posted"
    sent = dict(posted.order_by().values("issue").annotate(sent=Sum("copies")).values_list("issue", "sent"))
    counts = CirculationCount.objects.order_by().values("circulation__issue").annotate(counted=Sum("copies"))
    counted = dict(counts.values_list("circulation__issue", "counted"))
    for issue in Issue.objects.filter(pk__in={*sent, *counted}).values_list("pk", flat=True):
        if sent.get(issue, 0) != counted.get(issue, 0):
            yield f"issue:{issue}", f"{sent.get(issue, 0)} copies posted, its figures say {counted.get(issue, 0)}"
    yield from _lines()
    yield from _changed()


def _lines() -> Breaches:
    """Each posted line stands in one class, with all its copies."""
    rows = CountedCopy.objects.order_by().values("dispatch").annotate(n=Sum("copies"), many=Count("pk"))
    for row in rows.exclude(n=F("dispatch__copies")).iterator(CHUNK):
        yield f"dispatch:{row['dispatch']}", f"counted as {row['n']} copies"
    lost = Dispatch.objects.filter(run__state=MailingRun.State.POSTED, counted=None)
    for key in lost.filter(~Q(run__circulation=None)).values_list("pk", flat=True).iterator(CHUNK):
        yield f"dispatch:{key}", "posted with a run that was counted, and not counted itself"


def _changed() -> Breaches:
    sums: dict[int, list[dict[str, object]]] = {}
    for row in CirculationCount.objects.values("circulation", *SUMS).iterator(CHUNK):
        sums.setdefault(row.pop("circulation"), []).append(row)
    for one in Circulation.objects.iterator(CHUNK):
        if hash_of(sums.get(one.pk, [])) != one.sha256:
            yield f"circulation:{one.pk}", "does not hold the figures any more that were counted"
