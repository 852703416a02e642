"""Adding: the one way in which a term comes to be, be it the first, one bought by an order, or a renewal.

Who sells decides (`subscriptions.opening` for orders, `subscriptions.renewals.extending` for renewals): from when to when,
from which copy on, at which VAT. Here it becomes a term with its copies, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.actors import Actor
from payments.models import Payment
from payments.saving import insert_all
from payments.vat import VatTreatment, split
from subscriptions.buyers import Buyer
from subscriptions.calendar import TermDates
from subscriptions.granting import grant
from subscriptions.models import Issue, Offer, Order, PostalAddress, PurchaseOrder, Subscription, Term
from subscriptions.models.promise import term_subject


@dataclass(frozen=True, slots=True)
class Sold:
    """One term paid for, or invoiced to an institution, as its row, its copies and its invoice state it.

    `first`: number of the first copy, which may not be planned yet; None while nobody can know it. `issues`: those of its
    copies that are planned, in order. `amount`: Money incl. VAT. `buyer`: whom the invoice names; `order`:
    the one that is paid with it, None for a renewal. `home`: where the copies go, which is the buyer's own address unless
    the order has another for the invoice. `quantity`: copies of each issue; `amount` is that of all of them. `paper`: the
    institution's, where it is invoiced before it is paid; `payment` is None then.
    """

    subscription: Subscription
    number: int
    dates: TermDates
    first: int | None
    issues: Sequence[Issue]
    offer: Offer
    amount: Any
    vat: VatTreatment
    payment: Payment | None
    buyer: Buyer
    home: PostalAddress
    order: Order | None = None
    quantity: int = 1
    paper: PurchaseOrder | None = None

    @property
    def subject(self) -> str:
        """Whose invoice it is: the order's, or the term's own."""
        return self.order.subject if self.order else term_subject(self.subscription.pk, self.number)

    @property
    def customer_id(self) -> int | None:
        """Whom it is invoiced to: who ordered, or whose renewal was paid."""
        if self.order is not None:
            return self.order.customer_id
        return self.payment.customer_id if self.payment else None


def add(sold: Sequence[Sold], *, actor: Actor, at: datetime) -> list[Term]:
    """Add the terms with their copies, in the order given. Two statements, however many.

    Inside the transaction that settles the payments: the caller holds the locks (payment → order or renewal →
    subscription); the database refuses a term that exists already, or overlaps another.
    """
    terms = [_term(one, at=at) for one in sold]
    insert_all(terms)
    grant([(term, one.issues) for term, one in zip(terms, sold, strict=True)], actor=actor, at=at)
    return terms


def _term(one: Sold, *, at: datetime) -> Term:
    return Term(
        subscription=one.subscription,
        number=one.number,
        order=one.order,
        payment=one.payment,
        starts_on=one.dates.starts_on,
        ends_on=one.dates.ends_on,
        copies=one.offer.copies,
        quantity=one.quantity,
        amount=one.amount,
        amount_ht=split(one.amount.amount, one.vat.rate)[0],
        vat_zone=one.vat.zone,
        vat_rate=one.vat.rate,
        created_at=at,
    )
