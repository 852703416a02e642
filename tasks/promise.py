"""Jobs of the middle floor: letters and documents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.db import connection
from django.utils import timezone

from payments.invoicing import rendering
from shop.watch.runs import running
from subscriptions.notices import delivering, recovering

log = structlog.get_logger(__name__)
BATCH = 20


class NotRendered(RuntimeError):
    """An invoice cannot be set. The others were; the alarm of the job tells of this one."""


@contextmanager
def alone(job: str) -> Iterator[bool]:
    """Whether nobody else is at `job`. PostgreSQL's own lock: it ends with the connection of whoever held it."""
    (first,) = _ask("SELECT pg_try_advisory_lock(hashtext(%s))", job)
    try:
        yield first
    finally:
        if first:
            _ask("SELECT pg_advisory_unlock(hashtext(%s))", job)


def _ask(query: str, job: str) -> tuple[bool]:
    with connection.cursor() as cursor:
        cursor.execute(query, [job])
        answer: tuple[bool] = cursor.fetchone()
        return answer


@shared_task(name="letters")
def letters() -> None:
    """One run at a time: a mail server that hangs may hold one child of the worker for minutes, never all of them."""
    with alone("letters") as first:
        if first:
            _letters()


def _letters() -> None:
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
