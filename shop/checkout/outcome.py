"""What became of an order: one truthful page for the return, the letters' links and the impatient."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.days import paris_day
from payments.gateway import decline
from payments.models import Payment
from shop.account.gifts import told_words
from shop.checkout import tokens
from shop.checkout.refusing import link_refused
from shop.checkout.views import again, see_other, to_payment_page
from shop.singles.ordering import again_singles
from shop.singles.saying import singles_said
from shop.storefront.kept import KEEPER
from shop.storefront.showing import cover_url
from subscriptions.calendar import CalendarTooShort, expected_sepa_settlement, first_issue
from subscriptions.models import Entitlement, Gift, Issue, Order
from subscriptions.offers.catalogue import dates_of
from subscriptions.orders.following import Situation, follow, payment_now
from subscriptions.orders.following import situation as situation_of
from subscriptions.orders.links import BadLink, OldLink, cancel_path, card_path, read_tracking, return_path
from subscriptions.singles.selling import is_single

# How the template calls the situations, and after how many seconds the page asks again.
STATES = {
    Situation.PAID: ("paid", None),
    Situation.ON_ITS_WAY: ("on_its_way", None),
    Situation.REFUSED: ("refused", None),
    Situation.NOT_YET_KNOWN: ("unknown", 3),
    Situation.NOT_PAID: ("awaiting", 5),
    Situation.EXPIRED: ("expired", None),
    Situation.CANCELLED: ("cancelled", None),
    Situation.SURPLUS: ("surplus", None),
}
# Later than this nobody is sitting before a page that reloads.
RELOADS_FOR = timedelta(minutes=30)
SEPA = "sepa_debit"


@never_cache
@require_safe
def outcome(request: HttpRequest, token: str) -> HttpResponse:
    """The page after paying, and of the letters. Asks Stripe itself while the answer is not known."""
    at = timezone.now()
    try:
        order = read_tracking(token, at=at)
    except (BadLink, OldLink) as refused:
        return link_refused(request, refused, ended=isinstance(refused, OldLink))
    payment = payment_now(order, at=at, ask=True)
    situation = situation_of(order, payment, asked=payment.looked_up_at == at)
    answer = render(request, "checkout/outcome.html", _told(order, payment, situation))
    if situation == Situation.PAID and tokens.of_browser(request) == order.form_token:
        tokens.forget(answer)
    return answer


@never_cache
@require_safe
@to_payment_page
def cancelled(request: HttpRequest, token: str) -> HttpResponse:
    """Back from the payment page without paying, or resuming later: the form as it was typed.

    If money is on its way after all, or if we cannot know, the truth is told instead.
    """
    at = timezone.now()
    try:
        order = read_tracking(token, at=at)
    except (BadLink, OldLink) as refused:
        return link_refused(request, refused, ended=isinstance(refused, OldLink))
    situation = follow(order, at=at, ask=True)
    sentence = {
        Situation.NOT_PAID: _("You left the payment page: nothing was charged. Your order is as you wrote it."),
        Situation.REFUSED: _("The payment was refused: nothing was charged. Your order is as you wrote it."),
        Situation.EXPIRED: _("The time to pay had run out: nothing was charged. Your order is as you wrote it."),
        Situation.CANCELLED: _("The order was cancelled: nothing was charged. It is as you wrote it."),
    }.get(situation)
    if sentence is None:
        return see_other(return_path(order))
    return (again_singles if is_single(order) else again)(request, order, notices=[sentence])


def _told(order: Order, payment: Payment, situation: Situation) -> dict[str, Any]:
    state, refresh = STATES[situation]
    singles = singles_said(order) if is_single(order) else None
    first = _first(order, payment, situation)
    recent = timezone.now() - order.placed_at < RELOADS_FOR
    payable = payment.is_open and bool(payment.checkout_url) and situation in (Situation.NOT_PAID, Situation.REFUSED)
    resumable = situation in (Situation.NOT_PAID, Situation.REFUSED, Situation.EXPIRED, Situation.CANCELLED)
    return {
        "here": "order",
        "state": state,
        "order": {"reference": order.reference, "email": order.email, "amount": order.amount.amount},
        "first": {"number": first.printed, "post_date": first.posted_on or first.post_on},
        "renewal": order.offer.renewal,
        "prolongs": order.renews_id is not None,
        "gift": _gift(order) if order.is_gift else None,
        "singles": singles,
        "taken_back": bool(singles) and all(line["void"] for line in singles or ()),
        "settles_on": expected_sepa_settlement(paris_day(order.placed_at)),
        "reason": str(decline(payment.decline_code).sentence) if situation == Situation.REFUSED else "",
        "refresh": refresh if recent else None,
        "pay_url": payment.checkout_url if payable else None,
        "again_url": cancel_path(order) if resumable else None,
        "invoice_url": None,
        "account_url": reverse("account_home"),
        "thumb": {"cover_url": cover_url(first), "alt": ""},
    }


def _gift(order: Order) -> dict[str, Any]:
    """Of a gift: to whom, when they are told, and the card."""
    gift: Gift = order.gift
    return {"recipient": gift.recipient_name, "told": told_words(gift), "card_url": card_path(order)}


def _first(order: Order, payment: Payment, situation: Situation) -> Issue:
    """The first issue: that of the term once there is one, else what the calendar promises for this way of paying."""
    if situation == Situation.PAID:
        served = Entitlement.objects.select_related("issue").filter(term__order=order, rank=1).first()
        if served is not None and served.issue is not None:
            return served.issue
    if is_single(order):
        return order.first_issue
    if payment.method_kind == SEPA and order.renews_id is None and not order.is_gift:
        shelf = KEEPER.shelf()
        try:
            found = first_issue(
                [dates_of(row) for row in shelf.issues], on=expected_sepa_settlement(paris_day(order.placed_at))
            )
        except CalendarTooShort:
            return order.first_issue
        return shelf.issue(found.number) or order.first_issue
    return order.first_issue
