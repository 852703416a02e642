"""Cancelling what an institution ordered: what was not served is credited; what it had paid of it goes back by transfer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.invoicing.open_items import ZERO, open_item, standing_bill
from payments.models import Invoice
from subscriptions.models import Entitlement, Order, Subscription, Term
from subscriptions.moving import move
from subscriptions.refunding import still_runs, undo
from subscriptions.stopping.choosing import stop_renewing
from subscriptions.stopping.reading import UNSERVED, Contract, contract_of, unserved_price
from subscriptions.stopping.unserved import GivenBack, give_back_unserved

Copy = Entitlement.State


class CannotCancel(ValidationError):
    """The order cannot be cancelled now; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What cancelling would do: copies and euros taken off the invoice, and what would go back."""

    invoice: Invoice
    copies: int
    credited: Decimal
    back: Decimal
    left: Decimal


def foresee(order: Order) -> Foreseen:
    """What cancelling an order would do now. Raises CannotCancel."""
    contract = contract_of(order=order.pk)
    term, bill = _term(contract, order), _bill(order)
    copies = [copy for copy in contract.of_term(term) if copy.state in UNSERVED]
    if not copies:
        raise CannotCancel(_("Every copy of this order was sent: there is nothing to cancel."), code="served")
    credited = unserved_price(term, contract.of_term(term))
    left = open_item(bill).left - credited
    return Foreseen(bill, len(copies), credited, back=max(-left, ZERO), left=max(left, ZERO))


@transaction.atomic
def cancel(order: Order, *, reason: str, actor: Actor, at: datetime) -> GivenBack | None:
    """Take an institution's order back: copies not yet in a file are credited, a copy in a file is still sent.

    The term is undone where nothing of it was served; the subscription ends unless an earlier term still runs. Raises
    CannotCancel.
    """
    if not reason.strip():
        raise CannotCancel(_("Please say why this order is cancelled."), code="no_reason")
    contract = contract_of(order=order.pk, lock=True)
    if contract.promise is None:
        raise CannotCancel(_("This order was not invoiced to an institution."), code="not_billed")
    term = _term(contract, order)
    _bill(order)
    # No payment stands behind it: a dispute about another year does not concern it.
    if not any(copy.state in UNSERVED for copy in contract.of_term(term)):
        raise CannotCancel(_("Every copy of this order was sent: there is nothing to cancel."), code="served")
    kept = any(copy.state in (Copy.ASSIGNED, Copy.SERVED) for copy in contract.of_term(term))
    subscription = contract.promise
    given = give_back_unserved(
        replace(contract, terms=[term], payments=(), givers=()), reason=reason, actor=actor, at=at
    )
    stop_renewing(subscription, actor=actor, at=at, reason=reason)
    if not kept:
        undo(term, actor=actor, at=at, reason=reason)
    if not still_runs(subscription, but=term, on=paris_day(at)):
        move([subscription], Subscription.State.ENDED, actor=actor, at=at, reason=reason)
    record_act("cancelled an institution's order", subject=order.subject, actor=actor, at=at, reason=reason)
    return given[0] if given else None


def _term(contract: Contract, order: Order) -> Term:
    term = next((one for one in contract.terms if one.order_id == order.pk), None)
    if term is None or term.payment_id is not None:
        raise CannotCancel(_("This order was not invoiced to an institution."), code="not_billed")
    return term


def _bill(order: Order) -> Invoice:
    bill = standing_bill(order.subject)
    if bill is None:
        raise CannotCancel(_("This order was not invoiced to an institution."), code="not_billed")
    return bill
