"""Extending: what a paid next term becomes. Term n, its copies and its invoice, for any number of subscriptions at once.

Both ways of going on end here: automatic renewals (`subscriptions.renewals.outcomes`) and orders that prolong. The dates
follow the calendar, the copies follow the last one that is owed, and the amount is the one that was announced or ordered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Q

from payments.actors import Actor
from payments.days import paris_day
from payments.models import Invoice, Payment, VatRate
from payments.vat import BuyerKind, VatTreatment, VatZone, split, treatment
from subscriptions.beginning import calendars
from subscriptions.calendar import CalendarTooShort, first_issue
from subscriptions.granting import grant
from subscriptions.models import Entitlement, Issue, Order, Subscription, Term
from subscriptions.moving import GONE, move
from subscriptions.offers.catalogue import dates_of
from subscriptions.papers import Sold, invoice_sold
from subscriptions.renewals.calendar import next_term

Copy = Entitlement.State


@dataclass(frozen=True, slots=True)
class Extension:
    """One paid next term. `subscription`: its locked row, with offer, magazine and the recipient's address.

    `number` and `renews_on`: which term, and R, its first day. `amount`: Money incl. VAT, what was paid. `order`: the
    order that prolongs by choice, whose frozen VAT holds; None for an automatic renewal: then today's address decides.
    """

    subscription: Subscription
    number: int
    renews_on: date
    payment: Payment
    amount: Any
    order: Order | None = None

    @property
    def subject(self) -> str:
        """Whose invoice it is: the order's, or the term's own."""
        return self.order.subject if self.order else f"term:{self.subscription.pk}:{self.number}"

    @property
    def copies(self) -> int:
        """How many copies were paid for."""
        return (self.order.offer if self.order else self.subscription.offer).copies


@dataclass(frozen=True, slots=True)
class Extended:
    """What one extension became. `issues`: those of its copies that are planned; `first`: the number it begins with."""

    row: Extension
    term: Term
    issues: Sequence[Issue]
    first: int | None
    invoice: Invoice


@dataclass(slots=True)
class Behind:
    """What a subscription has behind it: starts of its terms, its last order, its last planned copy."""

    starts: list[date] = field(default_factory=list)
    order: Order | None = None
    last: int | None = None
    unplanned: int = 0


class NoBuyer(LookupError):
    """No order says whom the invoice names: an imported subscription, whose first term a person must complete."""


def extend(rows: Sequence[Extension], *, actor: Actor, at: datetime) -> list[Extended]:
    """Add the next terms, in the order given, inside the transaction that settles their payments.

    The caller holds the locks (payment → order or renewal → subscription) and has seen that no such term exists; the
    database refuses a second one. Side effects: terms, copies with their movements, subscriptions active again, invoices
    with their entries; numbers of invoices are taken last. Queries do not grow with the number of rows. Raises NoRate or
    NoBuyer: the payment is then parked by whoever settles it.
    """
    if not rows:
        return []
    before = behind([row.subscription.pk for row in rows])
    shelf = calendars({row.subscription.magazine_id for row in rows})
    vat = _treatments(rows, before)
    terms = Term.objects.bulk_create(
        [_term(row, before[row.subscription.pk], vat[place], at=at) for place, row in enumerate(rows)]
    )
    on = paris_day(at)
    made: list[tuple[Extension, Term, list[Issue], int | None]] = []
    for row, term in zip(rows, terms, strict=True):
        issues = following(shelf[row.subscription.magazine_id], before[row.subscription.pk], on=on)
        first = first_number(issues, before[row.subscription.pk])
        made.append((row, term, issues[: row.copies], first))
    grant([(term, issues) for _row, term, issues, _first in made], actor=actor, at=at)
    asleep = [row.subscription for row in rows if row.subscription.state != Subscription.State.ACTIVE]
    move(asleep, Subscription.State.ACTIVE, actor=actor, at=at, reason="the next term is paid")
    invoices = invoice_sold(
        [
            _sold(row, before[row.subscription.pk], vat[place], first=first)
            for place, (row, _term, _issues, first) in enumerate(made)
        ],
        actor=actor,
        at=at,
    )
    return [
        Extended(row, term, issues, first, invoice)
        for (row, term, issues, first), invoice in zip(made, invoices, strict=True)
    ]


def behind(keys: Collection[int]) -> Mapping[int, Behind]:
    """What each of these subscriptions has behind it. Two queries."""
    found: dict[int, Behind] = defaultdict(Behind)
    for term in (
        Term.objects.filter(subscription__in=keys)
        .select_related("order__delivery", "order__billing", "order__offer")
        .order_by("subscription", "number")
    ):
        found[term.subscription_id].starts.append(term.starts_on)
        found[term.subscription_id].order = term.order or found[term.subscription_id].order
    copies = (
        Entitlement.objects.filter(term__subscription__in=keys)
        .exclude(state__in=GONE)
        .values("term__subscription")
        .annotate(last=Max("issue__number"), unplanned=Count("pk", filter=Q(issue=None)))
    )
    for row in copies:
        one = found[row["term__subscription"]]
        one.last, one.unplanned = row["last"], row["unplanned"]
    return found


def _treatments(rows: Sequence[Extension], before: Mapping[int, Behind]) -> list[VatTreatment]:
    """VAT of each row: frozen by its order, else by the recipient's address on the day the money came (law.md 1.3, 1.5).

    The announced total stands when the reader has moved; HT and VAT follow the zone (design, section 6).
    """
    rates = list(VatRate.objects.all()) if any(row.order is None for row in rows) else []
    found = []
    for row in rows:
        order = row.order
        if order is not None:
            found.append(VatTreatment(VatZone(order.vat_zone), order.vat_rate, order.legal_mention))
            continue
        bought = before[row.subscription.pk].order
        if row.payment.received_on is None:
            raise ValueError(f"payment {row.payment.pk} has not been received")
        found.append(
            treatment(
                zone=VatZone(row.subscription.recipient.address.vat_zone),
                buyer_kind=bought.buyer_kind if bought else BuyerKind.CONSUMER,
                vat_number_valid=False,
                on=row.payment.received_on,
                rows=rates,
                category=row.subscription.offer.vat_category,
            )
        )
    return found


def _term(row: Extension, before: Behind, vat: VatTreatment, *, at: datetime) -> Term:
    dates = next_term(before.starts, row.renews_on)
    return Term(
        subscription=row.subscription,
        number=row.number,
        order=row.order,
        payment=row.payment,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        copies=row.copies,
        amount=row.amount,
        amount_ht=split(row.amount.amount, vat.rate)[0],
        vat_zone=vat.zone,
        vat_rate=vat.rate,
        created_at=at,
    )


def following(issues: Sequence[Issue], before: Behind, *, on: date) -> list[Issue]:
    """The planned issues that follow the last copy, in order.

    The very next one as long as it is not posted (late payers are in its complement), else from the first one still open.
    None while copies that are owed already wait for their issue: these come first.
    """
    if before.unplanned:
        return []
    following = [row for row in issues if before.last is not None and row.number > before.last]
    if following and following[0].posted_on is None:
        return following
    if before.last is not None and not following:
        return []
    try:
        first = first_issue([dates_of(row) for row in issues], on=on).number
    except CalendarTooShort:
        return []
    return [row for row in issues if row.number >= max(first, (before.last or 0) + 1)]


def first_number(issues: Sequence[Issue], before: Behind) -> int | None:
    """The number of the first copy; foreseen while its issue is not planned yet, for issues are numbered in a row."""
    if issues:
        return issues[0].number
    return None if before.last is None else before.last + before.unplanned + 1


def _sold(row: Extension, before: Behind, vat: VatTreatment, *, first: int | None) -> Sold:
    buyer = row.order or before.order
    if buyer is None:
        raise NoBuyer(f"subscription {row.subscription.pk} has no order")
    subscription = row.subscription
    # Whoever receives at home is invoiced where they live now; the giver of a gift where they ordered.
    own = subscription.recipient.customer_id == subscription.payer_id
    return Sold(
        subject=row.subject,
        buyer=buyer,
        customer_id=row.payment.customer_id or subscription.payer_id,
        payment_id=row.payment.pk,
        offer=row.order.offer if row.order else subscription.offer,
        copies=row.copies,
        first=first,
        amount=row.amount,
        vat=vat,
        home=subscription.recipient.address if own and row.order is None else buyer.delivery,
    )
