"""Change of card or account, on Stripe's page in setup mode: nothing is debited, and the next charge uses it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments import gateway
from payments.actors import reader
from payments.days import paris_day
from payments.methods import known_at_stripe, look_up_setup, open_setup_page, payer_account, wish_other_method
from payments.models import MethodSetup
from payments.owners import tell_method_changed
from shop.account.doors import may_pay, one_of_mine, page, room
from shop.account.showing import means_words
from shop.checkout.views import see_other, to_payment_page
from shop.limits import Limit
from shop.watch.bell import ring
from subscriptions.dates import SubscriptionDates, dates_of_subscription
from subscriptions.methods import SUBJECT
from subscriptions.models import Subscription

CHANGES = Limit("card", times=10, seconds=3600)
State = MethodSetup.State
# A page about to close is not handed out again.
STILL_GOOD = timedelta(minutes=5)


@room("GET", "POST", limit=CHANGES)
@to_payment_page
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """What pays now and when next; sent, it leads to Stripe's page. Twice sent, it is the same page."""
    subscription = _payable(request, pk)
    if request.method != "POST":
        return _drawn(request, subscription)
    at = timezone.now()
    try:
        setup = _opened(request, subscription, at=at)
    except gateway.GatewayFault:
        form = forms.Form(data={})
        form.add_error(
            None, _("The payment service does not answer just now. Nothing has changed; please try again in a minute.")
        )
        return _drawn(request, subscription, form=form, status=503)
    if setup.state != State.CREATED:
        return see_other(_return_path(subscription, setup))
    return see_other(setup.checkout_url)


@room("GET")
def returned(request: HttpRequest, pk: int, reference: str) -> HttpResponse:
    """Back from Stripe's page: what became of it, asked of Stripe itself while it is not known."""
    subscription = one_of_mine(request, pk)
    setup = MethodSetup.objects.filter(reference=reference, subject=f"{SUBJECT}{subscription.pk}").first()
    if setup is None or subscription.payer_id != request.user.pk:
        raise Http404
    known = True
    try:
        _look_up(request, setup, at=timezone.now())
    except gateway.GatewayFault:
        known = False
    setup.refresh_from_db()
    subscription.refresh_from_db()
    state = {State.DONE: "done", State.EXPIRED: "expired"}.get(State(setup.state), "open" if known else "unknown")
    dates = dates_of_subscription(subscription, on=paris_day(timezone.now()))
    return page(
        request,
        "account/card_return.html",
        "subscription",
        state=state,
        means=means_words(dates.means),
        next_charge=_next_charge(dates),
        card_url=reverse("account_card", args=[subscription.pk]),
        back_url=reverse("account_home"),
    )


def _payable(request: HttpRequest, pk: int) -> Subscription:
    subscription = one_of_mine(request, pk)
    if not may_pay(request, subscription):
        raise Http404
    return subscription


def _opened(request: HttpRequest, subscription: Subscription, *, at: datetime) -> MethodSetup:
    """The page to go to: the one still open, else a new one. Row first, then Stripe; outside any transaction."""
    subject = f"{SUBJECT}{subscription.pk}"
    earlier = (
        MethodSetup.objects.filter(
            subject=subject,
            state=State.CREATED,
            payer_account__customer=request.user.pk,
            checkout_session__isnull=False,
            checkout_expires_at__gt=at + STILL_GOOD,
        )
        .order_by("-pk")
        .first()
    )
    if earlier is not None:
        found = _look_up(request, earlier, at=at)
        if found.state != State.EXPIRED:
            return found
    user = request.user
    account = payer_account(f"customer:{user.pk}", customer=user, at=at)
    setup = wish_other_method(account, subject=subject, actor=reader(user), minutes=settings.CHECKOUT_MINUTES, at=at)
    setup.payer_account = known_at_stripe(account, email=user.email, name=user.full_name)  # type: ignore[union-attr]
    back = settings.SITE_URL + _return_path(subscription, setup)
    return open_setup_page(setup, success_url=back, cancel_url=back)


def _look_up(request: HttpRequest, setup: MethodSetup, *, at: datetime) -> MethodSetup:
    """Ask Stripe, and put what the reader left to use; the webhook may have done so already."""
    found = look_up_setup(setup, at=at)
    if found.state == State.DONE:
        tell_method_changed(found, actor=reader(request.user), at=at)
        ring("letters")
    return found


def _return_path(subscription: Subscription, setup: MethodSetup) -> str:
    return reverse("account_card_return", args=[subscription.pk, setup.reference])


def _drawn(
    request: HttpRequest, subscription: Subscription, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    dates = dates_of_subscription(subscription, on=paris_day(timezone.now()))
    return page(
        request,
        "account/card.html",
        "subscription",
        status=status,
        means=means_words(dates.means),
        next_charge=_next_charge(dates),
        form=form or forms.Form(),
        action=reverse("account_card", args=[subscription.pk]),
        back_url=reverse("account_home"),
    )


def _next_charge(dates: SubscriptionDates) -> dict[str, object] | None:
    if dates.renewal is None or dates.renewal.amount is None:
        return None
    return {"on": dates.renewal.on, "amount": dates.renewal.amount}
