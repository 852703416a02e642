"""Readers who renew by choice: the small world with issues planned for years, and their orders paid on a day."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from payments.actors import job
from payments.gateway import IntentSeen, MethodSeen, Outcome
from payments.models import Payment
from payments.settling import News, apply
from shop.watch.audit import breaches
from subscriptions.models import Issue, Magazine, Offer, Order, Subscription, Term
from subscriptions.orders.placing import payment_of
from subscriptions.orders.quoting import quote
from subscriptions.prolonging import held
from tests.makers import HOME, make_magazine, make_offers, make_wish, place_order, send_out
from tests.renewals.people import subscriber

JOB = job("test")


def noon(on: date) -> datetime:
    """An instant of a Paris day."""
    return datetime.combine(on, time(11), tzinfo=UTC)


def world(*, until: int = 44) -> dict[str, Offer]:
    """The small world with its quarterly issues planned up to number `until`, and its two offers."""
    magazine = make_magazine()
    planned = []
    for number in range(30, until + 1):
        years, quarter = divmod(number - 26, 4)
        month = 3 * (quarter + 1)
        planned.append(
            Issue(
                magazine=magazine, number=number, cover_month=month, cover_year=2027 + years,
                cutoff_on=date(2027 + years, month, 1), post_on=date(2027 + years, month, 15),
            )
        )  # fmt: skip
    Issue.objects.bulk_create(planned)
    return make_offers(magazine)


def reader(*, renewal: str = "fixed", **wish: Any) -> Subscription:
    """Élodie, subscribed on 23 November 2026: n° 25 to 28, paid until 22 November 2027."""
    if not Magazine.objects.exists():
        world()
    return subscriber(renewal=renewal, **wish)


def time_passes(until: date) -> None:
    """Every issue planned before `until` is posted on its day, and its copies are served."""
    for issue in Issue.objects.filter(posted_on=None, post_on__lte=until).order_by("number"):
        send_out(issue, on=issue.post_on, actor=JOB)


def order_to_renew(
    subscription: Subscription,
    *,
    on: date,
    renewal: str = "fixed",
    address: Any = HOME,
    token: uuid.UUID | None = None,
    **changes: Any,
) -> Order:
    """An order of that day to prolong it, not paid yet."""
    offer = Offer.objects.get(renewal=renewal)
    wish = make_wish(offer, on=on, address=address)
    quoted = quote(
        offer, country=address.country, postcode=address.postcode, buyer_kind="consumer", on=on, renews=held(subscription)
    )  # fmt: skip
    return place_order(replace(wish, quote=quoted, **changes), token=token, at=noon(on))


def pay(*orders: Order, on: date, kind: str = "card") -> list[Payment]:
    """Their payments succeed on that day, all at once."""
    return apply(news_of(*orders, on=on, kind=kind), actor=JOB, at=noon(on))


def news_of(*orders: Order, on: date, kind: str = "card") -> list[News]:
    """News of their payments: succeeded on that day."""
    news = []
    for order in orders:
        payment = payment_of(order)
        saved = order.offer.renewal == Offer.Renewal.AUTOMATIC
        method = MethodSeen(
            id=f"pm_{payment.pk}", kind=kind, brand="visa" if kind == "card" else "", last4="1881", exp_month=None,
            exp_year=None, fingerprint="f", customer=f"cus_{payment.pk}", mandate="",
        )  # fmt: skip
        seen = IntentSeen(
            id=f"pi_{payment.pk}", outcome=Outcome.SUCCEEDED, status="succeeded", amount_cents=2760, currency="eur",
            amount_received=2760, customer=method.customer, payment_method=method.id, charge=f"ch_{payment.pk}",
            decline=None, metadata={}, created=noon(on), livemode=False, method_kind=kind,
        )  # fmt: skip
        news.append(
            News(payment.pk, Outcome.SUCCEEDED, intent=seen, method=method if saved else None, closed=True)
        )  # fmt: skip
    return news


def renews(subscription: Subscription, *, on: date, **options: Any) -> Term:
    """The reader orders and pays by card on that day; the term that it became."""
    subscription.refresh_from_db()
    order = order_to_renew(subscription, on=on, **options)
    pay(order, on=on)
    return Term.objects.get(order=order)


def wrong(at: datetime) -> list[tuple[str, str, str]]:
    """What the audit finds, but for letters, which nobody delivers in these stories, and nights, which do not pass."""
    return [one for one in breaches(at) if one[0] != "MIRROR" and " is due since " not in one[2]]


def story(subscription: Subscription) -> list[tuple[int, str, str, list[int | None]]]:
    """Its terms: number, first day, last day, numbers of their issues."""
    return [
        (
            term.number,
            term.starts_on.isoformat(),
            term.ends_on.isoformat(),
            [copy.issue.number if copy.issue else None for copy in term.entitlements.select_related("issue")],
        )
        for term in subscription.terms.order_by("number")
    ]
