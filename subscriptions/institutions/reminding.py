"""Invoices that nobody has paid by their day: on finance's desk the day after, reminded twice, and off it once they are paid.

Sums that the law adds for firms are named in the letter and charged by nobody but a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction

from payments.actors import Actor
from payments.desk import put_all_on_desk, record_act, take_all_off_desk
from payments.invoicing.open_items import still_open
from payments.models import DeskItem, Invoice
from payments.money import eur, french
from subscriptions.calendar import RULES
from subscriptions.institutions.receiving import order_of
from subscriptions.models import Notice, Term
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.notices.whom import reader_by_now
from subscriptions.stopping.reading import stopped_and_waiting

OVERDUE, LETTER = "invoice_overdue", "invoice_overdue"


def remind_overdue(*, on: date, at: datetime, actor: Actor, limit: int) -> int:
    """Put what is overdue on day `on` (Paris) on finance's desk, queue the reminders that are due, take off what is paid.

    Returns how many letters were queued, up to `limit`. Safe to run twice, late or in two places: one letter for each
    invoice and step, and after a standstill the latest step alone.
    """
    late = _without_withdrawn(still_open().filter(due_on__lt=on).order_by("due_on", "pk"))
    put_all_on_desk(
        DeskItem.Desk.FINANCE,
        kind=OVERDUE,
        sentences={f"invoice:{one.pk}": _sentence(one) for one in late},
        at=at,
    )
    _off_the_desk(late, actor=actor, at=at)
    due = [(one, step) for one in late if (step := _step(one, on=on)) is not None]
    matters = {_matter(one, step) for one, step in due}
    told = set(Notice.objects.filter(matter__in=matters).values_list("matter", flat=True))
    drafts = [_letter(one, step, at=at) for one, step in due if _matter(one, step) not in told][:limit]
    queue(drafts)
    return len(drafts)


@transaction.atomic
def remind_now(invoice: Invoice, *, reason: str, actor: Actor, at: datetime, on: date) -> None:
    """A colleague reminds of an open invoice out of turn; its next step comes as it would have."""
    days = (on - (invoice.due_on or invoice.issued_on)).days
    draft = _letter(invoice, days, at=at, matter=f"{LETTER}:invoice:{invoice.pk}:by-hand:{on.isoformat()}")
    queue([draft])
    record_act("reminded of an invoice", subject=f"invoice:{invoice.pk}", actor=actor, at=at, reason=reason)


def _without_withdrawn(late: Iterable[Invoice]) -> list[Invoice]:
    """Without those of whoever has withdrawn: their credit note only waits for a file to leave."""
    rows = list(late)
    orders = {one.pk: order_of(one) or 0 for one in rows}
    of_order = dict(Term.objects.filter(order__in=orders.values()).values_list("order", "subscription"))
    stopped = stopped_and_waiting(of_order.values())
    return [one for one in rows if of_order.get(orders[one.pk]) not in stopped]


def _step(invoice: Invoice, *, on: date) -> int | None:
    """The last step that has come, in days after the invoice's; None before the first."""
    since = (on - (invoice.due_on or invoice.issued_on)).days
    return max((days for days in RULES.invoice_reminded_days if days <= since), default=None)


def _matter(invoice: Invoice, days: int) -> str:
    return f"{LETTER}:invoice:{invoice.pk}:{days}"


def _letter(invoice: Invoice, days: int, *, at: datetime, matter: str = "") -> NoticeDraft:
    customer = reader_by_now(invoice.customer_id)
    return NoticeDraft(
        kind=LETTER,
        matter=matter or _matter(invoice, days),
        customer_id=customer.pk if customer else None,
        to_email=(customer.email or "") if customer else "",
        to_name=invoice.buyer_name,
        facts={"invoice_id": invoice.pk, "days": days, "first": min(RULES.invoice_reminded_days)},
        due_at=at,
        created_at=at,
    )


def _sentence(invoice: Invoice) -> str:
    left = eur(invoice.left)  # type: ignore[attr-defined]
    return (
        f"La facture {invoice.reference} ({invoice.buyer_name}) est échue : {french(left)} restent à payer, "
        f"à régler au {invoice.due_on:%d/%m/%Y}."
    )


def _off_the_desk(late: Sequence[Invoice], *, actor: Actor, at: datetime) -> None:
    still = {f"invoice:{one.pk}" for one in late}
    there = DeskItem.objects.filter(kind=OVERDUE, closed_at=None).values_list("subject", flat=True)
    over = [subject for subject in there if subject not in still]
    if over:
        take_all_off_desk(kind=OVERDUE, subjects=over, because="nothing is overdue any more", actor=actor, at=at)
