"""Ordering: the page, the label drawn while one types, and the way to the payment page and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from payments.actors import reader
from payments.charging import open_hosted_page
from payments.models import Payment
from shop.checkout import tokens
from shop.checkout.form import OrderForm
from shop.checkout.page import Shown, context, offers_for, refuse, shown, shown_for
from shop.checkout.wishing import buyer_kind, buyer_name, wish_of
from shop.limits import ORDER_BY_ADDRESS, ORDER_BY_EMAIL, PREVIEW, count, limited
from shop.storefront.kept import KEEPER
from shop.storefront.views import page as plain_page
from shop.views import too_many
from subscriptions.models import Offer, Order
from subscriptions.offers.catalogue import Shelf
from subscriptions.orders.links import cancel_path, return_path, tracking_path
from subscriptions.orders.placing import AlreadyPaid, StillOpen, TotalChanged, place
from subscriptions.orders.quoting import NotForSale, quote

View = Callable[..., HttpResponse]


def to_payment_page(view: View) -> View:
    """Let the forms of this page lead to the payment page: browsers check the redirect too (form-action)."""

    @wraps(view)
    def allowed(*args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(*args, **kwargs)
        answer._csp_update = {"form-action": [settings.STRIPE_CHECKOUT_ORIGIN]}  # type: ignore[attr-defined]
        return answer

    return allowed


def see_other(path: str) -> HttpResponseRedirect:
    """303: the form was taken, look there; a reload there sends nothing again."""
    answer = HttpResponseRedirect(path)
    answer.status_code = 303
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(ORDER_BY_ADDRESS)
@to_payment_page
def order(request: HttpRequest, code: str = "") -> HttpResponse:
    """The order page; sent, it places the order and leads to the payment page.

    Without script the button « refresh » redraws it for another country. Whatever is wrong, it comes back as typed.
    """
    shelf = KEEPER.shelf()
    code = code or request.GET.get("formule", "").replace("\0", "")  # PostgreSQL cannot look for a NUL
    offers = offers_for(shelf, code)
    if not offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    if request.method == "POST" and "refresh" not in request.POST:
        return _sent(request, shelf=shelf, offers=offers, code=code)
    notices: list[str] = []
    if request.method == "POST":
        wish, initial = tokens.of_form(request), request.POST.dict()
    else:
        wish, initial = _wish_in_hand(request, notices), _beforehand(request, shelf, code, notices)
    form = _form(shelf, offers, initial=initial)
    return _drawn(request, form, shelf=shelf, offers=offers, code=code, wish=wish, notices=notices)


@never_cache
@require_POST
@limited(PREVIEW)
def label(request: HttpRequest) -> HttpResponse:
    """The parts of the order page that typing changes: label, address fields, bill, what is said, button."""
    shelf, code = KEEPER.shelf(), request.GET.get("formule", "")
    offers = offers_for(shelf, code)
    if not offers:
        raise Http404
    form = _form(shelf, offers, initial=request.POST.dict())
    said = _shown(form, shelf=shelf, offers=offers)
    wish = tokens.sign(tokens.of_form(request))
    return render(request, "checkout/parts.html", context(form, shelf=shelf, said=said, wish=wish, code=code))


def again(request: HttpRequest, order: Order, *, notices: Sequence[str]) -> HttpResponse:
    """The form of an order as it was typed, to be sent once more: after turning back, a refusal or the end of its time."""
    shelf, code = KEEPER.shelf(), order.offer.code
    offers = offers_for(shelf, code)
    if not offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    said = list(notices)
    if shelf.offer(code) is None:
        said.append(_("The offer you had chosen is no longer on sale. Here is the one that is."))
    form = _form(shelf, offers, initial=order.typed)
    return _drawn(request, form, shelf=shelf, offers=offers, code=code, wish=order.form_token, notices=said)


def _form(shelf: Shelf, offers: dict[str, Offer], *, data: Any = None, initial: Any = None) -> OrderForm:
    zones = {str(zone) for offer in offers.values() for zone, _price in shelf.zone_prices(offer)}
    return OrderForm(
        data, renewals=list(offers), zones=zones, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial
    )


def _wish_in_hand(request: HttpRequest, notices: list[str]) -> UUID:
    """The browser's wish, unless it has come true: then a new one begins, and the page says so."""
    wish = tokens.of_browser(request)
    if wish is None:
        return uuid4()
    placed = Order.objects.filter(form_token=wish)
    paid = placed.filter(state=Order.State.PAID).first()
    if paid is not None:
        said = _("Your order %(reference)s is paid. What you write here is a new order.")
        notices.append(said % {"reference": paid.reference})
        return uuid4()
    # A debit takes days: whoever opens a fresh page meanwhile wants another subscription. A form sent twice keeps its wish.
    waiting = {one.subject: one for one in placed.filter(state=Order.State.AWAITING_PAYMENT)}
    debited = Payment.objects.filter(subject__in=waiting, state=Payment.State.PROCESSING).first() if waiting else None
    if debited is None:
        return wish
    said = _("The debit for your order %(reference)s is on its way. What you write here is a new order.")
    notices.append(said % {"reference": waiting[debited.subject].reference})
    return uuid4()


def _beforehand(request: HttpRequest, shelf: Shelf, code: str, notices: list[str]) -> dict[str, Any]:
    """What stands in a fresh form. Automatic renewal is never chosen beforehand (law.md 4.2)."""
    asked = shelf.offer(code)
    if code and asked is None:
        if not Offer.objects.filter(code=code).exists():
            raise Http404
        notices.append(_("The offer you had chosen is no longer on sale. Here is the one that is."))
    initial: dict[str, Any] = {"source_code": request.GET.get("source", "")[:40]}
    if asked is None or asked.renewal == Offer.Renewal.FIXED:
        initial["renewal"] = str(Offer.Renewal.FIXED)
    if request.user.is_authenticated:
        person = request.user
        initial |= {"email": person.email or "", "phone": person.phone}
        initial |= {f"delivery_{name}": getattr(person, name) for name in ("title", "first_name", "last_name")}
    return initial


def _shown(form: OrderForm, *, shelf: Shelf, offers: dict[str, Offer]) -> Shown:
    try:
        return shown_for(form, shelf=shelf, offers=offers)
    except NotForSale:
        # Not sold there: draw the page for the country itself, the check will say what is wrong with the address.
        home = _form(shelf, offers)
        return shown_for(home, shelf=shelf, offers=offers)


def _drawn(
    request: HttpRequest,
    form: OrderForm,
    *,
    shelf: Shelf,
    offers: dict[str, Offer],
    code: str,
    wish: UUID,
    notices: Sequence[str] = (),
    said: Shown | None = None,
) -> HttpResponse:
    try:
        said = said or _shown(form, shelf=shelf, offers=offers)
    except NotForSale:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    whole = context(form, shelf=shelf, said=said, wish=tokens.sign(wish), code=code, notices=notices)
    answer = render(request, "checkout/order.html", whole)
    tokens.remember(answer, wish)
    return answer


def _sent(request: HttpRequest, *, shelf: Shelf, offers: dict[str, Offer], code: str) -> HttpResponse:
    wish = tokens.of_form(request)
    again_with: dict[str, Any] = {"shelf": shelf, "offers": offers, "code": code, "wish": wish}
    form = _form(shelf, offers, data=request.POST)
    if not form.is_valid() or form.delivery is None:
        return _drawn(request, form, **again_with)
    if wait := count(ORDER_BY_EMAIL, form.cleaned_data["email"].lower()):
        return too_many(request, wait=wait)
    try:
        quoted = quote(
            offers[form.cleaned_data["renewal"]],
            country=form.delivery.country,
            postcode=form.delivery.postcode,
            buyer_kind=buyer_kind(form),
            on=shelf.on,
            shelf=shelf,
        )
    except ValidationError as refused:
        refuse(form, refused)
        return _drawn(request, form, **again_with)
    said = shown(quoted, shelf=shelf, offers=offers)
    notice = _changed(request, said)
    if notice is None:
        try:
            return _placed(request, form, said, shelf=shelf, wish=wish)
        except AlreadyPaid as paid:
            return see_other(tracking_path(paid.order))
        except (TotalChanged, StillOpen) as refused:
            notice = " ".join(refused.messages)
    return _drawn(request, form, **again_with, notices=[notice], said=said)


def _changed(request: HttpRequest, said: Shown) -> str | None:
    """A sentence if the page the buyer sent is no longer what would be ordered (design, rule 11)."""
    try:
        total = Decimal(request.POST.get("expected_total", ""))
    except InvalidOperation:
        total = Decimal(-1)
    if not total.is_finite() or total != said.quote.amount.amount:  # a signalling NaN cannot even be compared
        return " ".join(TotalChanged(said.quote.amount).messages)
    if request.POST.get("fingerprint") != said.fingerprint():
        return _("What is said below has changed with the day or the place of delivery. Please read it and confirm.")
    return None


def _placed(request: HttpRequest, form: OrderForm, said: Shown, *, shelf: Shelf, wish: UUID) -> HttpResponse:
    """Order row first, then the payment page; while Stripe says nothing, the page that tells the truth."""
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
    )
    answer = see_other(payment.checkout_url if payment.checkout_url and payment.is_open else return_path(placed))
    tokens.remember(answer, wish)
    return answer
