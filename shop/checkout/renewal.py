"""Paying a renewal: one truthful page for the letters' links, on which the reader pays, and for the return from Stripe."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from payments import gateway
from payments.actors import reader
from payments.charging import open_hosted_page
from payments.days import paris_day
from payments.gateway import decline
from shop.checkout.views import see_other, to_payment_page
from shop.limits import FORGED_LINK, Limit, limited, wait_of
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.calendar import expected_sepa_settlement
from subscriptions.models import Renewal
from subscriptions.notices.paths import public_function
from subscriptions.renewals.checks import usable
from subscriptions.renewals.links import BadLink, OldLink, pay_path, read_token, return_path
from subscriptions.renewals.paying import Situation, begin, follow, last_payment, offered

PAY_BY_ADDRESS = Limit("pay-renewal", times=30, seconds=600)
#: After how many seconds the page asks again.
ASKS_AGAIN = {Situation.NOT_YET_KNOWN: 3}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(PAY_BY_ADDRESS)
@to_payment_page
def pay_renewal(request: HttpRequest, token: str) -> HttpResponse:
    """What would be paid, for how much and until when; sent, it leads to Stripe's page. Twice sent, it is the same page."""
    try:
        renewal = read_token(token, on=paris_day(timezone.now()))
    except (BadLink, OldLink) as refused:
        return _refused(request, refused)
    if request.method != "POST":
        return _drawn(request, renewal, ask=True)
    at, actor = timezone.now(), reader(request.user)
    back = settings.SITE_URL + return_path(renewal)
    try:
        payment = begin(renewal, actor=actor, at=at)
        payer = renewal.subscription.payer
        payment = open_hosted_page(
            payment,
            email=payer.email or "" if payer else "",
            name=payer.full_name if payer else "",
            success_url=back,
            cancel_url=back,
            actor=actor,
            at=at,
        )
    except ValidationError as refused:
        return _drawn(request, renewal, ask=True, trouble=" ".join(refused.messages))
    except gateway.GatewayFault:
        said = _("The payment service does not answer just now. Nothing was charged; please try again in a minute.")
        return _drawn(request, renewal, ask=False, trouble=said, status=503)
    return see_other(payment.checkout_url if payment.checkout_url and payment.is_open else return_path(renewal))


@never_cache
@require_safe
@to_payment_page
def returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe's page, having paid or not: asks Stripe itself while the answer is not known."""
    try:
        renewal = read_token(token, on=paris_day(timezone.now()))
    except (BadLink, OldLink) as refused:
        return _refused(request, refused)
    return _drawn(request, renewal, ask=True, back=True)


def _drawn(
    request: HttpRequest, renewal: Renewal, *, ask: bool, trouble: str = "", back: bool = False, status: int = 200
) -> HttpResponse:
    """The page as things stand. Without script it asks again by itself only while the answer is not known."""
    at = timezone.now()
    found = follow(renewal, at=at, ask=ask, back=back)
    if found == Situation.PAID:
        ring("letters")
    form = forms.Form(data={}) if trouble else forms.Form()
    if trouble:
        form.add_error(None, trouble)
    said: dict[str, Any] = {
        "state": str(found),
        "renewal": renewal,
        "form": form,
        "agreed": renewal.state != Renewal.State.MANUAL,
        "number": renewal.subscription.number,
        "reason": _reason(renewal, found),
        "action": pay_path(renewal),
        "refresh": ASKS_AGAIN.get(found),
        "left": back and found == Situation.OPEN,
        "offer": offered(renewal, on=paris_day(at)) if found in (Situation.OPEN, Situation.REFUSED) else None,
        "debited_on": _debited_on(renewal, today=paris_day(at)),
        "settles_on": _settles_on(renewal) if found == Situation.ON_ITS_WAY else None,
        "terminate_url": public_function("terminate"),
        "account_url": reverse("account_home"),
        "offer_url": reverse("offer"),
    }
    return render(request, "checkout/renewal_payment.html", said, status=status)


def _reason(renewal: Renewal, found: Situation) -> str:
    """Why the last try was refused, in the words of the closed table."""
    if found == Situation.REFUSED:
        payment = last_payment(renewal)
        return str(decline(payment.decline_code, kind=payment.method_kind).sentence) if payment else ""
    if found == Situation.OPEN and renewal.decline_code:
        return str(decline(renewal.decline_code).sentence)
    return ""


def _debited_on(renewal: Renewal, *, today: date) -> date | None:
    """The day on which we charge by ourselves what the reader does not pay here; None if we do not, or cannot.

    A charge that is late is made today.
    """
    state, on = renewal.state, renewal.renews_on
    if state == Renewal.State.RETRYING:
        on = renewal.next_try_on
    elif state not in (Renewal.State.ANNOUNCED, Renewal.State.DUE):
        return None
    if on is None:
        return None
    day = max(on, today)
    return day if usable(renewal.subscription.saved_method, on=day) else None


def _settles_on(renewal: Renewal) -> Any:
    payment = last_payment(renewal)
    return expected_sepa_settlement(paris_day(payment.called_at or payment.created_at)) if payment else None


def _refused(request: HttpRequest, refused: BadLink | OldLink) -> HttpResponse:
    """A link that is no longer one: 410 when it has ended, 404 when it never was; guessing is counted."""
    ended = isinstance(refused, OldLink)
    if not ended and (wait := wait_of(request, FORGED_LINK)):
        return too_many(request, wait=wait)
    said = {"sentence": " ".join(refused.messages)}
    return render(request, "checkout/link_refused.html", said, status=410 if ended else 404)
