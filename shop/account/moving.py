"""Change of address: the label drawn while one types, and the first issue that goes there said before and after."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.actors import reader
from payments.days import paris_day
from shop.account.address_form import AddressForm, beforehand, kind_of
from shop.account.doors import may_move, one_of_mine, page, room
from shop.checkout.views import see_other
from shop.limits import PREVIEW, Limit
from shop.templatetags.french import issue_number
from shop.watch.bell import ring
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.dates import LIVING
from subscriptions.models import Issue, Subscription
from subscriptions.moving_house import Reach, change_address, reach
from subscriptions.notices.french import month

MOVES = Limit("address", times=30, seconds=3600)


@room("GET", "POST", limit=MOVES)
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; sent, it moves the copies to come. Without script « refresh » redraws it for another country."""
    subscription = movable(request, pk)
    recipient = subscription.recipient
    redrawn = request.method == "POST" and "refresh" in request.POST
    initial = request.POST.dict() if redrawn else beforehand(recipient)
    data = request.POST if request.method == "POST" and not redrawn else None
    form = _form(subscription, data=data, initial=initial)
    if data is None or not form.is_valid() or form.address is None or form.label is None:
        return _drawn(request, subscription, form)
    change = change_address(
        recipient, form.address, form.label, actor=reader(request.user), reason="", at=timezone.now()
    )
    if change is None:
        messages.success(request, _("This already is the address we send to."))
    else:
        ring("letters")
        messages.success(request, _moved(change.first_issue))
    return see_other(reverse("account_home"))


@room("POST", limit=PREVIEW)
def label(request: HttpRequest, pk: int) -> HttpResponse:
    """The parts of the page that typing changes: the label and the fields of the country."""
    subscription = movable(request, pk)
    form = _form(subscription, initial=request.POST.dict())
    # An address that holds for a while names no issue before its days are known.
    first = None if "from_on" in request.POST else reach(subscription.recipient, on=paris_day(timezone.now())).first
    said = {"first": _issue(first) if first else None}
    return render(request, "account/address_parts.html", said | typed_so_far(form))


def movable(request: HttpRequest, pk: int) -> Subscription:
    """A living subscription whose address is theirs to change; 404 else."""
    subscription = one_of_mine(request, pk)
    if subscription.state not in LIVING or not may_move(request, subscription):
        raise Http404
    return subscription


def _form(subscription: Subscription, *, data: Any = None, initial: Any = None) -> AddressForm:
    kind = kind_of(subscription.recipient)
    return AddressForm(data, kind=kind, allowed=settings.DELIVERY_COUNTRIES or None, initial=initial)


def typed_so_far(form: AddressForm) -> dict[str, Any]:
    """The form with its fields and the label, as the templates want them."""
    typed = form.typed_address()
    return {
        "form": form,
        "country": form["country"],
        "delivery": form.shown,
        "label_lines": preview(typed),
        "label_country": country_line(typed.country),
    }


def _drawn(request: HttpRequest, subscription: Subscription, form: AddressForm) -> HttpResponse:
    found: Reach = reach(subscription.recipient, on=paris_day(timezone.now()))
    first = found.first
    said = {
        "subscription": {"number": subscription.number, "title": subscription.magazine.title},
        "now": subscription.recipient.address.lines,
        "reaches": _issue(first) if first else None,
        "first": _issue(first) if first else None,
        "leaves": [issue.printed for issue in found.leaves],
        "action": reverse("account_address", args=[subscription.pk]),
        "label_url": reverse("account_address_label", args=[subscription.pk]),
        "back_url": reverse("account_home"),
    }
    return page(request, "account/address.html", "subscription", **said, **typed_so_far(form))


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "number": issue.printed,
        "month": month(issue.cover_month, issue.cover_year),
        "post_date": issue.post_on,
    }


def _moved(first: Issue | None) -> str:
    if first is None:
        return _("The address is changed: it holds for every issue to come. A letter confirms it.")
    return _("The address is changed from issue %(number)s, %(month)s on. A letter confirms it.") % {
        "number": issue_number(first.printed),
        "month": month(first.cover_month, first.cover_year),
    }
