"""Placing an order: the row, frozen with all that was shown and agreed, before any money is asked for."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, When
from django.utils.translation import gettext_lazy as _

from payments import gateway, offline
from payments.actors import Actor
from payments.charging import close_hosted_page, intend
from payments.keys import new_key
from payments.models import PayerAccount, Payment
from payments.money import french
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.gifts.wishing import GiftWish, keep
from subscriptions.models import Consent, Disclosure, Offer, Order, OrderEvent, PostalAddress
from subscriptions.orders.quoting import Quote
from subscriptions.places import address_row
from subscriptions.references import new_reference
from subscriptions.singles.quoting import SinglesQuote
from subscriptions.singles.reserving import reserve

LIVING = (Order.State.DRAFT, Order.State.AWAITING_PAYMENT, Order.State.PAID)
PURPOSE = "order"
_RANDOM = random.SystemRandom()


class TotalChanged(ValidationError):
    """The total is no longer the one on the button (design, rule 11): show the page again. `now` is Money."""

    def __init__(self, now: Any) -> None:
        super().__init__(
            _("The total is now %(total)s. Please look at your order again and confirm it."),
            code="total_changed",
            params={"total": french(now)},
        )
        self.now = now


class AlreadyPaid(ValidationError):
    """This form has already become a paid order; `order` is that order."""

    def __init__(self, order: Order) -> None:
        super().__init__(_("This order is already paid."), code="already_paid")
        self.order = order


class StillOpen(ValidationError):
    """The earlier order of this form could not be closed because Stripe does not answer; nothing was placed."""

    def __init__(self) -> None:
        super().__init__(
            _("The payment service does not answer just now. Nothing was charged; please try again in a minute."),
            code="still_open",
        )


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A yes or no, with the words it answered and the version of the text it names."""

    matter: str
    given: bool
    words: str
    text_id: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that a buyer typed and was shown, checked by the form. `expected_total` stood on the button, in euros."""

    quote: Quote | SinglesQuote
    email: str
    delivery: TypedAddress
    delivery_label: PostalLabel
    typed: Mapping[str, Any]
    disclosure: Mapping[str, Any]
    expected_total: Decimal
    consents: Sequence[ConsentGiven]
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = "fr"
    billing: TypedAddress | None = None
    billing_label: PostalLabel | None = None
    buyer_kind: str = "consumer"
    organisation: str = ""
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    engagement_number: str = ""
    source_code: str = ""
    gift: GiftWish | None = None
    customer: Any = None
    ip: str | None = None
    user_agent: str = field(default="", repr=False)


class Placed(NamedTuple):
    """An order and the payment that is meant to pay it."""

    order: Order
    payment: Payment


def place(wish: Wish, *, form_token: UUID, actor: Actor, at: datetime, by: str = "") -> Placed:
    """Place the order of a form: once, however often and from however many tabs it is sent.

    The database says whether the form has a living order already. The same wish again is the same order. Another wish of the same form takes the place of the unpaid one, whose payment
    page is closed first (network, outside a transaction). The payment's row is written in the same transaction. `by`: a kind of
    `payments.offline_kinds`, where it is not paid through Stripe: then nothing is ever asked of it there.
    Raises TotalChanged, AlreadyPaid or StillOpen: nothing was placed. ValueError for a gift that would renew itself, a
    mistake of ours.
    """
    if wish.gift is not None and wish.quote.offer.renewal != Offer.Renewal.FIXED:
        raise ValueError("a gift never renews itself")
    if wish.quote.amount.amount != wish.expected_total:
        raise TotalChanged(wish.quote.amount)
    content = _digest(wish)
    older: Order | None = None
    for _attempt in range(3):
        try:
            return _write(wish, form_token=form_token, content=content, older=older, by=by, actor=actor, at=at)
        except IntegrityError:
            older = Order.objects.filter(form_token=form_token, state__in=LIVING).first()
        if older is None:
            continue  # the order that stood in the way has ended meanwhile
        if older.state == Order.State.PAID:
            raise AlreadyPaid(older)
        payment = payment_of(older)
        if older.content_sha256 == content and payment.is_open:
            return Placed(older, payment)
        _take_back(older, payment, actor=actor, at=at)
    raise StillOpen


def payment_of(order: Order) -> Payment:
    """The payment of an order: the paying one, else the latest. Raises Payment.DoesNotExist."""
    payments = Payment.objects.select_related("payer_account").filter(subject=order.subject)
    paying = Case(When(state=Payment.State.SUCCEEDED, surplus=False, then=0), default=1)
    return payments.order_by(paying, "-pk")[:1].get()


def _take_back(older: Order, payment: Payment, *, actor: Actor, at: datetime) -> None:
    """Close the older order's payment page for good; raises AlreadyPaid if somebody paid on it meanwhile."""
    try:
        payment = close_hosted_page(payment, actor=actor, at=at)
    except gateway.GatewayFault:
        raise StillOpen from None
    if payment.state in (Payment.State.SUCCEEDED, Payment.State.PROCESSING):
        older.refresh_from_db()
        raise AlreadyPaid(older)
    if payment.is_open:
        raise StillOpen


@transaction.atomic
def _write(
    wish: Wish, *, form_token: UUID, content: str, older: Order | None, by: str, actor: Actor, at: datetime
) -> Placed:
    quote = wish.quote
    delivery = address_row(wish.delivery, wish.delivery_label, at=at)
    rows = [delivery]
    if wish.billing is not None and wish.billing_label is not None:
        rows.append(address_row(wish.billing, wish.billing_label, at=at))
    PostalAddress.objects.bulk_create(rows)
    order = Order.objects.create(
        reference=new_reference("CMD", _RANDOM),
        form_token=form_token,
        supersedes=older,
        content_sha256=content,
        state=Order.State.AWAITING_PAYMENT,
        state_since=at,
        placed_at=at,
        offer=quote.offer,
        price=quote.price,
        quantity=quote.quantity,
        amount=quote.amount,
        vat_zone=quote.vat.zone,
        vat_rate=quote.vat.rate,
        legal_mention=quote.vat.legal_mention,
        first_issue=quote.first_issue,
        disclosure=_disclosed(wish.disclosure, at=at),
        source_code=wish.source_code,
        renews_id=quote.prolongs.subscription_id if quote.prolongs else None,
        is_gift=wish.gift is not None,
        customer=wish.customer,
        email=wish.email.lower(),
        title=wish.title,
        first_name=wish.first_name,
        last_name=wish.last_name,
        phone=wish.phone,
        language=wish.language,
        delivery=delivery,
        billing=rows[1] if len(rows) == 2 else None,
        buyer_kind=wish.buyer_kind,
        organisation=wish.organisation,
        siren=wish.siren,
        siret=wish.siret,
        vat_number=wish.vat_number,
        engagement_number=wish.engagement_number,
        typed=dict(wish.typed),
    )
    if wish.gift is not None:
        keep(wish.gift, order, actor=actor, at=at)
    if isinstance(quote, SinglesQuote):
        reserve(order, quote, ip=wish.ip)
    OrderEvent.objects.create(order=order, from_state="", to_state=order.state, actor=str(actor), at=at)
    Consent.objects.bulk_create(
        [
            Consent(
                matter=consent.matter,
                given=consent.given,
                words=consent.words,
                text_id=consent.text_id,
                order=order,
                customer=wish.customer,
                ip=wish.ip,
                user_agent=wish.user_agent[:300],
                at=at,
            )
            for consent in wish.consents
        ]
    )
    return Placed(order, _intended(order, quote, by=by, actor=actor, at=at))


def _intended(order: Order, quote: Quote | SinglesQuote, *, by: str, actor: Actor, at: datetime) -> Payment:
    """The payment that is meant to pay an order that was just written."""
    description = f"{quote.offer.title} — {order.reference}"
    if by:
        return offline.intend(
            purpose=PURPOSE, subject=order.subject, amount=quote.amount, description=description,
            customer=order.customer, kind=by, actor=actor, at=at,
        )  # fmt: skip
    account = PayerAccount.objects.create(
        owner_key=order.subject, customer=order.customer, idempotency_key=new_key(), created_at=at
    )
    return intend(
        purpose=PURPOSE,
        subject=order.subject,
        amount=quote.amount,
        description=description,
        customer=order.customer,
        account=account,
        save_method=quote.offer.renewal == Offer.Renewal.AUTOMATIC,
        actor=actor,
        at=at,
    )


def _disclosed(facts: Mapping[str, Any], *, at: datetime) -> Disclosure:
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row = Disclosure(sha256=hashlib.sha256(text.encode()).hexdigest(), facts=dict(facts), created_at=at)
    Disclosure.objects.bulk_create([row], ignore_conflicts=True)
    return row


def _digest(wish: Wish) -> str:
    """What makes two wishes the same: offer, price, what it prolongs or which issues, and all that was typed."""
    parts: list[Any] = [wish.quote.offer.pk, wish.quote.price.pk, str(wish.quote.amount.amount), dict(wish.typed)]
    if isinstance(wish.quote, SinglesQuote):
        parts.append([(line.issue.pk, line.copies) for line in wish.quote.lines])
    elif wish.quote.prolongs is not None:
        parts.append(wish.quote.prolongs.subscription_id)
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
