"""Jobs of the middle floor: letters and documents."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from payments.invoicing import rendering
from shop.watch.runs import running
from subscriptions.notices import delivering, recovering

BATCH = 20


@shared_task(name="letters")
def letters() -> None:
    with running("letters") as summary:
        recovered = recovering.recover(at=timezone.now())
        delivered = delivering.deliver(BATCH, at=timezone.now())
        summary.text = f"{delivered}, recovered {recovered}"


@shared_task(name="invoice-documents")
def invoice_documents() -> None:
    with running("invoice-documents") as summary:
        waiting = rendering.pending(BATCH)
        for invoice in waiting:
            rendering.render(invoice, at=timezone.now())
        summary.text = f"{len(waiting)} documents"
