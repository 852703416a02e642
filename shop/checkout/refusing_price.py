"""« Refuser le nouveau prix »: the page of the letter's one button, and the second click that says no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.days import paris_day
from shop.checkout.refusing import link_refused
from shop.limits import Limit, limited
from shop.watch.bell import ring
from subscriptions.calendar import last_day_to_refuse
from subscriptions.pricing.paid import last_bought
from subscriptions.pricing.refusing import BadLink, Refusal, Situation, read_refusal, refuse

REFUSE = Limit("refuse-price", times=60, seconds=600)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(REFUSE)
def refuse_price(request: HttpRequest, token: str) -> HttpResponse:
    """What it would cost, and what follows from a no; posted, it is said. Again is the same."""
    at = timezone.now()
    try:
        found = read_refusal(token, on=paris_day(at))
    except BadLink as trouble:
        return link_refused(request, trouble, ended=False)
    done = request.method == "POST" and refuse(found, at=at)
    if done:
        ring("letters")
        found = replace(found, situation=Situation.OFF)
    return render(request, "checkout/refuse_price.html", _said(request, found) | {"done": done})


def _said(request: HttpRequest, found: Refusal) -> dict[str, Any]:
    renewal = found.dates.renewal
    paid = last_bought(found.subscription.pk)
    day = renewal.on if renewal else found.change.renewals_from
    return {
        "situation": found.situation.value,
        "title": found.subscription.magazine.title,
        "amount": renewal.amount if renewal and renewal.amount is not None else found.change.amount,
        "before": paid.amount if paid is not None else None,
        "renews_on": day,
        "refuse_until": last_day_to_refuse(day),
        "ends_on": found.dates.ends_on,
        "action": request.path,
    }
