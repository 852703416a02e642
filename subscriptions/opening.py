"""Opening: what paid orders become. Subscription, term 1, its copies, its invoice and its letter, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.functions import Lower

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Payment
from payments.vat import copies_value, split
from subscriptions.beginning import calendars, first_of
from subscriptions.calendar import TermDates, term_dates
from subscriptions.models import (
    Issue,
    Order,
    Recipient,
    Subscription,
    SubscriptionEvent,
    Term,
)
from subscriptions.offers.catalogue import dates_of
from subscriptions.orders.names import recipient_name
from subscriptions.papers import confirm_opened, invoice_opened
from subscriptions.references import subscriber_number


@dataclass(frozen=True, slots=True)
class Opened:
    """What one paid order became."""

    order: Order
    payment: Payment
    first: Issue
    issues: Sequence[Issue]
    subscription: Subscription
    term: Term


def open_paid(
    paid: Sequence[tuple[Order, Payment]], *, actor: Actor, at: datetime
) -> tuple[list[Opened], list[tuple[Order, Payment]]]:
    """Open a subscription for each paid order; returns what was opened and what cannot be served any more.

    Runs inside the transaction that settles the payments, whose orders are locked. Sets `order.customer` in memory; the
    caller saves. Queries do not grow with the number. Numbers of invoices are taken last.
    """
    every = calendars({order.offer.magazine_id for order, _payment in paid})
    servable: list[tuple[Order, Payment, Issue]] = []
    refused: list[tuple[Order, Payment]] = []
    for order, payment in paid:
        issues = every[order.offer.magazine_id]
        first = first_of(order, payment, issues, on=paris_day(at))
        if first is None:
            refused.append((order, payment))
        else:
            servable.append((order, payment, first))
    if not servable:
        return [], refused
    _give_customers([order for order, _payment, _first in servable], at=at)
    opened = _open([(*row, every[row[0].offer.magazine_id]) for row in servable], actor=actor, at=at)
    _grant(opened, actor=actor, at=at)
    invoices = invoice_opened(opened, actor=actor, at=at)
    confirm_opened(opened, invoices, at=at)
    return opened, refused


def _give_customers(orders: Sequence[Order], *, at: datetime) -> None:
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


def _open(rows: Sequence[tuple[Order, Payment, Issue, list[Issue]]], *, actor: Actor, at: datetime) -> list[Opened]:
    recipients = Recipient.objects.bulk_create(
        [
            Recipient(customer_id=order.customer_id, name=recipient_name(order), address=order.delivery)
            for order, _payment, _first, _issues in rows
        ]
    )
    numbers = _next_ids(len(rows))
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(
                pk=key,
                number=subscriber_number(key),
                magazine_id=order.offer.magazine_id,
                payer_id=order.customer_id,
                holder_id=order.customer_id,
                recipient=recipient,
                renewal=order.offer.renewal,
                offer=order.offer,
                saved_method=payment.saved_method,
                state=Subscription.State.ACTIVE,
                state_since=at,
                created_at=at,
            )
            for key, recipient, (order, payment, _first, _issues) in zip(numbers, recipients, rows, strict=True)
        ]
    )
    SubscriptionEvent.objects.bulk_create(
        [
            SubscriptionEvent(
                subscription=subscription,
                from_state=Subscription.State.PENDING,
                to_state=Subscription.State.ACTIVE,
                actor=str(actor),
                reason=f"order {order.reference} paid",
                at=at,
            )
            for subscription, (order, *_rest) in zip(subscriptions, rows, strict=True)
        ]
    )
    terms = Term.objects.bulk_create(
        [
            _term(
                order,
                payment,
                subscription,
                dates=term_dates(dates_of(first), ordered_on=paris_day(order.placed_at)),
                at=at,
            )
            for subscription, (order, payment, first, _issues) in zip(subscriptions, rows, strict=True)
        ]
    )
    return [
        Opened(
            order=order,
            payment=payment,
            first=first,
            issues=[row for row in issues if row.number >= first.number][: order.offer.copies],
            subscription=term.subscription,
            term=term,
        )
        for term, (order, payment, first, issues) in zip(terms, rows, strict=True)
    ]


def _term(order: Order, payment: Payment, subscription: Subscription, *, dates: TermDates, at: datetime) -> Term:
    return Term(
        subscription=subscription,
        number=1,
        order=order,
        payment=payment,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        copies=order.offer.copies,
        amount=order.amount,
        amount_ht=split(order.amount.amount, order.vat_rate)[0],
        vat_zone=order.vat_zone,
        vat_rate=order.vat_rate,
        created_at=at,
    )


def _next_ids(count: int) -> list[int]:
    """Ids from the table's own sequence, so that the number on the label is known before the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('subscriptions_subscription', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return sorted(row[0] for row in cursor.fetchall())


# A copy is owed by the movement that grants it: one statement writes both.
GRANT = """
WITH granted AS (
    INSERT INTO subscriptions_entitlement (term_id, rank, issue_id, value_ht, state)
    SELECT term_id, rank, issue_id, value_ht, 'owed'
    FROM jsonb_to_recordset(%(copies)s::jsonb) AS copy(term_id bigint, rank integer, issue_id bigint, value_ht numeric)
    ORDER BY term_id, rank
    RETURNING id, issue_id
)
INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, "on", at)
SELECT id, 'grant', issue_id, %(actor)s, '', %(on)s, %(at)s FROM granted ORDER BY id
"""


def _grant(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """Each copy of each term, worth left(k−1) − left(k) (law.md 6.3); copies of issues not planned yet wait for theirs."""
    copies = [
        {
            "term_id": one.term.pk,
            "rank": rank,
            "issue_id": one.issues[rank - 1].pk if rank <= len(one.issues) else None,
            "value_ht": str(value),
        }
        for one in opened
        for rank, value in enumerate(
            copies_value(one.order.amount.amount, one.order.offer.copies, one.order.vat_rate), start=1
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(GRANT, {"copies": json.dumps(copies), "actor": str(actor), "on": paris_day(at), "at": at})
