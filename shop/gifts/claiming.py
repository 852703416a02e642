"""A gift comes into an account: first the address and its code, as for every reader, then one button.

Whoever has no account gets one by this: the gift is what they are a reader by. Whether an address was known is not said.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import page, room
from shop.account.signing_in import AskCode
from shop.account.signing_in import EmailForm as SignInForm
from shop.checkout.refusing import link_refused
from shop.checkout.views import see_other
from shop.customers.models import Customer
from shop.gifts.receiving import EmailForm, drawn, is_open, told
from shop.limits import Limit
from shop.watch.bell import ring
from subscriptions.dates import dates_of_subscriptions
from subscriptions.gifts.claiming import CannotClaim, subscriptions_to_prolong
from subscriptions.gifts.claiming import claim as claim_gift
from subscriptions.gifts.links import BadLink, gift_path, read_gift
from subscriptions.models import Gift

CLAIMS = Limit("gift-claim", times=20, seconds=3600)
APART = "0"


class OpenAccount(AskCode):
    """Where the recipient writes their address; the code that opens the account leads on to the gift."""

    template_name = "gifts/gift.html"
    found: Gift

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.found = read_gift(kwargs["token"])
        except BadLink as refused:
            return link_refused(request, refused, ended=False)
        if request.method != "POST" or not is_open(self.found):
            return see_other(gift_path(self.found))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        if form._user is None and not Customer.objects.filter(email=email).exists():
            form._user = _new_reader(email, self.found)
        return super().form_valid(form)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Back to the page of the gift, with what is wrong beside the field."""
        shown = EmailForm(self.request.POST, auto_id="id_account_%s")
        shown.is_valid()
        return drawn(self.request, self.found, self.kwargs["token"], account_form=shown)

    def get_next_url(self) -> str:
        return reverse("gift_claim", args=[self.kwargs["token"]])

    def passthrough_next_url(self, url: str) -> str:
        return f"{url}?next={self.get_next_url()}"


def _new_reader(email: str, gift: Gift) -> Customer:
    """A reader of whom nothing is known but an address; the name is the one that the gift is for."""
    first, _space, last = gift.recipient_name.partition(" ")
    made, _made = Customer.objects.get_or_create(
        email=email,
        defaults={
            "password": "!",  # unusable: readers sign in with a code
            "first_name": first[:60] if last else "",
            "last_name": (last or first)[:60],
            "created_at": timezone.now(),
        },
    )
    return made


@room("GET", "POST", limit=CLAIMS)
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """One button: into this account. Whoever reads already says whether the copies follow theirs."""
    try:
        found = read_gift(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    if found.claimed_by_id == request.user.pk:
        return see_other(reverse("account_home"))
    able = subscriptions_to_prolong(request.user, found)
    wrong = ""
    if request.method == "POST":
        chosen = request.POST.get("onto", APART)
        onto = next((one.pk for one in able if str(one.pk) == chosen), None)
        try:
            claim_gift(found.pk, request.user, onto=onto, actor=reader(request.user), at=timezone.now())
        except CannotClaim as refused:
            wrong = " ".join(refused.messages)
        else:
            ring("letters")
            messages.success(
                request,
                _("Your gift follows the end of your subscription.")
                if onto
                else _("Your gift is in your account: you follow its copies here."),
            )
            return see_other(reverse("account_home"))
    dates = dates_of_subscriptions(able, on=paris_day(timezone.now()))
    return page(
        request,
        "gifts/claim.html",
        "subscription",
        status=409 if wrong else 200,
        **told(found),
        open=is_open(found) and found.order.customer_id != request.user.pk,
        wrong=wrong,
        own=found.order.customer_id == request.user.pk,
        choices=[{"pk": one.pk, "number": one.number, "ends_on": dates[one.pk].ends_on} for one in able],
        apart=APART,
        action=reverse("gift_claim", args=[token]),
        back_url=gift_path(found),
    )
