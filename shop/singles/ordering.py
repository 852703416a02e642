"""Ordering past issues: the same page, the same form and the same payment as for a subscription, without a year after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.actors import reader
from payments.charging import open_hosted_page
from payments.vat import BuyerKind, split
from shop.checkout import tokens
from shop.checkout.form import ORGANISATION, WHO
from shop.checkout.page import SCREEN, button_words_of, destination
from shop.checkout.views import changed, see_other, to_payment_page, wish_in_hand
from shop.checkout.wishing import buyer_kind, buyer_name, wish_of
from shop.limits import ORDER_BY_ADDRESS, ORDER_BY_EMAIL, count, limited
from shop.singles.choosing import choice_of, list_url, order_url, read_choice
from shop.singles.form import SinglesForm
from shop.singles.views import shelf_page
from shop.storefront.kept import KEEPER
from shop.storefront.showing import cover_url
from shop.storefront.views import page as plain_page
from shop.views import too_many
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.calendar import DeliveryZone
from subscriptions.models import Order
from subscriptions.offers.catalogue import Shelf
from subscriptions.orders.links import cancel_path, return_path, tracking_path
from subscriptions.orders.placing import AlreadyPaid, StillOpen, TotalChanged, place
from subscriptions.orders.quoting import NotForSale
from subscriptions.singles.disclosing import blocks_of_singles, disclosure_of_singles
from subscriptions.singles.quoting import SinglesQuote, quote_singles
from subscriptions.singles.reserving import NoLongerInStock, TooManyWait

#: A debit takes days to be sure, and the copies would wait for it: single issues are paid by card.
BY_CARD = ("card",)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says for one destination."""

    quote: SinglesQuote
    rows: Sequence[Mapping[str, Any]]

    def fingerprint(self) -> str:
        """The same for the same page: sent back with the order and compared (design, rule 11)."""
        facts = [str(self.quote.delivery_zone), [dict(row) for row in self.rows], SCREEN]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]

    def snapshot(self, shelf: Shelf) -> dict[str, Any]:
        """What is kept with the order: what was said, and the words on the button."""
        return disclosure_of_singles(self.quote, shelf.on, shelf=shelf) | {
            "order_screen": SCREEN,
            "button": button_words_of({"amount": self.quote.amount.amount}),
            "shown": [dict(row) for row in self.rows],
        }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(ORDER_BY_ADDRESS)
@to_payment_page
def order(request: HttpRequest) -> HttpResponse:
    """The order page of a selection; sent, it reserves the copies and leads to the payment page.

    Without script the button « refresh » redraws it for another country. Whatever is wrong, it comes back as typed.
    """
    shelf, chosen = KEEPER.shelf(), read_choice(request.GET)
    if shelf.single is None:
        return plain_page("storefront/closed.html", {"here": "singles"}, status=503)
    if not chosen:
        return shelf_page(request, {}, notices=[_("Please choose at least one issue, and how many copies of it.")])
    if request.method == "POST" and "refresh" not in request.POST:
        return _sent(request, shelf, chosen)
    notices: list[str] = []
    if request.method == "POST":
        wish, initial = tokens.of_form(request), request.POST.dict()
        return _drawn(request, _form(shelf, initial=initial), shelf, chosen, wish=wish)
    browser = tokens.of_browser(request) or uuid4()
    wish = wish_in_hand(tokens.of_singles(browser), notices)
    answer = _drawn(
        request, _form(shelf, initial=_beforehand(request)), shelf, chosen, wish=wish, notices=notices
    )  # fmt: skip
    tokens.remember(answer, browser)
    return answer


def again_singles(request: HttpRequest, placed: Order, *, notices: Sequence[str]) -> HttpResponse:
    """The form of an order as it was typed, to be sent once more: after turning back, a refusal or the end of its time."""
    shelf = KEEPER.shelf()
    if shelf.single is None:
        return plain_page("storefront/closed.html", {"here": "singles"}, status=503)
    form = _form(shelf, initial=placed.typed)
    return _drawn(request, form, shelf, choice_of(placed), wish=placed.form_token, notices=notices)


def _beforehand(request: HttpRequest) -> dict[str, Any]:
    """What stands in a fresh form."""
    initial: dict[str, Any] = {"source_code": request.GET.get("source", "")[:40]}
    if request.user.is_authenticated:
        person = request.user
        initial |= {"email": person.email or "", "phone": person.phone}
        initial |= {f"delivery_{name}": getattr(person, name) for name in ("title", "first_name", "last_name")}
    return initial


def _form(shelf: Shelf, *, data: Any = None, initial: Any = None) -> SinglesForm:
    zones = {str(zone) for zone, _price in shelf.zone_prices(shelf.single)} if shelf.single is not None else set()
    return SinglesForm(data, zones=zones, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial)


def _drawn(
    request: HttpRequest,
    form: SinglesForm,
    shelf: Shelf,
    chosen: Mapping[int, int],
    *,
    wish: UUID,
    notices: Sequence[str] = (),
    said: Shown | None = None,
) -> HttpResponse:
    try:
        said = said or _shown_for(form, shelf, chosen)
    except NotForSale as refused:
        return shelf_page(request, chosen, notices=[*notices, *refused.messages])
    return render(
        request, "singles/order.html", _context(form, said, shelf, chosen, wish=tokens.sign(wish), notices=notices)
    )


def _shown_for(form: SinglesForm, shelf: Shelf, chosen: Mapping[int, int]) -> Shown:
    """What the page says for what is typed so far; for the usual place where nothing is sold to that one."""
    try:
        country, postcode = destination(form)
        return _quoted(shelf, chosen, country=country, postcode=postcode)
    except NotForSale:
        country, postcode = destination(_form(shelf))
        return _quoted(shelf, chosen, country=country, postcode=postcode)


def _quoted(
    shelf: Shelf, chosen: Mapping[int, int], *, country: str, postcode: str, kind: str = BuyerKind.CONSUMER
) -> Shown:
    quoted = quote_singles(
        chosen, country=country, postcode=postcode, buyer_kind=kind, on=shelf.on, shelf=shelf
    )  # fmt: skip
    return Shown(quoted, blocks_of_singles(quoted, shelf=shelf, publisher=settings.PUBLISHER))


def _context(
    form: SinglesForm, said: Shown, shelf: Shelf, chosen: Mapping[int, int], *, wish: str, notices: Sequence[str]
) -> dict[str, Any]:
    quoted, typed = said.quote, form.typed_address("delivery")
    amount = quoted.amount.amount
    return {
        "here": "singles",
        "form": form,
        "wish": wish,
        "fingerprint": said.fingerprint(),
        "who": form.bound(WHO),
        "organisation": form.bound(ORGANISATION),
        "country": form["delivery_country"],
        "delivery": form.address_fields("delivery"),
        "billing": form.address_fields("billing", with_country=True),
        "label_lines": preview(typed),
        "label_country": country_line(typed.country),
        "summary": {
            "amount": amount,
            "vat_rate": quoted.vat.rate,
            "vat_amount": split(amount, quoted.vat.rate)[1],
            "zone_name": str(DeliveryZone(quoted.delivery_zone).label),
        },
        "lines": [
            {
                "number": line.issue.printed, "copies": line.copies, "amount": line.amount.amount,
                "cover_url": cover_url(line.issue),
            }
            for line in quoted.lines
        ],
        "disclosure": said.rows,
        "notices": notices,
        "action": order_url(chosen),
        "change_url": list_url(chosen),
        "cgv_url": reverse("legal_text", args=["cgv"]),
        "privacy_url": reverse("legal_text", args=["confidentialite"]),
    }  # fmt: skip


def _sent(request: HttpRequest, shelf: Shelf, chosen: Mapping[int, int]) -> HttpResponse:
    wish, form = tokens.of_form(request), _form(shelf, data=request.POST)
    if not form.is_valid() or form.delivery is None:
        return _drawn(request, form, shelf, chosen, wish=wish)
    if wait := count(ORDER_BY_EMAIL, form.cleaned_data["email"].lower()):
        return too_many(request, wait=wait)
    try:
        said = _quoted(
            shelf, chosen, country=form.delivery.country, postcode=form.delivery.postcode, kind=str(buyer_kind(form))
        )
    except NotForSale as refused:
        if refused.code in ("no_price", "no_rate"):
            form.add_error("delivery_country", refused)
            return _drawn(request, form, shelf, chosen, wish=wish)
        return shelf_page(request, chosen, notices=refused.messages)
    except ValidationError as refused:
        form.add_error("delivery_country", refused)
        return _drawn(request, form, shelf, chosen, wish=wish)
    notice = changed(request, said.quote.amount, said.fingerprint())
    if notice is None:
        try:
            return _placed(request, form, said, shelf, wish=wish)
        except AlreadyPaid as already:
            return see_other(tracking_path(already.order))
        except NoLongerInStock as short:
            return _fewer(request, form, shelf, chosen, short, wish=wish)
        except (TotalChanged, StillOpen, TooManyWait) as refused:
            notice = " ".join(refused.messages)
    return _drawn(request, form, shelf, chosen, wish=wish, notices=[notice], said=said)


def _fewer(
    request: HttpRequest,
    form: SinglesForm,
    shelf: Shelf,
    chosen: Mapping[int, int],
    short: NoLongerInStock,
    *,
    wish: UUID,
) -> HttpResponse:
    """Somebody else was quicker: what is left of the selection with all that was typed, or the list if nothing is."""
    rest = {number: min(copies, short.left.get(number, copies)) for number, copies in chosen.items()}
    rest = {number: copies for number, copies in rest.items() if copies}
    if not rest:
        return shelf_page(request, {}, notices=short.messages)
    return _drawn(request, _form(shelf, initial=form.as_typed()), shelf, rest, wish=wish, notices=short.messages)


def _placed(request: HttpRequest, form: SinglesForm, said: Shown, shelf: Shelf, *, wish: UUID) -> HttpResponse:
    """Order row and reservation first, then the payment page; while Stripe says nothing, the page that tells the truth."""
    at, actor = timezone.now(), reader(request.user)
    wished = wish_of(form, said, shelf=shelf, request=request)
    placed, payment = place(wished, form_token=wish, actor=actor, at=at)
    payment = open_hosted_page(
        payment,
        email=placed.email,
        name=buyer_name(placed),
        success_url=settings.SITE_URL + return_path(placed),
        cancel_url=settings.SITE_URL + cancel_path(placed),
        actor=actor,
        at=at,
        kinds=BY_CARD,
    )
    return see_other(payment.checkout_url if payment.checkout_url and payment.is_open else return_path(placed))
