"""Making a quote: what another year would cost an organisation, frozen under a number of its own series.

Nobody is bound but us, until its last day: the amount is that of the price list on the day it was made, less what the agency
that passed the last order on is granted that day, and no change of price is signed that would break it (`subscriptions.pricing.changing`). The order page behind its link does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.invoicing.issuing import seller
from payments.money import NBSP, amount_of, eur
from payments.vat import split
from subscriptions.calendar import RULES, numbers_from
from subscriptions.institutions.pricing import discount_of, discounted
from subscriptions.models import Issue, Offer, Order, PostalAddress, PurchaseOrder, Quote, QuoteSeries, Subscription
from subscriptions.notices.french import bare_issues, copies_said, month
from subscriptions.notices.queueing import NoticeDraft, queue
from subscriptions.orders.names import person_name
from subscriptions.orders.quoting import Quote as Priced
from subscriptions.orders.quoting import quote as priced_today
from subscriptions.prolonging import held


class CannotQuote(ValidationError):
    """No quote can be made; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a quote made today would say."""

    buyer: str
    amount: Money
    starts_on: date
    ends_on: date
    valid_until: date


def foresee(subscription: Subscription, *, on: date) -> Foreseen:
    """The quote that would be made on day `on` (Paris), without making it. Raises CannotQuote with a sentence."""
    buyer = _buyer(subscription)
    if buyer is None or not subscription.terms.standing().exists():
        raise CannotQuote(_("Nobody ordered this subscription here: no quote can name its buyer."), code="buyer")
    priced = _priced(subscription, buyer, on=on)
    return Foreseen(
        buyer=buyer.organisation or person_name(buyer),
        amount=_discounted(priced, _discount(buyer, on=on)),
        starts_on=priced.term.starts_on,
        ends_on=priced.term.ends_on,
        valid_until=_valid_until(priced, on=on),
    )


def make_quote(subscription_id: int, *, actor: Actor, at: datetime, reason: str = "", by_itself: bool = False) -> Quote:
    """Make the quote of the next term of a subscription and queue the letter that carries it.

    Locks the subscription, then the series: the number is taken last. One made by itself is made once for each term: made
    already, it is returned as it is. Raises CannotQuote with a sentence. The PDF is set after the commit (`paper`).
    """
    with transaction.atomic():
        return _make(subscription_id, actor=actor, at=at, reason=reason, by_itself=by_itself)


def _make(subscription_id: int, *, actor: Actor, at: datetime, reason: str, by_itself: bool) -> Quote:
    on = paris_day(at)
    subscription = (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("offer__magazine", "payer", "recipient__address")
        .get(pk=subscription_id)
    )
    term = subscription.terms.standing().order_by("-number").first()
    buyer = _buyer(subscription)
    if term is None or buyer is None:
        raise CannotQuote(_("Nobody ordered this subscription here: no quote can name its buyer."), code="buyer")
    if by_itself:
        made = Quote.objects.filter(term=term, by_itself=True).first()
        if made is not None:
            return made
    priced = _priced(subscription, buyer, on=on)
    percent = _discount(buyer, on=on)
    amount = _discounted(priced, percent)
    home = subscription.recipient.address
    bill: PostalAddress = buyer.billing or buyer.delivery
    copies = priced.offer.copies
    numbers = bare_issues(numbers_from(priced.first_issue.number, priced.issues, copies))
    issues = [_issue(row) for row in priced.issues]
    row = Quote(
        subscription=subscription,
        term=term,
        by_itself=by_itself,
        issued_on=on,
        valid_until=_valid_until(priced, on=on),
        offer_id=priced.offer.pk,
        price_id=priced.price.pk,
        title=(
            f"{subscription.offer.magazine.title} — {priced.offer.title}, {copies_said(copies, priced.quantity)}"
            f" (n°{NBSP}{numbers}), port compris. Réabonnement n°{NBSP}{subscription.number}{_less(percent)}"
        ),
        copies=copies,
        quantity=priced.quantity,
        amount=amount_of(amount),
        amount_ht=split(amount.amount, priced.vat.rate)[0],
        vat_zone=priced.vat.zone,
        vat_rate=priced.vat.rate,
        legal_mention=priced.vat.legal_mention,
        starts_on=priced.term.starts_on,
        ends_on=priced.term.ends_on,
        issues=issues,
        seller=seller(),
        buyer_kind=buyer.buyer_kind,
        buyer_name=buyer.organisation or person_name(buyer),
        buyer_address=list(bill.lines),
        delivery_address=[] if bill.lines == home.lines else list(home.lines),
        siren=buyer.siren,
        siret=buyer.siret,
        vat_number=buyer.vat_number,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    _number(row, on=on)
    row.save()
    record_act(
        "made a quote", subject=f"subscription:{subscription.pk}", actor=actor, reason=reason, facts={"quote": row.reference}, at=at
    )  # fmt: skip
    _send(row, subscription, at=at)
    return row


def _buyer(subscription: Subscription) -> Order | None:
    """The latest order of it: whom an invoice would name."""
    orders = Order.objects.filter(term__subscription=subscription).select_related("billing", "delivery")
    return orders.order_by("-term__number").first()


def _priced(subscription: Subscription, buyer: Order, *, on: date) -> Priced:
    """What the order page would say today. Raises CannotQuote with the page's own sentence."""
    renews = held(subscription)
    if renews is None:
        raise CannotQuote(_("This subscription can no longer be prolonged."), code="over")
    address = subscription.recipient.address
    fixed = Offer.objects.filter(
        magazine=subscription.magazine_id,
        kind=Offer.Kind.SUBSCRIPTION,
        renewal=Offer.Renewal.FIXED,
        copies=subscription.offer.copies,
    )
    # Never tacit for an organisation (law.md 7.6): the formula without renewal, if this one renews itself.
    offer = subscription.offer
    if offer.renewal != Offer.Renewal.FIXED:
        offer = fixed.select_related("magazine").order_by("-pk").first() or offer
    try:
        return priced_today(
            offer, country=address.country, postcode=address.postcode, buyer_kind=buyer.buyer_kind, on=on, renews=renews
        )
    except ValidationError as trouble:
        raise CannotQuote(" ".join(trouble.messages), code="not_for_sale") from trouble


def _discount(buyer: Order, *, on: date) -> Decimal:
    """What the agency is granted that passed the last order on, in percent; two queries where it came on paper."""
    paper = PurchaseOrder.objects.select_related("agency").filter(order=buyer).first()
    return discount_of(paper.agency if paper is not None else None, on=on)


def _discounted(priced: Priced, percent: Decimal) -> Money:
    """As the next purchase order will be invoiced (`subscriptions.institutions.pricing`)."""
    return eur(discounted(priced.price.amount.amount, quantity=priced.quantity, percent=percent))


def _less(percent: Decimal) -> str:
    """« , remise d’agence de 5 % déduite »; "" where there is none."""
    said = f"{percent.normalize():f}".replace(".", ",")
    return f", remise d’agence de {said}{NBSP}% déduite" if percent else ""


def _valid_until(priced: Priced, *, on: date) -> date:
    """So many days (data), but never beyond the last day of its price."""
    until = on + timedelta(days=RULES.quote_valid_days)
    return until if priced.price.valid_to is None else min(until, priced.price.valid_to - timedelta(days=1))


def _number(quote: Quote, *, on: date) -> None:
    locked = QuoteSeries.objects.select_for_update(no_key=True).filter(year=on.year)
    series = locked.first()
    if series is None:
        QuoteSeries.objects.bulk_create([QuoteSeries(year=on.year)], ignore_conflicts=True)
        series = locked.get()
    series.last_number += 1
    series.save(update_fields=["last_number"])
    quote.series, quote.number = series, series.last_number
    quote.reference = f"D{series.year}-{series.last_number:04d}"


def _issue(row: Issue) -> dict[str, str | int]:
    return {"number": row.printed, "month": month(row.cover_month, row.cover_year), "post_on": row.post_on.isoformat()}


def _send(quote: Quote, subscription: Subscription, *, at: datetime) -> None:
    """To the payer. Without an e-mail address it fails in sight, and a person posts it."""
    payer = subscription.payer
    queue(
        [
            NoticeDraft(
                kind="renewal_quote",
                matter=f"renewal_quote:{quote.reference}",
                customer_id=payer.pk if payer else None,
                to_email=(payer.email or "") if payer else "",
                to_name=quote.buyer_name,
                facts={"quote_id": quote.pk},
                due_at=at,
                created_at=at,
            )
        ]
    )
