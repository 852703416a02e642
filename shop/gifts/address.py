"""The recipient's other address, without an account: the label drawn while one types, what it still reaches said before."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from payments.actors import reader
from payments.days import paris_day
from shop.account.address_form import AddressForm, beforehand
from shop.checkout.refusing import link_refused
from shop.checkout.views import see_other
from shop.gifts.receiving import SAID, WORDS, is_open
from shop.limits import PREVIEW, limited
from shop.watch.bell import ring
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.addresses.typed import AddressKind
from subscriptions.gifts.links import BadLink, gift_path, read_gift
from subscriptions.gifts.receiving import NothingToReceive, correct_address, moved_by_recipient
from subscriptions.models import Gift, Issue
from subscriptions.moving_house import reach
from subscriptions.notices.french import month


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(WORDS)
def address(request: HttpRequest, token: str) -> HttpResponse:
    """The form; sent, it moves the copies to come. Without script « refresh » redraws it for another country."""
    try:
        gift = read_gift(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    if not is_open(gift):
        return see_other(gift_path(gift))
    redrawn = request.method == "POST" and "refresh" in request.POST
    data = request.POST if request.method == "POST" and not redrawn else None
    form = _form(data, request.POST.dict() if redrawn else _beforehand(gift))
    if data is not None and form.is_valid() and form.address is not None and form.label is not None:
        try:
            correct_address(gift.pk, form.address, form.label, actor=reader(request.user), at=timezone.now())
        except NothingToReceive as refused:
            form.add_error(None, refused)
        else:
            ring("letters")
            return see_other(f"{gift_path(gift)}?{SAID}=adresse")
    return render(request, "gifts/address.html", _said(gift, token, form))


@never_cache
@require_POST
@limited(PREVIEW)
def label(request: HttpRequest, token: str) -> HttpResponse:
    """The parts of the page that typing changes."""
    try:
        gift = read_gift(token)
    except BadLink:
        raise Http404 from None
    return render(request, "account/address_parts.html", _said(gift, token, _form(None, request.POST.dict())))


def _form(data: Any, initial: Any) -> AddressForm:
    return AddressForm(data, kind=AddressKind.PERSON, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial)


def _beforehand(gift: Gift) -> dict[str, Any]:
    """Names and country, as long as they are those that the giver wrote."""
    if gift.subscription is None or moved_by_recipient(gift):
        return {}
    return beforehand(gift.subscription.recipient)


def _said(gift: Gift, token: str, form: AddressForm) -> dict[str, Any]:
    if gift.subscription is None:
        raise Http404
    found, typed = reach(gift.subscription.recipient, on=paris_day(timezone.now())), form.typed_address()
    first = _issue(found.first) if found.first else None
    return {
        "form": form,
        "country": form["country"],
        "delivery": form.shown,
        "label_lines": preview(typed),
        "label_country": country_line(typed.country),
        "first": first,
        "reaches": first,
        "leaves": [issue.printed for issue in found.leaves],
        "action": reverse("gift_address", args=[token]),
        "label_url": reverse("gift_address_label", args=[token]),
        "back_url": gift_path(gift),
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {"number": issue.printed, "month": month(issue.cover_month, issue.cover_year), "post_date": issue.post_on}
