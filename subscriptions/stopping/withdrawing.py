"""Withdrawing: the purchase is undone. Everything paid goes back, nothing more is sent or charged (law.md 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import put_on_desk
from payments.disputes import is_disputed
from payments.invoicing.issuing import AlreadyCredited
from payments.models import DeskItem, Invoice, Refund
from payments.refunds import NothingToRefund
from subscriptions.institutions.taking_back import take_back
from subscriptions.models import Declaration, Entitlement, Order, Subscription, Term
from subscriptions.models.gifts import CARRIED
from subscriptions.moving import move, move_copies
from subscriptions.orders.moving import move as move_orders
from subscriptions.refunding import CannotRefund, refund_in_full, undo
from subscriptions.singles.giving_back import hold_unsent, take_back_unsent
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.effects import Code
from subscriptions.stopping.reading import Contract, bill_of, terms_withdrawn, undone_since
from subscriptions.stopping.saying import orders_named
from subscriptions.stopping.unserved import Disputed, give_back_unserved

Copy = Entitlement.State
REASON = "withdrawal"
#: Money that the machine cannot give back by itself.
CANNOT = (CannotRefund, AlreadyCredited, NothingToRefund, Disputed, Invoice.DoesNotExist)


def stop_for_withdrawal(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> Refund | None:
    """Carry out a withdrawal on a locked contract; returns its refund, None while it has to wait or where it goes by transfer.

    While a copy is in a file or the bank disputes the payment, the copies still owed are held, so that no further file
    takes them, and `give_back_all` is called again by the sweep.
    """
    reason = f"{REASON} {declaration.reference}"
    stop_renewing(contract.promise, actor=actor, at=at, reason=reason, declaration=declaration)
    terms = terms_undone(contract, declaration)
    if not must_wait(contract, declaration):
        try:
            with transaction.atomic():
                return give_back_all(contract, declaration, actor=actor, at=at)
        except CANNOT:
            leave_to_finance(declaration, at=at)
            for copy in contract.copies:
                copy.refresh_from_db(fields=["state"])
    owed = [copy for term in terms for copy in contract.of_term(term) if copy.state == Copy.OWED]
    move_copies(owed, "hold", on=paris_day(at), actor=actor, at=at, reason=reason)
    return None


def leave_to_finance(declaration: Declaration, *, at: datetime) -> None:
    """What was declared stands; a person gives the money back."""
    put_on_desk(
        DeskItem.Desk.FINANCE,
        kind="refund_by_hand",
        subject=f"declaration:{declaration.pk}",
        sentence=f"{declaration.reference} : le remboursement n’a pas pu être préparé, à faire à la main.",
        at=at,
    )


def terms_undone(contract: Contract, declaration: Declaration) -> Sequence[Term]:
    """All of them where a person gives everything back, else those of the order named, or of those still open on its receipt.

    Without those that were undone since: none where nothing is left to do.
    """
    if declaration.effect == Code.GOODWILL:
        return contract.terms
    since = declaration.received_at
    terms = terms_withdrawn(contract, on=paris_day(since), orders=orders_named(declaration), since=since)
    return [term for term in terms if not undone_since(term, since)]


def must_wait(contract: Contract, declaration: Declaration) -> bool:
    """Whether money cannot go back yet: a copy is in a file that is not posted, or the bank disputes a payment."""
    terms = terms_undone(contract, declaration)
    copies = [copy for term in terms for copy in contract.of_term(term)]
    payments = contract.money if any(term.source == CARRIED for term in terms) else contract.payments
    return is_disputed(payments) or any(copy.state == Copy.ASSIGNED for copy in copies)


def give_back_all(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> Refund | None:
    """What is undone goes back: its first order whole, what was bought after it too. The contract ends, unless a term that
    was paid before still runs. Returns the refund, None where the money goes by transfer or nothing was paid.
    """
    reason = f"rétractation {declaration.reference}"
    undone = terms_undone(contract, declaration)
    later = replace(contract, order=None, terms=undone[1:])
    if not any(term.source == CARRIED for term in undone):
        later = replace(later, givers=())
    give_back_unserved(later, reason=reason, actor=actor, at=at)
    for term in undone[1:]:
        undo(term, actor=actor, at=at, reason=reason)
    bill = bill_of(undone[0])
    if bill is not None:
        take_back(contract, undone[0], bill, reason=reason, actor=actor, at=at)
        refund = None
    else:
        refund = refund_in_full(undone[0].order or contract.wish, reason=reason, actor=actor, at=at)
    subscription = Subscription.objects.get(pk=contract.promise.pk)
    if len(undone) == len(contract.terms) and subscription.state != Subscription.State.ENDED:
        move([subscription], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    return refund


def cancel_order(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> None:
    """An order that is not paid is over. Its payment page is closed by the sweep; what is paid all the same goes back."""
    move_orders(
        [contract.wish], Order.State.CANCELLED, actor=actor, at=at, reason=f"{declaration.kind} {declaration.reference}"
    )


def cancel_singles(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> Refund | None:
    """What has not left of an order of past issues does not leave; returns its refund, None where it goes by transfer."""
    reason = f"annulation {declaration.reference}"
    return take_back_unsent(contract.wish, reason=reason, actor=actor, at=at)


def hold_singles(contract: Contract, declaration: Declaration, *, actor: Actor, at: datetime) -> None:
    """The same while the bank disputes the payment: nothing leaves, and the sweep takes it back once that has ended."""
    hold_unsent(contract.wish, reason=f"annulation {declaration.reference}", actor=actor, at=at)
