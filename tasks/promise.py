"""Jobs of the middle floor: letters, documents and renewals."""

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
from subscriptions.renewals import noticing, planning, proving, unproved
from subscriptions.stopping import following_up

log = structlog.get_logger(__name__)
BATCH = 20
# Renewals of one transaction: many in one statement, few enough that nobody waits long for their rows.
RENEWALS = 500


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


@shared_task(name="renewal-plan")
def renewal_plan() -> None:
    with running("renewal-plan") as summary:
        at = timezone.now()
        summary.text = f"{planning.plan(on=paris_day(at), at=at, actor=job('renewal-plan'), limit=RENEWALS)}"


@shared_task(name="renewal-notices")
def renewal_notices() -> None:
    with running("renewal-notices") as summary:
        at = timezone.now()
        summary.text = f"{noticing.notice(on=paris_day(at), at=at, limit=RENEWALS)}"


@shared_task(name="renewal-proofs")
def renewal_proofs() -> None:
    with running("renewal-proofs") as summary:
        at, actor = timezone.now(), job("renewal-proofs")
        proved = proving.prove(on=paris_day(at), at=at, actor=actor, limit=RENEWALS)
        lost = unproved.sort_out(on=paris_day(at), at=at, actor=actor, limit=RENEWALS)
        summary.text = f"{proved}, {lost}"


@shared_task(name="declarations")
def declarations() -> None:
    with running("declarations") as summary:
        at, actor = timezone.now(), job("declarations")
        closed = following_up.close_pages(actor=actor, at=at, limit=BATCH)
        given_back = following_up.give_back_waiting(actor=actor, at=at, limit=BATCH)
        summary.text = f"{closed} pages closed, {given_back} refunds that had waited"


@shared_task(name="refund-deadlines")
def refund_deadlines() -> None:
    with running("refund-deadlines") as summary:
        at = timezone.now()
        late = following_up.watch_deadlines(on=paris_day(at), actor=job("refund-deadlines"), at=at)
        summary.text = f"{late} refunds are late"
