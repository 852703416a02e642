"""From a checked form to a wish: who buys, as what, and every yes and no with the words it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from payments.vat import BuyerKind
from shop.checkout.firm_numbers import kind_of_organisation
from shop.checkout.form import OrderForm
from shop.checkout.gift_form import GiftForm
from shop.checkout.page import AUTOMATIC, Shown, terms_words
from shop.limits import client_address
from subscriptions.models import Consent
from subscriptions.offers.catalogue import Shelf
from subscriptions.orders.placing import ConsentGiven, Wish

if TYPE_CHECKING:
    from shop.singles.ordering import Shown as ShownSingles


def buyer_kind(form: OrderForm) -> str:
    """What the buyer is for VAT and e-invoicing: by the address the invoice goes to (law.md 3.2)."""
    if not form.cleaned_data.get("for_organisation"):
        return BuyerKind.CONSUMER
    buyer = form.billing or form.delivery
    return kind_of_organisation(form.cleaned_data["kind"], buyer.country if buyer else "")


def wish_of(form: OrderForm, said: Shown | ShownSingles, *, shelf: Shelf, request: HttpRequest) -> Wish:
    """The wish of a valid form, with the page it was made on."""
    facts = form.cleaned_data
    if form.delivery is None or form.delivery_label is None:
        raise ValueError("only a valid form becomes a wish")
    buyer = form.buyer or form.delivery
    customer = request.user if request.user.is_authenticated else None
    return Wish(
        quote=said.quote,
        email=facts["email"],
        title=buyer.title,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        phone=facts["phone"],
        delivery=form.delivery,
        delivery_label=form.delivery_label,
        billing=form.billing,
        billing_label=form.billing_label,
        buyer_kind=str(buyer_kind(form)),
        organisation=facts["organisation"],
        siren=facts["siren"],
        siret=facts["siret"],
        vat_number=facts["vat_number"],
        engagement_number=facts["engagement_number"],
        typed=form.as_typed(),
        consents=consents(form, said, shelf=shelf),
        disclosure=said.snapshot(shelf),
        expected_total=said.quote.amount.amount,
        source_code=facts["source_code"],
        gift=form.gift_wish() if isinstance(form, GiftForm) else None,
        customer=customer,
        ip=client_address(request) or None,
        user_agent=request.headers.get("User-Agent", "")[:300],
    )


def consents(form: OrderForm, said: Shown | ShownSingles, *, shelf: Shelf) -> list[ConsentGiven]:
    """Terms, mandate (where the renewal is automatic), similar offers; a box left empty is a no that is kept too."""
    terms = shelf.text("cgv")
    given: list[ConsentGiven] = [
        ConsentGiven(Consent.Matter.TERMS, True, terms_words(), terms.pk if terms else None),
        ConsentGiven(
            Consent.Matter.SIMILAR_OFFERS, form.cleaned_data["similar_offers"], str(form.fields["similar_offers"].label)
        ),
    ]
    if isinstance(said, Shown) and said.quote.offer.renewal == AUTOMATIC:
        text = said.mandate_text
        given.append(ConsentGiven(Consent.Matter.MANDATE, True, said.mandate, text.pk if text else None))
    return given


def buyer_name(order: Any) -> str:
    """Name of a buyer as Stripe's receipt and the bank know it."""
    return order.organisation or f"{order.first_name} {order.last_name}".strip() or order.email
