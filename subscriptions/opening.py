"""Opening: what orders become once they are paid, or invoiced to an institution. A subscription or its next term, its copies,
its invoice and its letter, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.functions import Lower

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Payment
from payments.vat import VatTreatment, VatZone
from subscriptions.adding import Sold, add
from subscriptions.beginning import calendars, first_of
from subscriptions.calendar import TermDates, term_dates, year_dates
from subscriptions.gifts.giving import given, receiving_already
from subscriptions.models import (
    Issue,
    Order,
    PurchaseOrder,
    Recipient,
    Subscription,
    SubscriptionEvent,
    Term,
)
from subscriptions.offers.catalogue import dates_of
from subscriptions.orders.names import recipient_name
from subscriptions.papers import confirm_opened, invoice_sold
from subscriptions.prolonging import Held, Promised, issues_from, next_dates, next_issue
from subscriptions.references import subscriber_number
from subscriptions.renewing import lock_prolonged, renew


@dataclass(frozen=True, slots=True)
class Opened:
    """What one order became; `payment` is None where it is invoiced before it is paid."""

    order: Order
    payment: Payment | None
    subscription: Subscription
    term: Term


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one order is to become: term `number` of a new subscription, or of `prolongs`. `paper`: an institution's."""

    order: Order
    payment: Payment | None
    prolongs: Subscription | None
    number: int
    dates: TermDates
    first_number: int
    issues: Sequence[Issue]
    paper: PurchaseOrder | None = None


def open_paid(
    paid: Sequence[tuple[Order, Payment]], *, actor: Actor, at: datetime
) -> tuple[list[Opened], list[tuple[Order, Payment]]]:
    """Open a subscription for each paid order, or add the next term of the one it prolongs.

    Returns what was opened and what cannot be served any more. Runs inside the transaction that settles the payments,
    whose orders are locked; locks the renewals and subscriptions that are prolonged. Sets `order.customer` in memory; the
    caller saves. Queries do not grow with the number. Numbers of invoices are taken last.
    """
    every = calendars({order.offer.magazine_id for order, _payment in paid})
    held = lock_prolonged([order for order, _payment in paid])
    stretches: list[Stretch] = []
    refused: list[tuple[Order, Payment]] = []
    for order, payment in paid:
        stretch = _planned(order, payment, every[order.offer.magazine_id], held, on=paris_day(at))
        if stretch is None:
            refused.append((order, payment))
        else:
            stretches.append(stretch)
    if not stretches:
        return [], refused
    return _open(stretches, actor=actor, at=at), refused


def open_invoiced(order: Order, paper: PurchaseOrder, *, actor: Actor, at: datetime) -> Opened | None:
    """The same for an order that an institution pays against its invoice (law.md 3.4): served before it is paid.

    In the caller's transaction, which has locked the order and given it its customer. None if no issue is left to promise.
    """
    issues = calendars({order.offer.magazine_id})[order.offer.magazine_id]
    stretch = _planned(order, None, issues, lock_prolonged([order]), on=paris_day(at), paper=paper)
    return _open([stretch], actor=actor, at=at)[0] if stretch else None


def _open(stretches: Sequence[Stretch], *, actor: Actor, at: datetime) -> list[Opened]:
    give_customers([one.order for one in stretches], at=at)
    sold = _sold(stretches, actor=actor, at=at)
    opened = [
        Opened(one.order, one.payment, term.subscription, term)
        for one, term in zip(stretches, add(sold, actor=actor, at=at), strict=True)
    ]
    renew([one for one in opened if one.term.number > 1], actor=actor, at=at)
    given(opened, actor=actor, at=at)
    confirm_opened(opened, invoice_sold(sold, actor=actor, at=at), at=at)
    return opened


def _planned(
    order: Order,
    payment: Payment | None,
    issues: Sequence[Issue],
    held: dict[int, Held],
    *,
    on: date,
    paper: PurchaseOrder | None = None,
) -> Stretch | None:
    """The term of an order, noted in `held` for the next order that prolongs the same subscription.

    A term from January to December begins with the issue that was ordered, whatever else is open (law.md 7.6).
    """
    ordered_on = paris_day(order.placed_at)
    prolonged = held.get(order.renews_id or 0)
    if prolonged is None:
        first = first_of(order, payment, issues, on=on)
        if first is None:
            return None
        year = paper.calendar_year if paper else None
        dates = year_dates(year) if year else term_dates(dates_of(first), ordered_on=ordered_on)
        planned = issues_from(first.number, issues, copies=order.offer.copies)
        return Stretch(order, payment, None, 1, dates, first.number, planned, paper)
    promised = prolonged.promised
    number = _goes_on_with(order, payment, promised, issues, ordered_on=ordered_on, on=on)
    if number is None:
        return None
    known = next((dates_of(row) for row in issues if row.number == number), None)
    dates = next_dates(promised, known, ordered_on=ordered_on)
    planned = issues_from(number, issues, copies=order.offer.copies, promised=promised)
    after = promised.and_then(dates, first=number, copies=order.offer.copies, planned=planned)
    held[prolonged.subscription.pk] = replace(prolonged, promised=after)
    return Stretch(order, payment, prolonged.subscription, after.term, dates, number, planned, paper)


def _goes_on_with(
    order: Order, payment: Payment | None, promised: Promised, issues: Sequence[Issue], *, ordered_on: date, on: date
) -> int | None:
    """The number of the first issue of a term that is added; None if no issue can be promised any more."""
    if promised.goes_on(ordered_on):
        return next_issue(promised, map(dates_of, issues), on=on, goes_on=True)
    # Begins anew, as a first order does: the promised issue if it can still be had.
    first = first_of(order, payment, [row for row in issues if row.number > promised.last_number], on=on)
    return first.number if first else None


def give_customers(orders: Sequence[Order], *, at: datetime) -> None:
    """Each order's payer: the reader who was signed in, else the one of that e-mail, made on the first purchase."""
    customers: Any = get_user_model().objects
    wanted = {order.email: order for order in orders if order.customer_id is None}
    if not wanted:
        return
    customers.bulk_create(
        [
            customers.model(
                email=email,
                password="!",  # noqa: S106  # unusable: readers sign in with a code
                title=order.title,
                first_name=order.first_name,
                last_name=order.last_name,
                organisation=order.organisation,
                phone=order.phone,
                language=order.language,
                created_at=at,
            )
            for email, order in sorted(wanted.items())
        ],
        ignore_conflicts=True,
    )
    # An account may keep its e-mail as it was typed: two writings of one address are one reader.
    same = customers.annotate(lower=Lower("email")).filter(lower__in=wanted)
    found = {customer.lower: customer for customer in same}
    for order in orders:
        if order.customer_id is None:
            order.customer = found[order.email]


def _sold(stretches: Sequence[Stretch], *, actor: Actor, at: datetime) -> list[Sold]:
    """As the terms and invoices state them: everything as the order froze it. Begins the new subscriptions."""
    begun = iter(_begin([one for one in stretches if one.prolongs is None], actor=actor, at=at))
    return [
        Sold(
            subscription=one.prolongs or next(begun),
            number=one.number,
            dates=one.dates,
            first=one.first_number,
            issues=one.issues,
            offer=one.order.offer,
            amount=one.order.amount,
            vat=VatTreatment(VatZone(one.order.vat_zone), one.order.vat_rate, one.order.legal_mention),
            payment=one.payment,
            buyer=one.order,
            home=one.order.delivery,
            order=one.order,
            quantity=one.order.quantity,
            paper=one.paper,
        )
        for one in stretches
    ]


def _begin(stretches: Sequence[Stretch], *, actor: Actor, at: datetime) -> list[Subscription]:
    """A new subscription with its recipient for each, in the same order."""
    if not stretches:
        return []
    known = receiving_already([one.order for one in stretches])
    new = [one for one in stretches if one.order.pk not in known]
    recipients = Recipient.objects.bulk_create([_recipient(one) for one in new])
    receivers = {one.order.pk: (row, _holder(one)) for one, row in zip(new, recipients, strict=True)} | known
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(
                pk=key,
                number=subscriber_number(key),
                magazine_id=one.order.offer.magazine_id,
                payer_id=one.order.customer_id,
                holder_id=receivers[one.order.pk][1],
                recipient=receivers[one.order.pk][0],
                renewal=one.order.offer.renewal,
                offer=one.order.offer,
                is_gift=one.order.is_gift,
                on_invoice=one.paper is not None,
                agency_id=one.paper.agency.customer_id if one.paper and one.paper.agency else None,
                saved_method=None if one.order.is_gift or one.payment is None else one.payment.saved_method,
                state=Subscription.State.ACTIVE,
                state_since=at,
                created_at=at,
            )
            for key, one in zip(next_ids(len(stretches)), stretches, strict=True)
        ]
    )
    SubscriptionEvent.objects.bulk_create(
        [
            SubscriptionEvent(
                subscription=subscription,
                from_state=Subscription.State.PENDING,
                to_state=Subscription.State.ACTIVE,
                actor=str(actor),
                reason=f"order {one.order.reference} {'paid' if one.payment else 'invoiced'}",
                at=at,
            )
            for subscription, one in zip(subscriptions, stretches, strict=True)
        ]
    )
    return subscriptions


def _recipient(one: Stretch) -> Recipient:
    """Who receives: the buyer, or whoever they give it to, of whom nothing is known but a name and an address."""
    return Recipient(customer_id=_holder(one), name=recipient_name(one.order), address=one.order.delivery)


def _holder(one: Stretch) -> int | None:
    """Whose copies they are: nobody's account, for a gift that is not claimed yet; the institution's, whoever pays for it."""
    if one.paper is not None:
        return one.paper.institution_id
    return None if one.order.is_gift else one.order.customer_id


def next_ids(count: int) -> list[int]:
    """Ids from the table's own sequence, so that the number on the label is known before the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('subscriptions_subscription', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return sorted(row[0] for row in cursor.fetchall())
