"""Opening: what paid orders become. Subscription, term 1, its copies, its invoice and its letter, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from payments.actors import Actor
from payments.days import paris_day
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.models import Invoice, Payment
from payments.vat import BuyerKind, copies_value, split
from subscriptions.calendar import CalendarTooShort, TermDates, expected_sepa_settlement, first_issue, term_dates
from subscriptions.models import (
    Entitlement,
    EntitlementMovement,
    Issue,
    Order,
    Recipient,
    Subscription,
    SubscriptionEvent,
    Term,
)
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.offers.catalogue import dates_of
from subscriptions.references import subscriber_number

SEPA = "sepa_debit"


@dataclass(slots=True)
class Opened:
    """What one paid order became."""

    order: Order
    payment: Payment
    first: Issue
    issues: Sequence[Issue]
    dates: TermDates
    subscription: Subscription
    term: Term | None = None
    invoice: Invoice | None = None


def open_paid(
    paid: Sequence[tuple[Order, Payment]], *, actor: Actor, at: datetime
) -> tuple[list[Opened], list[tuple[Order, Payment]]]:
    """Open a subscription for each paid order; returns what was opened and what cannot be served any more.

    Runs inside the transaction that settles the payments, whose orders are locked. Sets `order.customer` in memory; the
    caller saves. Queries do not grow with the number. Numbers of invoices are taken last.
    """
    calendars = _calendars({order.offer.magazine_id for order, _payment in paid})
    servable: list[tuple[Order, Payment, Issue]] = []
    refused: list[tuple[Order, Payment]] = []
    for order, payment in paid:
        issues = calendars[order.offer.magazine_id]
        first = _first(order, payment, issues, on=paris_day(at))
        if first is None:
            refused.append((order, payment))
        else:
            servable.append((order, payment, first))
    if not servable:
        return [], refused
    _give_customers([order for order, _payment, _first in servable], at=at)
    opened = _open([(*row, calendars[row[0].offer.magazine_id]) for row in servable], actor=actor, at=at)
    _grant(opened, actor=actor, at=at)
    _invoice(opened, actor=actor, at=at)
    _confirm(opened, at=at)
    return opened, refused


def _calendars(magazines: set[int]) -> Mapping[int, list[Issue]]:
    issues: dict[int, list[Issue]] = {magazine: [] for magazine in magazines}
    for row in Issue.objects.filter(magazine__in=magazines).order_by("number"):
        issues[row.magazine_id].append(row)
    return issues


def _first(order: Order, payment: Payment, issues: Sequence[Issue], *, on: date) -> Issue | None:
    """The promised issue as long as it is not posted (late payers are in the complement), else the first one still open.

    A debit takes days: what was promised then counts from the day it was expected to be paid (design, section 6).
    """
    ordered_on = paris_day(order.placed_at)
    known = {row.number: row for row in issues}
    unposted = [dates_of(row) for row in issues if row.posted_on is None]
    if payment.method_kind == SEPA:
        promised_on = max(ordered_on, min(on, expected_sepa_settlement(ordered_on)))
        reached = [row for row in unposted if promised_on < row.cutoff_on]
        if reached:
            return known[min(row.number for row in reached)]
    promised = known.get(order.first_issue.number)
    if promised is not None and promised.posted_on is None:
        return promised
    try:
        return known[first_issue([dates_of(row) for row in issues], on=on).number]
    except CalendarTooShort:
        return None


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
    found = {customer.email: customer for customer in customers.filter(email__in=wanted)}
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
    opened = [
        Opened(
            order=order,
            payment=payment,
            first=first,
            issues=[row for row in issues if row.number >= first.number][: order.offer.copies],
            dates=term_dates(dates_of(first), ordered_on=paris_day(order.placed_at)),
            subscription=subscription,
        )
        for subscription, (order, payment, first, issues) in zip(subscriptions, rows, strict=True)
    ]
    terms = Term.objects.bulk_create(
        [
            Term(
                subscription=one.subscription,
                number=1,
                order=one.order,
                payment=one.payment,
                starts_on=one.dates.starts_on,
                ends_on=one.dates.ends_on,
                copies=one.order.offer.copies,
                amount=one.order.amount,
                amount_ht=split(one.order.amount.amount, one.order.vat_rate)[0],
                vat_zone=one.order.vat_zone,
                vat_rate=one.order.vat_rate,
                created_at=at,
            )
            for one in opened
        ]
    )
    for one, term in zip(opened, terms, strict=True):
        one.term = term
    return opened


def _next_ids(count: int) -> list[int]:
    """Ids from the table's own sequence, so that the number on the label is known before the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('subscriptions_subscription', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _grant(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    """Each copy of each term, worth left(k−1) − left(k) (law.md 6.3); copies of issues not planned yet wait for theirs."""
    copies = [
        Entitlement(
            term=one.term,
            rank=rank,
            issue=one.issues[rank - 1] if rank <= len(one.issues) else None,
            value_ht=value,
        )
        for one in opened
        for rank, value in enumerate(
            copies_value(one.order.amount.amount, one.order.offer.copies, one.order.vat_rate), start=1
        )
    ]
    granted = Entitlement.objects.bulk_create(copies)
    on = paris_day(at)
    EntitlementMovement.objects.bulk_create(
        [
            EntitlementMovement(
                entitlement=copy, kind=EntitlementMovement.Kind.GRANT, issue_id=copy.issue_id, actor=str(actor), on=on, at=at
            )
            for copy in granted
        ]
    )  # fmt: skip


def _invoice(opened: Sequence[Opened], *, actor: Actor, at: datetime) -> None:
    today = paris_day(at)
    invoices = issue([_draft(one, on=today) for one in opened], on=today, actor=actor, at=at)
    for one, invoice in zip(opened, invoices, strict=True):
        one.invoice = invoice


def _draft(one: Opened, *, on: date) -> InvoiceDraft:
    order = one.order
    billing = order.billing or order.delivery
    last = one.first.number + order.offer.copies - 1
    return InvoiceDraft(
        subject=order.subject,
        customer_id=order.customer_id,
        payment_id=one.payment.pk,
        buyer=Buyer(
            kind=order.buyer_kind,
            name=order.organisation if order.buyer_kind != BuyerKind.CONSUMER else person_name(order),
            address=tuple(billing.lines),
            country=billing.country,
            siren=order.siren,
            siret=order.siret,
            vat_number=order.vat_number,
            engagement_number=order.engagement_number,
        ),
        delivery_address=tuple(order.delivery.lines) if order.billing else (),
        vat_zone=order.vat_zone,
        vat_rate=order.vat_rate,
        legal_mention=order.legal_mention,
        lines=(
            LineDraft(
                name=(
                    f"{order.offer.magazine.title} — {order.offer.title}, {order.offer.copies} numéros"
                    f" (n° {one.first.number} à {last}), port compris"
                ),
                ttc=order.amount.amount,
            ),
        ),
        supplied_on=on,
        due_on=on,
    )


def _confirm(opened: Sequence[Opened], *, at: datetime) -> None:
    queue(
        [
            NoticeDraft(
                kind="order_confirmation",
                matter=f"order_confirmation:{one.order.subject}",
                customer_id=one.order.customer_id,
                to_email=one.order.email,
                to_name=person_name(one.order),
                facts={
                    "order_id": one.order.pk,
                    "term_id": one.term.pk if one.term else None,
                    "invoice_id": one.invoice.pk if one.invoice else None,
                },
                due_at=at,
                created_at=at,
            )
            for one in opened
        ]
    )


def person_name(order: Order) -> str:
    """First and last name as typed, else the organisation's."""
    return f"{order.first_name} {order.last_name}".strip() or order.organisation


def recipient_name(order: Order) -> str:
    """Who receives: the name on the delivery address, else the buyer's."""
    typed = order.delivery.typed
    person = f"{typed.get('first_name', '')} {typed.get('last_name', '')}".strip()
    return (typed.get("organisation") or person or person_name(order))[:120]
