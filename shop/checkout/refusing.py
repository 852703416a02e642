"""Pages for whoever cannot be led on: a link that is no longer one, a subscription that already has all there is."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from shop.limits import FORGED_LINK, wait_of
from shop.views import too_many
from subscriptions.calendar import printed
from subscriptions.models import Gift, Issue
from subscriptions.prolonging import Held


def link_refused(request: HttpRequest, refused: ValidationError, *, ended: bool) -> HttpResponse:
    """A link that is no longer one: 410 when it has ended, 404 when it never was; guessing is counted."""
    if not ended and (wait := wait_of(request, FORGED_LINK)):
        return too_many(request, wait=wait)
    return render(
        request, "checkout/link_refused.html", {"sentence": " ".join(refused.messages)}, status=410 if ended else 404
    )


def given_already(request: HttpRequest, gift: Gift) -> HttpResponse:
    """Its recipient is promised every issue that is planned: nothing can be given for now."""
    return render(request, "checkout/given_already.html", {"here": "order", "recipient": gift.recipient_name})


def renewed_already(request: HttpRequest, renews: Held, refused: ValidationError) -> HttpResponse:
    """Nothing can be added for now, and why."""
    said = {
        "here": "order",
        "sentence": " ".join(refused.messages),
        "number": renews.subscription.number or "",
        "ends_on": renews.promised.ends_on,
        "last_number": _last(renews),
        "account_url": reverse("account_home"),
    }
    return render(request, "checkout/renewed_already.html", said)


def _last(renews: Held) -> str:
    """The last issue that is promised already, as it is printed."""
    number = renews.promised.last_number
    bears = Q(number=number) | Q(last_number=number)
    issue = Issue.objects.filter(bears, magazine=renews.subscription.magazine_id).first()
    return issue.printed if issue is not None else printed(number)
