"""The account's first page: the subscriptions, and the orders that are still to be paid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from payments.days import paris_day
from shop.account.doors import mine, page, room
from shop.account.showing import cards
from shop.singles.saying import singles_of
from subscriptions.models import Order
from subscriptions.orders.links import VALID_FOR, tracking_path
from subscriptions.singles.selling import is_single

State = Order.State
WAITING = (State.DRAFT, State.AWAITING_PAYMENT)
STATES: dict[str, tuple[Any, str]] = {
    State.DRAFT: (pgettext_lazy("order", "to be paid"), "wait"),
    State.AWAITING_PAYMENT: (pgettext_lazy("order", "to be paid"), "wait"),
    State.INVOICED: (pgettext_lazy("order", "invoiced, to be paid"), "wait"),
    State.PAID: (pgettext_lazy("order", "paid"), "good"),
    State.EXPIRED: (pgettext_lazy("order", "not paid in time"), ""),
    State.CANCELLED: (pgettext_lazy("order", "cancelled"), ""),
}


@room("GET")
def home(request: HttpRequest) -> HttpResponse:
    """What I get, where, until when, what it will cost and when."""
    at = timezone.now()
    every = orders_of(request)
    waiting = [order for order in every if order.state in WAITING]
    return page(
        request,
        "account/home.html",
        "subscription",
        subscriptions=cards(request, list(mine(request)), on=paris_day(at)),
        orders=[order_line(order, at=at) for order in waiting],
        singles=_singles([order for order in every if order.state == State.PAID and is_single(order)], at=at),
        order_url=reverse("order"),
    )


def _singles(orders: list[Order], *, at: datetime) -> list[dict[str, Any]]:
    """The paid orders of past issues, each with what has become of every issue. Two queries, none for none."""
    if not orders:
        return []
    said = singles_of(orders)
    return [order_line(order, at=at) | {"issues": said[order.pk]} for order in orders]


def orders_of(request: HttpRequest) -> list[Order]:
    """A reader's orders, the latest first: theirs, and those placed without signing in under their address."""
    user: Any = request.user
    owned = Q(customer=user) | (Q(customer=None, email=user.email) if user.email else Q())
    return list(Order.objects.filter(owned).select_related("offer").order_by("-pk"))


def order_line(order: Order, *, at: datetime) -> dict[str, Any]:
    """One order; its page is there for as long as its link is."""
    word, tone = STATES[order.state]
    return {
        "reference": in_one_piece(order.reference),
        "placed_on": paris_day(order.placed_at),
        "words": order.offer.title,
        "amount": order.amount.amount,
        "word": word,
        "tone": tone,
        "sentence": _("An order is waiting for its payment:"),
        "url": tracking_path(order) if at - order.placed_at <= VALID_FOR else None,
    }


def in_one_piece(number: str) -> SafeString:
    """A number that no line may break, as readers read it out."""
    return format_html('<span class="nowrap">{}</span>', number)
