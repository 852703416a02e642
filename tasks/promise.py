"""Jobs of the middle floor: letters, documents, and terms that end."""

from __future__ import annotations

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.utils import timezone

from payments.actors import job
from payments.days import paris_day
from payments.invoicing import rendering
from shop.watch.runs import running
from subscriptions.notices import delivering, recovering
from subscriptions.renewals.ending import end_fixed_terms
from subscriptions.renewals.reminding import remind

log = structlog.get_logger(__name__)
BATCH = 20
# Rows of the database only, many at a time; as many rounds as a day may bring.
ROWS, ROUNDS = 1000, 200


class NotRendered(RuntimeError):
    """An invoice cannot be set. The others were; the alarm of the job tells of this one."""


@shared_task(name="letters")
def letters() -> None:
    with running("letters") as summary:
        recovered = recovering.recover(at=timezone.now())
        delivered = delivering.deliver(BATCH, at=timezone.now())
        summary.text = f"{delivered}, recovered {recovered}"


@shared_task(name="invoice-documents")
def invoice_documents() -> None:
    with running("invoice-documents") as summary:
        rendered = failed = 0
        for invoice in rendering.pending(BATCH):
            try:
                rendering.render(invoice, at=timezone.now())
                rendered += 1
            except SoftTimeLimitExceeded:
                raise
            except Exception as trouble:
                failed += 1
                log.exception("not_rendered", invoice=invoice.reference, trouble=type(trouble).__name__)
        summary.text = f"{rendered} documents, {failed} failed"
        if failed:
            raise NotRendered(summary.text)


@shared_task(name="fixed-terms")
def fixed_terms() -> None:
    with running("fixed-terms") as summary:
        at, done = timezone.now(), 0
        for _round in range(ROUNDS):
            ended = end_fixed_terms(on=paris_day(at), at=at, actor=job("fixed-terms"), limit=ROWS)
            done += ended
            if not ended:
                break
        summary.text = f"{done} lapsed"


@shared_task(name="reminders")
def reminders() -> None:
    with running("reminders") as summary:
        at, done = timezone.now(), 0
        for _round in range(ROUNDS):
            queued = remind(on=paris_day(at), at=at, limit=ROWS)
            done += queued
            if not queued:
                break
        summary.text = f"{done} queued"
