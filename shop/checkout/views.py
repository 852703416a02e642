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
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from payments.actors import reader
from payments.charging import open_hosted_page
from payments.models import Payment
from shop.checkout import tokens
from shop.checkout.asked import Asked, asked_again, asked_to_give, filled_in, from_form, invited, sentences
from shop.checkout.form import OrderForm
from shop.checkout.gift_form import GiftForm, giver_beforehand
from shop.checkout.page import Shown, context, refuse, shown, shown_for, start_of
from shop.checkout.refusing import given_already, link_refused, renewed_already
from shop.checkout.wishing import buyer_kind, buyer_name, wish_of
from shop.limits import ORDER_BY_ADDRESS, ORDER_BY_EMAIL, PREVIEW, count, limited
from shop.storefront.views import page as plain_page
from shop.views import too_many
from subscriptions.gifts.links import BadLink as BadGiftLink
from subscriptions.gifts.links import again_path
from subscriptions.gifts.starting import starts
from subscriptions.models import Gift, Offer, Order
from subscriptions.orders.links import cancel_path, return_path, tracking_path
from subscriptions.orders.placing import AlreadyPaid, StillOpen, TotalChanged, place
from subscriptions.orders.quoting import NotForSale, quote
from subscriptions.renewals.links_by_choice import BadLink, OldLink, read_renew

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
def order(request: HttpRequest, code: str = "", *, gift: bool = False) -> HttpResponse:
    """The order page, for oneself or (`gift`) for somebody else; sent, it places the order and leads to the payment page.

    Without script the button « refresh » redraws it for another country. Whatever is wrong, it comes back as typed.
    """
    code = code or request.GET.get("formule", "").replace("\0", "")  # PostgreSQL cannot look for a NUL
    try:
        asked = asked_to_give(request.POST.get("again", "")) if gift else from_form(request, code)
    except (BadLink, OldLink, BadGiftLink) as refused:
        return link_refused(request, refused, ended=isinstance(refused, OldLink))
    if not asked.offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    if request.method == "POST" and "refresh" not in request.POST:
        return _sent(request, asked)
    notices: list[str] = sentences(asked)
    if request.method == "POST":
        wish, initial = tokens.of_form(request), request.POST.dict()
    elif asked.gift is not None:
        return _to_give(request, asked)
    else:
        wish, initial = wish_in_hand(tokens.of_browser(request), notices), _beforehand(request, asked, notices)
    return _drawn(request, _form(asked, initial=initial), asked, wish=wish, notices=notices)


@never_cache
@require_safe
@to_payment_page
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """The order page for whoever prolongs a subscription, by the link of a letter or from the account; filled in.

    The form names the subscription by the same signed token, and goes where every order goes.
    """
    try:
        invitation = read_renew(token, at=timezone.now())
    except (BadLink, OldLink) as refused:
        return link_refused(request, refused, ended=isinstance(refused, OldLink))
    if invitation.subscription.is_gift:
        # Never as a renewal: it is given again, or not. One that another house sold is given anew.
        known = Gift.objects.filter(subscription=invitation.subscription).first()
        return see_other(again_path(known) if known is not None else reverse("gift"))
    asked = invited(invitation, token)
    if not asked.offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    notices = sentences(asked)
    browser = tokens.of_browser(request) or uuid4()
    wish = wish_in_hand(tokens.of_renewal(browser, asked.renews) if asked.renews else browser, notices)
    initial = filled_in(invitation) | {"source_code": request.GET.get("source", "")[:40]}
    if request.user.is_authenticated and request.user.pk != invitation.subscription.payer_id:
        initial["email"] = request.user.email or ""
    answer = _drawn(request, _form(asked, initial=initial), asked, wish=wish, notices=notices)
    tokens.remember(answer, browser)
    return answer


@never_cache
@require_safe
@to_payment_page
def give_again(request: HttpRequest, token: str) -> HttpResponse:
    """The order page for whoever gives another year, by the link of a letter or from the account; filled in."""
    try:
        asked = asked_to_give(token)
    except BadGiftLink as refused:
        return link_refused(request, refused, ended=False)
    if not asked.offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    return _to_give(request, asked)


def _to_give(request: HttpRequest, asked: Asked) -> HttpResponse:
    """A fresh form to give by."""
    browser = tokens.of_browser(request) or uuid4()
    before = asked.gift.continues if asked.gift else None
    notices: list[str] = []
    wish = wish_in_hand(tokens.of_gift(browser, before.pk if before else None), notices)
    initial = {"source_code": request.GET.get("source", "")[:40]} | giver_beforehand(before, request.user)
    answer = _drawn(request, _form(asked, initial=initial), asked, wish=wish, notices=notices)
    tokens.remember(answer, browser)
    return answer


@never_cache
@require_POST
@limited(PREVIEW)
def label(request: HttpRequest, *, gift: bool = False) -> HttpResponse:
    """The parts of the order page that typing changes: label, address fields, bill, what is said, button."""
    try:
        again = request.POST.get("again", "")
        asked = asked_to_give(again) if gift else from_form(request, request.GET.get("formule", ""))
    except (BadLink, OldLink, BadGiftLink):
        raise Http404 from None
    if not asked.offers:
        raise Http404
    form = _form(asked, initial=request.POST.dict())
    said = _shown(form, asked)
    wish = tokens.sign(tokens.of_form(request))
    return render(request, "checkout/parts.html", context(form, asked, said=said, wish=wish))


def again(request: HttpRequest, order: Order, *, notices: Sequence[str]) -> HttpResponse:
    """The form of an order as it was typed, to be sent once more: after turning back, a refusal or the end of its time."""
    asked = asked_again(order)
    if not asked.offers:
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    said = [*notices, *sentences(asked)]
    if asked.shelf.offer(order.offer.code) is None:
        said.append(_("The offer you had chosen is no longer on sale. Here is the one that is."))
    return _drawn(request, _form(asked, initial=order.typed), asked, wish=order.form_token, notices=said)


def _form(asked: Asked, *, data: Any = None, initial: Any = None) -> OrderForm:
    shelf, offers = asked.shelf, asked.offers
    zones = {str(zone) for offer in offers.values() for zone, _price in shelf.zone_prices(offer)}
    if asked.gift is not None:
        return GiftForm(
            data, renewals=list(offers), zones=zones, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial,
            starts=starts(shelf, after=asked.gift.after), on=shelf.on, continues=asked.gift.continues,
        )  # fmt: skip
    return OrderForm(
        data, renewals=list(offers), zones=zones, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial
    )


def wish_in_hand(wish: UUID | None, notices: list[str]) -> UUID:
    """The browser's wish, unless it has come true: then a new one begins, and the page says so."""
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


def _beforehand(request: HttpRequest, asked: Asked, notices: list[str]) -> dict[str, Any]:
    """What stands in a fresh form. Automatic renewal is never chosen beforehand (law.md 4.2)."""
    offer = asked.shelf.offer(asked.code)
    if asked.code and offer is None:
        if not Offer.objects.filter(code=asked.code).exists():
            raise Http404
        notices.append(_("The offer you had chosen is no longer on sale. Here is the one that is."))
    initial: dict[str, Any] = {"source_code": request.GET.get("source", "")[:40]}
    if offer is None or offer.renewal == Offer.Renewal.FIXED:
        initial["renewal"] = str(Offer.Renewal.FIXED)
    if request.user.is_authenticated:
        person = request.user
        initial |= {"email": person.email or "", "phone": person.phone}
        initial |= {f"delivery_{name}": getattr(person, name) for name in ("title", "first_name", "last_name")}
    return initial


def _shown(form: OrderForm, asked: Asked) -> Shown:
    try:
        return shown_for(form, asked)
    except NotForSale:
        # Not sold there: draw the page for the country itself, the check will say what is wrong with the address.
        return shown_for(_form(asked), asked)


def _drawn(
    request: HttpRequest,
    form: OrderForm,
    asked: Asked,
    *,
    wish: UUID,
    notices: Sequence[str] = (),
    said: Shown | None = None,
) -> HttpResponse:
    try:
        said = said or _shown(form, asked)
    except NotForSale as refused:
        if asked.renews is not None:
            return renewed_already(request, asked.renews, refused)
        if asked.gift is not None and asked.gift.continues is not None:
            return given_already(request, asked.gift.continues)
        return plain_page("storefront/closed.html", {"here": "order"}, status=503)
    template = "checkout/gift.html" if asked.gift is not None else "checkout/order.html"
    answer = render(request, template, context(form, asked, said=said, wish=tokens.sign(wish), notices=notices))
    _remember(answer, asked, wish)
    return answer


def _remember(answer: HttpResponse, asked: Asked, wish: UUID) -> None:
    """Keep the browser's wish; that of a renewal or a gift is made from it (see `tokens`)."""
    if asked.renews is None and asked.gift is None:
        tokens.remember(answer, wish)


def _sent(request: HttpRequest, asked: Asked) -> HttpResponse:
    wish = tokens.of_form(request)
    if asked.renews is not None:
        # A tab left open shows the year that is paid by now; sent again, it must not read as an offer of the next one.
        paid = Order.objects.filter(form_token=wish, state=Order.State.PAID).first()
        if paid is not None:
            return see_other(tracking_path(paid))
    form = _form(asked, data=request.POST)
    if not form.is_valid() or form.delivery is None:
        return _drawn(request, form, asked, wish=wish)
    if wait := count(ORDER_BY_EMAIL, form.cleaned_data["email"].lower()):
        return too_many(request, wait=wait)
    try:
        quoted = quote(
            asked.offers[form.cleaned_data["renewal"]],
            country=form.delivery.country,
            postcode=form.delivery.postcode,
            buyer_kind=buyer_kind(form),
            on=asked.shelf.on,
            shelf=asked.shelf,
            renews=asked.renews,
            gift=start_of(form, asked),
        )
    except ValidationError as refused:
        refuse(form, refused)
        return _drawn(request, form, asked, wish=wish)
    said = shown(quoted, asked)
    notice = changed(request, said.quote.amount, said.fingerprint())
    if notice is None:
        try:
            return _placed(request, form, said, asked, wish=wish)
        except AlreadyPaid as already:
            return see_other(tracking_path(already.order))
        except (TotalChanged, StillOpen) as refused:
            notice = " ".join(refused.messages)
    return _drawn(request, form, asked, wish=wish, notices=[*sentences(asked), notice], said=said)


def changed(request: HttpRequest, amount: Any, fingerprint: str) -> str | None:
    """A sentence if the page the buyer sent is no longer what would be ordered (design, rule 11). `amount`: Money."""
    try:
        total = Decimal(request.POST.get("expected_total", ""))
    except InvalidOperation:
        total = Decimal(-1)
    if not total.is_finite() or total != amount.amount:  # a signalling NaN cannot even be compared
        return " ".join(TotalChanged(amount).messages)
    if request.POST.get("fingerprint") != fingerprint:
        return _("What is said below has changed with the day or the place of delivery. Please read it and confirm.")
    return None


def _placed(request: HttpRequest, form: OrderForm, said: Shown, asked: Asked, *, wish: UUID) -> HttpResponse:
    """Order row first, then the payment page; while Stripe says nothing, the page that tells the truth."""
    at, actor = timezone.now(), reader(request.user)
    wished = wish_of(form, said, shelf=asked.shelf, request=request)
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
    _remember(answer, asked, wish)
    return answer
