"""Extending: the next terms that paid renewals become, for any number of subscriptions at once.

The day is R, the copies follow the last one that is owed, and the amount is the one that was announced. What is sold by
an order is decided in `subscriptions.opening`; both are added by `subscriptions.adding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Invoice, Payment, VatRate
from payments.vat import VatTreatment, VatZone, treatment
from subscriptions.adding import Sold, add
from subscriptions.beginning import calendars
from subscriptions.buyers import Buyer, buyers_of
from subscriptions.models import Subscription, Term
from subscriptions.moving import move
from subscriptions.offers.catalogue import dates_of
from subscriptions.papers import invoice_sold
from subscriptions.prolonging import issues_from, next_issue, promised_by
from subscriptions.renewals.calendar import next_term


@dataclass(frozen=True, slots=True)
class Extension:
    """One paid next term. `subscription`: its locked row, with offer, magazine and the recipient's address.

    `number` and `renews_on`: which term, and R, its first day. `amount`: Money incl. VAT, what was paid.
    """

    subscription: Subscription
    number: int
    renews_on: date
    payment: Payment
    amount: Any


@dataclass(frozen=True, slots=True)
class Extended:
    """What one extension became."""

    term: Term
    invoice: Invoice


class NoBuyer(LookupError):
    """Nobody can be named on the invoice: an imported subscription whose payer has no name; it is not charged before."""


def extend(rows: Sequence[Extension], *, actor: Actor, at: datetime) -> list[Extended]:
    """Add the next terms, in the order given, inside the transaction that settles their payments.

    The caller holds the locks (payment → renewal → subscription) and has seen that no such term exists; the database
    refuses a second one. Side effects: terms, copies with their movements, subscriptions active again, invoices with
    their entries; numbers of invoices are taken last. Queries do not grow with the number of rows. Raises NoRate or
    NoBuyer: the payment is then parked by whoever settles it.
    """
    if not rows:
        return []
    sold = _sold(rows, on=paris_day(at))
    terms = add(sold, actor=actor, at=at)
    asleep = [row.subscription for row in rows if row.subscription.state != Subscription.State.ACTIVE]
    move(asleep, Subscription.State.ACTIVE, actor=actor, at=at, reason="the next term is paid")
    invoices = invoice_sold(sold, actor=actor, at=at)
    return [Extended(term, invoice) for term, invoice in zip(terms, invoices, strict=True)]


def _sold(rows: Sequence[Extension], *, on: date) -> list[Sold]:
    """As the terms and invoices state them: the calendar of today, and the VAT of where the copies go. Four queries, six with imports."""
    promised = promised_by([row.subscription for row in rows])
    shelf = calendars({row.subscription.magazine_id for row in rows})
    rates = list(VatRate.objects.all())
    subscriptions = [row.subscription for row in rows]
    buyers = buyers_of(subscriptions, orders={key: one.order_id for key, one in promised.items()})
    sold = []
    for row in rows:
        subscription, before = row.subscription, promised[row.subscription.pk]
        buyer = buyers.get(subscription.pk)
        if buyer is None:
            raise NoBuyer(f"subscription {subscription.pk} was ordered by nobody, and its payer has no name")
        issues = shelf[subscription.magazine_id]
        first = next_issue(before, map(dates_of, issues), on=on, goes_on=True)
        # Whoever receives at home is invoiced where they live now; the giver of a gift where they ordered.
        own = subscription.recipient.customer_id == subscription.payer_id
        sold.append(
            Sold(
                subscription=subscription,
                number=row.number,
                dates=next_term(before.starts, row.renews_on),
                first=first,
                issues=issues_from(first, issues, copies=subscription.offer.copies, promised=before),
                offer=subscription.offer,
                amount=row.amount,
                vat=_treatment(row, buyer, rates),
                payment=row.payment,
                buyer=buyer,
                home=subscription.recipient.address if own else buyer.delivery,
            )
        )
    return sold


def _treatment(row: Extension, buyer: Buyer, rates: Sequence[VatRate]) -> VatTreatment:
    """VAT by the recipient's address on the day the money came (law.md 1.3, 1.5).

    The announced total stands when the reader has moved; HT and VAT follow the zone (design, section 6).
    """
    if row.payment.received_on is None:
        raise ValueError(f"payment {row.payment.pk} has not been received")
    return treatment(
        zone=VatZone(row.subscription.recipient.address.vat_zone),
        buyer_kind=buyer.buyer_kind,
        vat_number_valid=False,
        on=row.payment.received_on,
        rows=rates,
        category=row.subscription.offer.vat_category,
    )
