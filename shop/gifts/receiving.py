"""The recipient's page: who gives what, when it comes, and what they may say. No account, and never a price.

Whoever holds the card may open it, its giver too: so an address that the recipient has given is not shown here, and
nothing that is in an account.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from payments.actors import reader
from payments.days import paris_day
from shop.account.showing import copy_line
from shop.checkout.refusing import link_refused
from shop.checkout.unsubscribing import UNSUBSCRIBE
from shop.checkout.views import see_other
from shop.limits import Limit, client_address, limited
from shop.storefront.covers import season_of
from shop.storefront.showing import cover_url
from subscriptions.addresses.countries import country_line
from subscriptions.addresses.label import preview
from subscriptions.addresses.typed import TypedAddress
from subscriptions.dates import LIVING, dates_of_subscription
from subscriptions.gifts.links import BadCode, BadLink, gift_path, read_code, read_gift
from subscriptions.gifts.reaching import handed_on
from subscriptions.gifts.receiving import NothingToReceive, give_email, moved_by_recipient, object_to_letters
from subscriptions.models import Gift

State = Gift.State
#: Codes are long, and a person types one from a card: fewer tries than a machine would want.
CODES = Limit("gift-code", times=10, seconds=600)
WORDS = Limit("gift-words", times=30, seconds=3600)
SAID = "cadeau"


class CodeForm(forms.Form):
    """The code of a card."""

    use_required_attribute = False
    code = forms.CharField(
        label=gettext_lazy("Code on the card"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Please write the code that stands on the card.")},
    )


class EmailForm(forms.Form):
    """An address of the recipient's own."""

    use_required_attribute = False
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Please write your e-mail address."),
            "invalid": gettext_lazy("This is not a whole e-mail address: it looks like name@example.fr."),
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(CODES)
def by_code(request: HttpRequest) -> HttpResponse:
    """Where a code is typed. Whatever is wrong with it, the same sentence answers."""
    form = CodeForm(request.POST if request.method == "POST" else None, auto_id="id_%s")
    if form.is_bound and form.is_valid():
        try:
            return see_other(gift_path(read_code(form.cleaned_data["code"])))
        except BadCode as refused:
            form.add_error("code", refused)
    return render(request, "gifts/code.html", {"form": form})


@never_cache
@require_safe
def gift(request: HttpRequest, token: str) -> HttpResponse:
    """The page of one gift."""
    try:
        found = read_gift(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    return drawn(request, found, token, done=request.GET.get(SAID, ""))


@never_cache
@require_POST
@limited(WORDS)
def email(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the recipient's own address; sent twice, it is kept once."""
    try:
        found = read_gift(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    form = EmailForm(request.POST, auto_id="id_gift_%s")
    if form.is_valid():
        try:
            give_email(found.pk, form.cleaned_data["email"], actor=reader(request.user), at=timezone.now())
        except NothingToReceive as refused:
            form.add_error(None, refused)
        else:
            return see_other(f"{gift_path(found)}?{SAID}=courriel")
    return drawn(request, found, token, email_form=form)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(UNSUBSCRIBE)
def stop_reminders(request: HttpRequest, token: str) -> HttpResponse:
    """No more reminders, for a recipient without an account; the mail program posts here by itself (RFC 8058)."""
    try:
        found = read_gift(token)
    except BadLink as refused:
        return link_refused(request, refused, ended=False)
    done = request.method == "POST"
    if done:
        object_to_letters(
            found.pk,
            words=_("I no longer want to receive reminders to renew, nor other offers."),
            ip=client_address(request) or None,
            user_agent=request.headers.get("User-Agent", ""),
            at=timezone.now(),
        )
    return render(request, "checkout/unsubscribe.html", {"done": done})


def drawn(
    request: HttpRequest,
    found: Gift,
    token: str,
    *,
    done: str = "",
    email_form: forms.Form | None = None,
    account_form: forms.Form | None = None,
) -> HttpResponse:
    """The recipient's page as things stand."""
    said = told(found) | {
        "open": is_open(found),
        "done": SENTENCES.get(done, ""),
        "form": email_form if email_form is not None and email_form.errors else account_form,
        "email_form": email_form or EmailForm(auto_id="id_gift_%s"),
        "account_form": account_form or EmailForm(auto_id="id_account_%s"),
        "signed_in": request.user.is_authenticated,
        "mine": request.user.is_authenticated and found.claimed_by_id == request.user.pk,
        "address_url": reverse("gift_address", args=[token]),
        "email_url": reverse("gift_email", args=[token]),
        "account_action": reverse("gift_account", args=[token]),
        "claim_url": reverse("gift_claim", args=[token]),
        "privacy_url": reverse("legal_text", args=["confidentialite"]),
    }
    return render(request, "gifts/gift.html", said)


SENTENCES = {
    "adresse": gettext_lazy("The address is changed. It is yours: we show it to nobody on this page."),
    "courriel": gettext_lazy("Your e-mail address is kept: our letters about these copies go there."),
}


def is_open(found: Gift) -> bool:
    """Whether its recipient may still say something here."""
    subscription = found.subscription
    if found.state not in (State.GIVEN, State.ANNOUNCED) or subscription is None or subscription.state not in LIVING:
        return False
    return not handed_on(subscription.pk).exists()


def told(found: Gift) -> dict[str, Any]:
    """What the page says of a gift."""
    subscription = found.subscription
    if subscription is None:
        raise ValidationError("a gift that is not paid has no page")
    dates = dates_of_subscription(subscription, on=paris_day(timezone.now()))
    first = found.order.first_issue
    elsewhere = handed_on(subscription.pk).exists()
    moved = elsewhere or moved_by_recipient(found)
    typed = TypedAddress.from_dict(subscription.recipient.address.typed)
    return {
        "state": found.state,
        "over": found.state == State.VOID or subscription.state not in LIVING or elsewhere,
        "giver": found.giver_name,
        "recipient": found.recipient_name,
        "message": found.message,
        "code": found.code,
        "title": subscription.magazine.title,
        "copies": [copy_line(copy) for copy in dates.copies] if found.state != State.CLAIMED and not elsewhere else [],
        "label_lines": [] if moved else preview(typed),
        "label_country": "" if moved else country_line(typed.country),
        "moved": moved,
        "email_known": bool(found.reader_email),
        "season": season_of(first.cover_month).slug,
        "cover_url": cover_url(first),
    }
