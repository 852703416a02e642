"""Giving an order back in full: credit note, copies taken back, subscription ended, refund queued; one transaction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments import refunds
from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.disputes import NO_REFUND, is_disputed
from payments.invoicing.issuing import credit_rest, left_of, standing_invoice
from payments.models import Invoice, Payment, Refund
from subscriptions.gifts.carried import lock_where_served
from subscriptions.gifts.giving import take_back
from subscriptions.models import Entitlement, Order, Renewal, Subscription, Term, TermUndone
from subscriptions.moving import COMING, GONE, move, move_copies
from subscriptions.renewals.looking import look_again
from subscriptions.singles.giving_back import take_back_whole
from subscriptions.singles.selling import is_single
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.unserved import send_back


class CannotRefund(ValidationError):
    """The order cannot be given back now; the message is a sentence for staff."""


@transaction.atomic
def refund_in_full(order: Order, *, reason: str, actor: Actor, at: datetime) -> Refund | None:
    """Take a paid order back whole (law.md 4.4, 6.3) and give back all that was paid, or what earlier partial refunds left
    of it: through the original charge, or by transfer where Stripe cannot any more; then None.

    Copies not yet in a file are void; served ones keep their state, their revenue is taken back by the credit note. No
    further year is charged, and the subscription ends, unless the order prolonged it and an earlier term still runs. The
    letter goes out when Stripe says that the money went back. Raises CannotRefund with a sentence: not paid, already
    refunded, no reason given, a dispute open, or copies in a file that is on its way.
    """
    if not reason.strip():
        raise CannotRefund(_("Please say why this order is refunded."), code="no_reason")
    payment = (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .filter(subject=order.subject, state=Payment.State.SUCCEEDED, surplus=False)
        .first()
    )
    locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if payment is None or locked.state != Order.State.PAID:
        raise CannotRefund(_("This order is not paid: there is nothing to refund."), code="not_paid")
    if is_single(locked):
        return take_back_whole(locked, reason=reason, actor=actor, at=at)
    _refuse_disputed(payment)
    term = Term.objects.get(order=locked)
    list(Renewal.objects.select_for_update(no_key=True).filter(subscription=term.subscription_id).order_by("pk"))
    if locked.is_gift:
        lock_where_served([term.subscription_id])
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=term.subscription_id)
    # A gift that goes on at the end of its recipient's own subscription is served there.
    terms = [term, *(Term.objects.filter(carries__sold=term) if subscription.is_gift else [])]
    copies = list(Entitlement.objects.select_for_update(no_key=True).filter(term__in=terms).order_by("term", "rank"))
    if any(copy.state == Entitlement.State.ASSIGNED for copy in copies):
        raise CannotRefund(
            _("A copy is in a mailing file that is not posted yet. Refund the order once it is."), code="assigned"
        )
    unserved = [copy for copy in copies if copy.state in (Entitlement.State.OWED, Entitlement.State.HELD)]
    invoice = standing_invoice(payment.pk)
    if invoice is None:
        raise Invoice.DoesNotExist(order.subject)
    left = left_of(invoice)
    if not left:
        raise CannotRefund(_("This order is already refunded."), code="already")
    if refunds.left_of(payment) < left:
        raise CannotRefund(
            _("The bank has taken part of this payment back: give back the rest as a part of it."), code="bank"
        )
    today = paris_day(at)
    move_copies(unserved, "void", on=today, actor=actor, at=at, reason=reason)
    for one in terms:
        undo(one, actor=actor, at=at, reason=reason)
    stop_renewing(subscription, actor=actor, at=at, reason=reason)
    if not still_runs(subscription, but=term, on=today):
        move([subscription], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    take_back(subscription, actor=actor, at=at, reason=reason)
    record_act("refunded in full", subject=order.subject, actor=actor, at=at, reason=reason)
    note = credit_rest(
        invoice,
        reason=reason,
        unserved_ht=sum((copy.value_ht for copy in unserved), Decimal("0.00")),
        on=today,
        actor=actor,
        at=at,
    )
    return send_back(payment, amount=left, credit_note=note, reason=reason, actor=actor, at=at)


def undo(term: Term, *, actor: Actor, at: datetime, reason: str) -> None:
    """Write down that a term of a locked subscription was taken back whole: its days are free for another. Once.

    The term before ends as it would have: what the sweeps had noted for the last day of this one comes too late for it.
    """
    row = TermUndone(term=term, actor=str(actor), reason=reason[:300], at=at)
    TermUndone.objects.bulk_create([row], ignore_conflicts=True)
    look_again([term.subscription_id])


def still_runs(subscription: Subscription, *, but: Term, on: date) -> bool:
    """Whether another term of it still has days to run or copies to send. One query."""
    others = Entitlement.objects.filter(term__subscription=subscription, term__undone=None).exclude(term=but)
    others = others.exclude(state__in=GONE)
    return others.filter(Q(term__ends_on__gte=on) | Q(state__in=COMING)).exists()


def _refuse_disputed(payment: Payment) -> None:
    if is_disputed([payment]):
        raise CannotRefund(NO_REFUND, code="disputed")
