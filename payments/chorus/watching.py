"""What is to be deposited, and what on its way wants somebody: the rows of new invoices, and the desk.

Every public body takes its invoices through Chorus Pro (compulsory since 1 January 2020). A row is made for each document of
one, by a sweep: issuing an invoice does not wait for it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Q

from payments.actors import Actor
from payments.chorus.moving import WRONG
from payments.days import PARIS
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import ChorusDeposit, DeskItem, Invoice
from payments.vat import BuyerKind

LATE, TROUBLE = "chorus_late", "chorus_trouble"
State = ChorusDeposit.State


def begin(*, at: datetime, limit: int) -> int:
    """Make the rows of documents of public bodies that have none, up to `limit`; returns how many. Safe to repeat."""
    wanted = Invoice.objects.filter(buyer_kind=BuyerKind.PUBLIC_FR, chorus=None).order_by("pk")
    rows = [ChorusDeposit(invoice_id=key, state_since=at) for key in wanted.values_list("pk", flat=True)[:limit]]
    ChorusDeposit.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def watch(*, on: date, at: datetime, actor: Actor) -> int:
    """Put on finance's desk what waits for its deposit for too long or came into trouble, take off what does not any more.

    Returns how many matters there are. `settings.CHORUS_DAYS`: how long a deposit may wait. Safe to repeat.
    """
    oldest = datetime.combine(on - timedelta(days=settings.CHORUS_DAYS), time(0), tzinfo=PARIS)
    found = {
        LATE: {
            one.subject: f"La facture {one.invoice.reference} attend son dépôt dans Chorus Pro."
            for one in _with_invoice(Q(state=State.TO_DEPOSIT, invoice__issued_on__lte=oldest.date()))
        },
        TROUBLE: {one.subject: _trouble(one) for one in _with_invoice(Q(state__in=WRONG))},
    }
    for kind, sentences in found.items():
        put_all_on_desk(DeskItem.Desk.FINANCE, kind=kind, sentences=sentences, at=at)
        standing = DeskItem.objects.filter(kind=kind, closed_at=None).values_list("subject", flat=True)
        over = sorted(set(standing) - sentences.keys())
        if over:
            take_all_off_desk(kind=kind, subjects=over, because="moved on in Chorus Pro", actor=actor, at=at)
    return sum(map(len, found.values()))


def _with_invoice(which: Q) -> list[ChorusDeposit]:
    return list(ChorusDeposit.objects.filter(which).select_related("invoice").order_by("pk"))


def _trouble(one: ChorusDeposit) -> str:
    number = one.invoice.reference
    if one.state == State.SUSPENDED:
        return f"La facture {number} est suspendue dans Chorus Pro : une pièce ou un numéro manque."
    if one.state == State.RECYCLED:
        return (
            f"La facture {number} est à recycler dans Chorus Pro : elle est à déposer de nouveau, au bon destinataire."
        )
    return f"La facture {number} est rejetée dans Chorus Pro : un avoir et une nouvelle facture sont nécessaires."
