"""One reader, one paid order with its term, copies and invoice: what letters are written from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from payments.actors import Actor
from payments.invoicing.issuing import Buyer, InvoiceDraft, LineDraft, issue
from payments.models import Invoice, PayerAccount, Payment, SavedMethod
from payments.money import eur
from subscriptions.models import (
    Disclosure,
    Entitlement,
    Issue,
    Magazine,
    Offer,
    Order,
    PostalAddress,
    Price,
    Recipient,
    Subscription,
    Term,
)

AT = datetime(2027, 1, 4, 9, 30, 15, 123456, tzinfo=UTC)
ON = date(2027, 1, 4)
ACTOR = Actor("job", "tests")


@dataclass
class Purchase:
    """The rows of one purchase."""

    customer: Any
    order: Order
    payment: Payment
    term: Term
    invoice: Invoice
    issues: list[Issue]

    @property
    def facts(self) -> dict[str, int]:
        return {"order_id": self.order.pk, "term_id": self.term.pk, "invoice_id": self.invoice.pk}


def magazine() -> tuple[Magazine, list[Issue]]:
    """ActuIA with nos 25 to 28."""
    title, _made = Magazine.objects.get_or_create(
        code="ACTUIA",
        defaults={
            "title": "ActuIA",
            "subtitle": "Le magazine de l’intelligence artificielle",
            "issn": "2650-1234",
            "cppap_number": "0931 K 94321",
            "cppap_valid_until": date(2031, 9, 30),
        },
    )
    months = [(3, 2027), (6, 2027), (9, 2027), (12, 2027)]
    issues = [
        Issue.objects.get_or_create(
            magazine=title,
            number=25 + rank,
            defaults={
                "cover_month": month,
                "cover_year": year,
                "cutoff_on": date(year, month, 1),
                "post_on": date(year, month, 15),
            },
        )[0]
        for rank, (month, year) in enumerate(months)
    ]
    return title, issues


def offer(title: Magazine, *, automatic: bool) -> Price:
    """One of the two offers, at 27,60 €."""
    code = "un-an-reconduit" if automatic else "un-an"
    sold, _made = Offer.objects.get_or_create(
        code=code,
        defaults={
            "magazine": title,
            "title": "1 an, 4 numéros" + (", reconduit chaque année" if automatic else ""),
            "renewal": Offer.Renewal.AUTOMATIC if automatic else Offer.Renewal.FIXED,
            "on_sale_from": date(2026, 1, 1),
        },
    )
    return Price.objects.get_or_create(
        offer=sold, delivery_zone="FR", defaults={"amount": eur("27.60"), "valid_from": date(2026, 1, 1)}
    )[0]


def place(
    *,
    automatic: bool = False,
    email: str = "camille@example.fr",
    state: str = "paid",
    number: int = 1,
    buyer_kind: str = "consumer",
    price: Price | None = None,
) -> Order:
    """An order of that state, by Camille Lenoir of Lyon."""
    title, issues = magazine()
    price = price or offer(title, automatic=automatic)
    customer, _made = get_user_model().objects.get_or_create(
        email=email, defaults={"first_name": "Camille", "last_name": "Lenoir", "created_at": AT}
    )
    address = PostalAddress.objects.create(
        typed={},
        lines=["MME CAMILLE LENOIR", "3 RUE DE LA PAIX", "69001 LYON", "FRANCE"],
        country="FR",
        postcode="69001",
        town="LYON",
        delivery_zone="FR",
        vat_zone="FR_METRO",
        created_at=AT,
    )
    disclosure, _made = Disclosure.objects.get_or_create(sha256="0" * 64, defaults={"facts": {}, "created_at": AT})
    return Order.objects.create(
        reference=f"CMD-4K7-PX2-{number:03d}",
        form_token=uuid.uuid4(),
        content_sha256="1" * 64,
        state=state,
        state_since=AT,
        placed_at=AT,
        offer=price.offer,
        buyer_kind=buyer_kind,
        price=price,
        amount=price.amount,
        vat_zone="FR_METRO",
        vat_rate=Decimal("2.10"),
        first_issue=issues[0],
        disclosure=disclosure,
        customer=customer,
        email=email,
        first_name="Camille",
        last_name="Lenoir",
        delivery=address,
        typed={},
    )


def pay(order: Order, *, kind: str = "card", state: str = "succeeded", number: int = 1, saved: bool = True) -> Payment:
    """A payment of an order, by Visa 4242, SEPA debit, cheque or transfer."""
    method = None
    offline = kind in ("cheque", "transfer")
    if saved and not offline:
        account, _made = PayerAccount.objects.get_or_create(
            owner_key=f"order:{order.pk}",
            defaults={"customer": order.customer, "idempotency_key": uuid.uuid4().hex, "created_at": AT},
        )
        method = SavedMethod.objects.create(
            payer_account=account,
            stripe_method=f"pm_{order.pk}_{number}",
            kind=kind,
            last4="4242" if kind == "card" else "3000",
            created_at=AT,
        )
    return Payment.objects.create(
        reference=f"PAI-{order.pk}-{number}",
        purpose="order",
        subject=order.subject,
        customer=order.customer,
        amount=order.amount,
        description="Abonnement",
        way="offline" if offline else "checkout",
        method_kind=kind,
        saved_method=method,
        state=state,
        is_open=state in {"created", "processing", "action_required", "unknown"},
        idempotency_key=uuid.uuid4().hex,
        created_at=AT,
        state_since=AT,
        received_on=ON if state == "succeeded" else None,
    )


def invoice_of(order: Order, payment: Payment | None, **changes: Any) -> Invoice:
    """The invoice of an order, to its buyer at home; `changes` go into the draft."""
    facts: dict[str, Any] = {
        "subject": order.subject,
        "customer_id": order.customer_id,
        "payment_id": payment.pk if payment else None,
        "buyer": Buyer("consumer", "Camille Lenoir", ("3 RUE DE LA PAIX", "69001 LYON", "FRANCE"), "FR"),
        "vat_zone": order.vat_zone,
        "vat_rate": order.vat_rate,
        "legal_mention": "",
        "lines": (LineDraft("ActuIA, abonnement d’un an, 4 numéros (nos 25 à 28)", Decimal("27.60")),),
        "supplied_on": ON,
        "due_on": ON,
    }
    with transaction.atomic():
        [issued] = issue([InvoiceDraft(**(facts | changes))], on=ON, actor=ACTOR, at=AT)
    return issued


def purchase(
    *,
    automatic: bool = False,
    kind: str = "card",
    email: str = "camille@example.fr",
    number: int = 1,
    starts_on: date = date(2027, 1, 29),
    buyer_kind: str = "consumer",
) -> Purchase:
    """A paid order, served: subscription, term 1 from 29 January 2027 (or another day), four copies, invoice."""
    order = place(automatic=automatic, email=email, number=number, buyer_kind=buyer_kind)
    payment = pay(order, kind=kind)
    _title, issues = magazine()
    recipient = Recipient.objects.create(customer=order.customer, name="Camille Lenoir", address=order.delivery)
    subscription = Subscription.objects.create(
        number=f"{number:06d}00",
        magazine=order.offer.magazine,
        payer=order.customer,
        holder=order.customer,
        recipient=recipient,
        renewal=order.offer.renewal,
        offer=order.offer,
        saved_method=payment.saved_method,
        state="active",
        state_since=AT,
        created_at=AT,
    )
    term = Term.objects.create(
        subscription=subscription,
        number=1,
        order=order,
        payment=payment,
        starts_on=starts_on,
        ends_on=starts_on.replace(year=starts_on.year + 1) - timedelta(days=1),
        copies=4,
        amount=order.amount,
        amount_ht=eur("27.03"),
        vat_zone="FR_METRO",
        vat_rate=Decimal("2.10"),
        created_at=AT,
    )
    values = ("6.76", "6.75", "6.76", "6.76")
    Entitlement.objects.bulk_create(
        Entitlement(term=term, rank=rank, issue=issue_, value_ht=Decimal(value))
        for rank, (issue_, value) in enumerate(zip(issues, values, strict=True), start=1)
    )
    return Purchase(order.customer, order, payment, term, invoice_of(order, payment), issues)
