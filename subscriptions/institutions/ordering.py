"""Taking an institution's order: its paper becomes an order, a term and an invoice in one transaction, before any money.

Subscriptions to periodicals may be paid before they are delivered by public bodies too (law.md 3.4), and are served before
they are paid. Nothing renews itself: the next year is quoted ninety days before its end (`subscriptions.quotes`).
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from payments.actors import Actor
from payments.days import paris_day
from payments.desk import record_act
from payments.models import Invoice
from payments.vat import BuyerKind
from subscriptions.addresses.label import PostalLabel
from subscriptions.addresses.typed import TypedAddress
from subscriptions.calendar import RULES, first_of_year, year_dates
from subscriptions.institutions.pricing import discount_of, discounted
from subscriptions.models import (
    Agency,
    Disclosure,
    Offer,
    Order,
    OrderEvent,
    PostalAddress,
    PurchaseOrder,
    Subscription,
    Term,
)
from subscriptions.offers.catalogue import dates_of, read_shelf
from subscriptions.opening import open_invoiced
from subscriptions.orders.moving import move
from subscriptions.orders.quoting import Quote, quote
from subscriptions.places import address_row
from subscriptions.prolonging import held
from subscriptions.references import new_reference

_RANDOM = random.SystemRandom()
InvoicedTo = PurchaseOrder.InvoicedTo


class CannotOrder(ValidationError):
    """The order cannot be taken so; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What an institution's paper says, checked by the form. `billing`: where the invoice goes, if elsewhere.

    `number`, `dated_on`: of the paper itself. `calendar_year`: January to December of that year; None begins with the next
    issue. `due_days`: None for the usual ones. `renews`: the subscription whose next year it is; it goes on from its end.
    """

    offer: Offer
    quantity: int
    kind: str
    organisation: str
    email: str
    number: str
    dated_on: date
    delivery: TypedAddress
    delivery_label: PostalLabel
    billing: TypedAddress | None = None
    billing_label: PostalLabel | None = None
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    service_code: str = ""
    phone: str = ""
    agency: Agency | None = None
    agency_reference: str = ""
    invoiced_to: str = InvoicedTo.INSTITUTION
    calendar_year: int | None = None
    due_days: int | None = None
    renews: Subscription | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """What a paper comes to on a day: the price list, the discount, the total, and what would be sent when."""

    quote: Quote
    discount: Decimal
    total: Decimal
    due_on: date


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a paper became."""

    order: Order
    term: Term
    invoice: Invoice


def priced(paper: Paper, *, on: date) -> Priced:
    """What a paper comes to on day `on` (Paris), without taking it. Raises ValidationError with a sentence."""
    if paper.agency is None and (paper.agency_reference or paper.invoiced_to != InvoicedTo.INSTITUTION):
        raise CannotOrder(_("Which agency passes this order on?"), code="agency")
    if not 1 <= paper.quantity <= 999:
        raise CannotOrder(_("From one to 999 copies of each issue."), code="quantity")
    if paper.renews is not None and paper.calendar_year is not None:
        raise CannotOrder(_("A subscription goes on from its end: leave the term as it is."), code="year")
    if paper.renews is not None and paper.renews.is_gift:
        raise CannotOrder(_("A gift is one year: an institution orders a subscription of its own."), code="gift")
    renews = held(paper.renews) if paper.renews is not None else None
    if paper.renews is not None and renews is None:
        raise CannotOrder(_("This subscription can no longer be prolonged."), code="over")
    kind = paper.agency.kind if _to_agency(paper) and paper.agency else paper.kind
    shelf = read_shelf(on)
    found = quote(
        paper.offer,
        country=paper.delivery.country,
        postcode=paper.delivery.postcode,
        buyer_kind=kind,
        on=on,
        shelf=shelf,
        renews=renews,
        quantity=paper.quantity,
        vat_number=paper.agency.vat_number if _to_agency(paper) and paper.agency else paper.vat_number,
    )
    if found.offer.renewal != Offer.Renewal.FIXED:
        raise CannotOrder(
            _("An institution orders year by year: please choose the offer without renewal."), code="offer"
        )
    if paper.calendar_year is not None:
        first = first_of_year(map(dates_of, shelf.issues), year=paper.calendar_year)
        issues = [row for row in shelf.issues if row.number >= first.number][: found.offer.copies]
        found = replace(found, first_issue=issues[0], issues=issues, term=year_dates(paper.calendar_year))
    percent = discount_of(paper.agency, on=on)
    total = discounted(found.price.amount.amount, quantity=paper.quantity, percent=percent)
    days = RULES.invoice_due_days if paper.due_days is None else paper.due_days
    return Priced(found, percent, total, on + timedelta(days=days))


def _refuse_taken(paper: Paper) -> None:
    """The same paper often comes twice, by mail and through the agency. Raises CannotOrder."""
    same = Order.objects.filter(
        renews=paper.renews,
        engagement_number__iexact=paper.number,
        purchase_order__dated_on=paper.dated_on,
        purchase_order__institution__email__iexact=paper.email,
    ).exclude(state=Order.State.CANCELLED)
    if paper.number and (taken := same.first()) is not None:
        raise CannotOrder(
            _("This purchase order was taken already, as order %(reference)s."),
            code="taken",
            params={"reference": taken.reference},
        )


@transaction.atomic
def order_by_paper(
    paper: Paper, *, expected_total: Decimal, form_token: UUID, reason: str, actor: Actor, at: datetime
) -> Ordered:
    """Take an order: order, purchase order, term with its copies, invoice, entries and the letter that carries it.

    `expected_total`: what the colleague saw (design, rule 11). Once for each form, however often it is sent. Raises
    ValidationError with a sentence: nothing was taken.
    """
    known = Order.objects.filter(form_token=form_token).first()
    if known is not None:
        return _known(known)
    on = paris_day(at)
    _refuse_taken(paper)
    found = priced(paper, on=on)
    if found.total != expected_total:
        raise CannotOrder(_("The total has changed meanwhile. Please look at it again."), code="total_changed")
    institution = _account(paper, at=at)
    order = _order(paper, found, institution=institution, form_token=form_token, actor=actor, at=at)
    written = PurchaseOrder.objects.create(
        order=order,
        institution=institution,
        dated_on=paper.dated_on,
        service_code=paper.service_code,
        agency=paper.agency,
        agency_reference=paper.agency_reference,
        discount=found.discount,
        invoiced_to=paper.invoiced_to,
        calendar_year=paper.calendar_year,
        due_on=found.due_on,
        actor=str(actor),
        reason=reason[:200],
        at=at,
    )
    opened = open_invoiced(order, written, actor=actor, at=at)
    if opened is None:
        raise CannotOrder(
            _("No issue is left to begin with: plan the coming ones, then take the order."), code="issues"
        )
    record_act("took an institution's order", subject=order.subject, actor=actor, at=at, reason=reason)
    move([order], Order.State.INVOICED, actor=actor, at=at, reason=reason)
    return Ordered(order, opened.term, Invoice.objects.get(subject=order.subject, kind=Invoice.Kind.INVOICE))


def _known(order: Order) -> Ordered:
    """The same form again: what it became."""
    return Ordered(
        order,
        Term.objects.get(order=order),
        Invoice.objects.get(subject=order.subject, kind=Invoice.Kind.INVOICE),
    )


def _to_agency(paper: Paper) -> bool:
    return paper.invoiced_to == InvoicedTo.AGENCY


def _account(paper: Paper, *, at: datetime) -> Any:
    """The institution's own record: the one of its e-mail, made with its first order."""
    customers: Any = get_user_model().objects
    email = paper.email.lower()
    row = customers.model(
        email=email,
        password="!",  # noqa: S106  # unusable: readers sign in with a code
        organisation=paper.organisation,
        phone=paper.phone,
        created_at=at,
    )
    customers.bulk_create([row], ignore_conflicts=True)
    return customers.annotate(lower=Lower("email")).get(lower=email)


def _order(paper: Paper, found: Priced, *, institution: Any, form_token: UUID, actor: Actor, at: datetime) -> Order:
    """The order as a draft: its buyer is whom it is invoiced to."""
    quoted = found.quote
    delivery = address_row(paper.delivery, paper.delivery_label, at=at)
    billing = None
    if paper.billing is not None and paper.billing_label is not None:
        billing = address_row(paper.billing, paper.billing_label, at=at)
    PostalAddress.objects.bulk_create([row for row in (delivery, billing) if row is not None])
    facts = {"paper": paper.number, "dated_on": paper.dated_on.isoformat(), "total": str(found.total)}
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    Disclosure.objects.bulk_create([Disclosure(sha256=sha256, facts=facts, created_at=at)], ignore_conflicts=True)
    agency = paper.agency if _to_agency(paper) else None
    order = Order.objects.create(
        reference=new_reference("CMD", _RANDOM),
        form_token=form_token,
        content_sha256=sha256,
        state_since=at,
        placed_at=at,
        offer=quoted.offer,
        price=quoted.price,
        quantity=paper.quantity,
        amount=found.total,
        vat_zone=quoted.vat.zone,
        vat_rate=quoted.vat.rate,
        legal_mention=quoted.vat.legal_mention,
        first_issue=quoted.first_issue,
        disclosure_id=sha256,
        source_code="BON-DE-COMMANDE",
        renews=paper.renews,
        customer=agency.customer if agency else institution,
        email=((agency.customer.email or "") if agency else paper.email).lower(),
        phone="" if agency else paper.phone,
        delivery=delivery,
        billing=agency.address if agency else billing,
        buyer_kind=agency.kind if agency else paper.kind or BuyerKind.ASSOC,
        organisation=agency.name if agency else paper.organisation,
        siren=agency.siren if agency else paper.siren,
        siret=agency.siret if agency else paper.siret,
        vat_number=agency.vat_number if agency else paper.vat_number,
        engagement_number=paper.number,
        typed={"organisation": paper.organisation},
    )
    OrderEvent.objects.create(order=order, from_state="", to_state=order.state, actor=str(actor), at=at)
    return order
