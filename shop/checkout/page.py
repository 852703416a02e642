"""The order page: what stands on it for what is typed so far, and the fingerprint of what the buyer was shown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from payments.territories import UnknownTerritory
from payments.vat import BuyerKind, split
from shop.checkout.address_fields import HOME, USUAL_POSTCODE
from shop.checkout.form import ORGANISATION, WHO, OrderForm
from shop.checkout.gift_form import gift_context
from shop.storefront.showing import cover_url, said_before
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.addresses.rules import canonical_postcode, postal_rules
from subscriptions.calendar import DeliveryZone, delivery_zone_of
from subscriptions.gifts.starting import Start, begun_with
from subscriptions.gifts.words import BLOCK
from subscriptions.models import LegalText, Offer
from subscriptions.offers.catalogue import Shelf, Standing
from subscriptions.offers.disclosing import disclosure, prolonging_words
from subscriptions.orders.quoting import NotForSale, Quote, quote
from subscriptions.prolonging import prolonged
from subscriptions.texts import mandate_words

if TYPE_CHECKING:
    from shop.checkout.asked import Asked

SCREEN = "2026-11"  # changes with any wording of the page that is not in the snapshot (law.md 4.2)
FIXED = Offer.Renewal.FIXED
AUTOMATIC = Offer.Renewal.AUTOMATIC


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says for one destination: each formula as it stands there, and the words beside them."""

    quote: Quote
    standings: Mapping[str, Standing]
    rows: Sequence[Mapping[str, Any]]
    mandate: str
    mandate_text: LegalText | None

    def fingerprint(self) -> str:
        """The same for the same page, whichever formula is chosen on it: sent back with the order and compared."""
        facts = [
            str(self.quote.delivery_zone),
            {renewal: str(standing.amount.amount) for renewal, standing in self.standings.items()},
            self.mandate,
            [dict(row) for row in self.rows],
            SCREEN,
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]

    def snapshot(self, shelf: Shelf) -> dict[str, Any]:
        """What is kept with the order: the disclosure of the formula chosen, and the page as it was shown."""
        return disclosure(self.quote, shelf.on, shelf=shelf) | {
            "order_screen": SCREEN,
            "button": button_words(self.quote),
            "shown": [dict(row) for row in self.rows],
        }


def offers_for(shelf: Shelf, code: str) -> dict[str, Offer]:
    """The formulas to choose from, one per kind of renewal: those like the offer of `code`, else the first on sale."""
    asked = shelf.offer(code)
    like = [
        offer
        for offer in shelf.offers
        if asked is None or (offer.copies, offer.months) == (asked.copies, asked.months) or offer == asked
    ]
    found: dict[str, Offer] = {}
    for offer in ([asked] if asked else []) + like:
        found.setdefault(str(offer.renewal), offer)
    return {str(kind): found[kind] for kind in (FIXED, AUTOMATIC) if kind in found}


def destination(form: OrderForm) -> tuple[str, str]:
    """Country and postcode as far as they are typed; the country's usual postcode while its own says nothing."""
    country = form.country("delivery")
    rules = postal_rules(country)
    typed = form.postcode("delivery")
    postcode = canonical_postcode(typed, rules=rules) if rules else typed
    for candidate in (postcode, USUAL_POSTCODE.get(country, "")):
        try:
            delivery_zone_of(country, candidate)
        except UnknownTerritory:
            continue
        return country, candidate
    return HOME, USUAL_POSTCODE[HOME]


def shown_for(form: OrderForm, asked: Asked) -> Shown:
    """What the page says for what is typed so far. No query. Raises NotForSale where nothing is sold there."""
    renewal, shelf = form.value("renewal"), asked.shelf
    chosen = asked.offers.get(renewal) or next(iter(asked.offers.values()))
    country, postcode = destination(form)
    quoted = quote(
        chosen,
        country=country,
        postcode=postcode,
        buyer_kind=BuyerKind.CONSUMER,
        on=shelf.on,
        shelf=shelf,
        renews=asked.renews,
        gift=start_of(form, asked),
    )
    return shown(quoted, asked)


def start_of(form: OrderForm, asked: Asked) -> Start | None:
    """With which issue a gift is to begin, as far as it is chosen; None for what is no gift."""
    if asked.gift is None:
        return None
    number = form.value("start")
    return Start(int(number) if number.isascii() and number.isdigit() else None, after=asked.gift.after)


def shown(quoted: Quote, asked: Asked) -> Shown:
    """What the page says for a quote's destination. No query."""
    shelf = asked.shelf
    found = {kind: shelf.standing(offer, quoted.delivery_zone) for kind, offer in asked.offers.items()}
    if asked.renews is not None:
        found = {kind: one and prolonged(one, asked.renews, shelf=shelf) for kind, one in found.items()}
    if asked.gift is not None:
        first, after = quoted.first_issue.number, asked.gift.after
        found = {kind: one and begun_with(one, first, shelf=shelf, after=after) for kind, one in found.items()}
    standings = {kind: standing for kind, standing in found.items() if standing is not None}
    text = shelf.text("mandat")
    words = ""
    if AUTOMATIC in standings and text is not None:
        words = mandate_words(text, standings[AUTOMATIC].amount)
    rows = said_before(shelf, list(standings.values()))
    return Shown(quoted, standings, [BLOCK, *rows] if asked.gift is not None else rows, words, text)


def context(
    form: OrderForm,
    asked: Asked,
    *,
    said: Shown,
    wish: str,
    notices: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything `templates/checkout/order.html` and its parts want. No query."""
    quoted = said.quote
    typed = form.typed_address("delivery")
    code = f"?formule={asked.code}" if asked.code else ""
    if asked.gift is not None:
        own = gift_context(form, asked.gift)
    else:
        own = {
            "who": form.bound(WHO),
            "organisation": form.bound(ORGANISATION),
            "country": form["delivery_country"],
            "delivery": form.address_fields("delivery"),
            "renewals": _renewals(form, said),
            "action": reverse("order") + code,
            "label_url": reverse("order_label") + code,
        }
    return own | {
        "here": "order",
        "form": form,
        "wish": wish,
        "fingerprint": said.fingerprint(),
        "billing": form.address_fields("billing", with_country=True),
        "label_lines": preview(typed),
        "label_country": country_line(typed.country),
        "summary": summary(quoted),
        "first": {"number": quoted.first_issue.printed, "post_date": quoted.first_issue.post_on},
        "thumb": {"cover_url": cover_url(quoted.first_issue), "alt": ""},
        "mandate": said.mandate,
        "disclosure": said.rows,
        "delivery_note": _delivery_note(asked.shelf, quoted.offer),
        "notices": notices,
        "prolongs": prolonging_words(quoted) if quoted.prolongs else "",
        "renews": asked.token,
        "cgv_url": reverse("legal_text", args=["cgv"]),
        "privacy_url": reverse("legal_text", args=["confidentialite"]),
    }


def summary(quoted: Quote) -> dict[str, Any]:
    """The bill: what, how much, with which VAT."""
    amount: Decimal = quoted.amount.amount
    return {
        "title": f"{settings.PUBLISHER['brand']}, {quoted.offer.title}",
        "copies": quoted.offer.copies,
        "quantity": quoted.quantity,
        "amount": amount,
        "vat_rate": quoted.vat.rate,
        "vat_amount": split(amount, quoted.vat.rate)[1],
        "zone_name": str(DeliveryZone(quoted.delivery_zone).label),
    }


def button_words(quoted: Quote) -> str:
    """The words on the order button, from the template that draws it."""
    return button_words_of(summary(quoted))


def button_words_of(bill: Mapping[str, Any]) -> str:
    """The words on the button below a bill, of which only the `amount` counts."""
    drawn = strip_tags(render_to_string("checkout/button_words.html", {"summary": bill}))
    return re.sub(r"[ \n]+", " ", drawn).strip()


def terms_words() -> str:
    """The words beside the box of the terms, as the page shows them."""
    return strip_tags(
        _('I have read the <a href="%(cgv_url)s" target="_blank" rel="noopener">terms of sale</a> and accept them.')
    )


def refuse(form: OrderForm, refused: ValidationError) -> None:
    """Say beside the right field why an order cannot be taken."""
    code = refused.code if isinstance(refused, NotForSale) else ""
    field = {"off_sale": "renewal", "start": "start"}.get(code, "delivery_country")
    form.add_error(field if field in form.fields else None, refused)


def _renewals(form: OrderForm, said: Shown) -> list[dict[str, Any]]:
    return [
        {
            "value": choice.data["value"],
            "tag": choice.tag(),
            "id": choice.id_for_label,
            "price": said.standings[choice.data["value"]].amount.amount,
        }
        for choice in form["renewal"]
        if choice.data["value"] in said.standings
    ]


def _delivery_note(shelf: Shelf, offer: Offer) -> str:
    zones = {zone for zone, _price in shelf.zone_prices(offer)}
    if zones == set(DeliveryZone) and not settings.DELIVERY_COUNTRIES:
        where = _("We deliver to every country that has a postal service.")
    else:
        where = _("We deliver to the countries of the list below.")
    how = _("You pay at the end, by bank card or SEPA direct debit, on the secure page of Stripe.")
    return f"{where} {how}"
