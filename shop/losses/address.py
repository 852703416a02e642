"""« Votre adresse ? »: it is right, or here is another one; and copies come again. By a signed link, without an account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from payments.actors import reader
from payments.days import paris_day
from shop.account.address_form import AddressForm, beforehand, kind_of
from shop.checkout.refusing import link_refused
from shop.checkout.views import see_other
from shop.limits import Limit, limited
from shop.watch.bell import ring
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.losses.answering import known, waits_for_address
from subscriptions.losses.links import BadLink, address_path, read_address
from subscriptions.models import Subscription
from subscriptions.moving_house import change_address

ANSWERS = Limit("address-wanted", times=30, seconds=3600)
#: Said on the page once it was answered.
SAID = "recu"
RIGHT, MOVED = "confirmed by its reader", "another address is known"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(ANSWERS)
def address(request: HttpRequest, token: str) -> HttpResponse:
    """The label, a button that says it is right, and the form of another one. Said twice, once."""
    at = timezone.now()
    try:
        subscription = read_address(token, on=paris_day(at))
    except BadLink as refused:
        return link_refused(request, refused, ended=refused.code == "old_link")
    step = request.POST.get("step", "") if request.method == "POST" else ""
    if step == "right":
        known(subscription.pk, actor=reader(request.user), at=at, reason=RIGHT)
        return _thanked(subscription)
    redrawn = "refresh" in request.POST
    form = _form(
        subscription, request.POST if step == "moved" and not redrawn else None,
        request.POST.dict() if redrawn else beforehand(subscription.recipient),
    )  # fmt: skip
    if form.is_bound and form.is_valid() and form.address is not None and form.label is not None:
        change_address(subscription.recipient, form.address, form.label, actor=reader(request.user), reason="", at=at)
        known(subscription.pk, actor=reader(request.user), at=at, reason=MOVED)
        return _thanked(subscription)
    return _drawn(request, subscription, form)


def _thanked(subscription: Subscription) -> HttpResponse:
    ring("letters")
    return see_other(f"{address_path(subscription.pk, on=paris_day(timezone.now()))}?{SAID}=1")


def _form(subscription: Subscription, data: Any, initial: Any) -> AddressForm:
    kind = kind_of(subscription.recipient)
    return AddressForm(data, kind=kind, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial)


def _drawn(request: HttpRequest, subscription: Subscription, form: AddressForm) -> HttpResponse:
    typed = form.typed_address()
    facts = {
        "form": form,
        "country": form["country"],
        "delivery": form.shown,
        "label_lines": preview(typed),
        "label_country": country_line(typed.country),
        "lines": subscription.recipient.address.lines,
        "thanked": SAID in request.GET,
        "waits": waits_for_address(subscription.pk),
        "number": subscription.number,
        "title": subscription.magazine.title,
        "action": request.path,
        "stop_url": reverse("terminate"),
    }
    return render(request, "losses/address.html", facts)
