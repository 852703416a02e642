"""Automatic renewal, off and on again: one page that says what holds, what would change, and by which words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import may_choose, one_of_mine, page, room
from shop.account.showing import means_words
from shop.checkout.views import see_other
from shop.limits import Limit, client_address
from shop.watch.bell import ring
from subscriptions.dates import dates_of_subscription
from subscriptions.models import Offer, Subscription
from subscriptions.stopping.choosing import CannotChoose, turn_off, turn_on, words_now
from subscriptions.stopping.reading import stopped_and_waiting

CHOICES = Limit("renewal", times=20, seconds=3600)


class OnAgain(forms.Form):
    """The mandate, said anew: the box is never ticked beforehand."""

    use_required_attribute = False
    agreed = forms.BooleanField(
        label="",
        error_messages={"required": gettext_lazy("Please tick the box: without your yes nothing is debited.")},
    )
    words = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, words: str) -> None:
        super().__init__(data, initial={"words": words}, auto_id="id_%s")
        self.fields["agreed"].label = words

    def clean_words(self) -> str:
        """The words that were on the page when the box was ticked."""
        return str(self.cleaned_data["words"])


@room("GET", "POST", limit=CHOICES)
def renewal(request: HttpRequest, pk: int) -> HttpResponse:
    """What holds now; sent, the other."""
    subscription = one_of_mine(request, pk)
    dates = dates_of_subscription(subscription, on=paris_day(timezone.now()))
    if not may_choose(request, subscription, dates) or stopped_and_waiting([subscription.pk]):
        raise Http404
    if subscription.renewal == Offer.Renewal.AUTOMATIC:
        if request.method == "POST" and request.POST.get("choice") == "off":
            return _off(request, subscription)
        return _drawn(request, subscription)
    if request.method == "POST" and request.POST.get("choice") == "on":
        return _on(request, subscription)
    return _drawn(request, subscription)


def _off(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    if turn_off(subscription.pk, actor=reader(request.user), at=timezone.now()):
        ring("letters")
        messages.success(request, _("Your subscription will not be renewed. A letter confirms it."))
    return see_other(reverse("account_home"))


def _on(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    user: Any = request.user
    form = OnAgain(request.POST, words=request.POST.get("words", ""))
    if not form.is_valid():
        return _drawn(request, subscription, form=form)
    try:
        turned = turn_on(
            subscription.pk,
            words=form.cleaned_data["words"],
            customer=user,
            ip=client_address(request) or None,
            user_agent=request.headers.get("User-Agent", ""),
            actor=reader(user),
            at=timezone.now(),
        )
    except CannotChoose as refused:
        return _drawn(request, subscription, trouble=refused)
    if turned:
        ring("letters")
        messages.success(request, _("Your subscription renews itself again. A letter confirms it."))
    return see_other(reverse("account_home"))


def _drawn(
    request: HttpRequest,
    subscription: Subscription,
    *,
    form: OnAgain | None = None,
    trouble: ValidationError | None = None,
) -> HttpResponse:
    dates = dates_of_subscription(subscription, on=paris_day(timezone.now()))
    automatic = subscription.renewal == Offer.Renewal.AUTOMATIC
    found = None if automatic else words_now(dates)
    if found is not None:
        fresh = OnAgain(words=found[1])
        if form is not None:
            # Whatever words came back, those of today stand beside the box.
            typed = request.POST.copy()
            typed["words"] = found[1]
            form = OnAgain(typed, words=found[1])
            form.is_valid()
        form = form or fresh
    return page(
        request,
        "account/renewal.html",
        "subscription",
        automatic=automatic,
        dates=dates,
        renewal=dates.renewal,
        means=means_words(dates.means),
        form=form,
        sentence=" ".join(trouble.messages) if trouble else "",
        action=reverse("account_renewal", args=[subscription.pk]),
        back_url=reverse("account_home"),
    )
